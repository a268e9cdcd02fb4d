/**
 * What the simulated fixture logs: the circuit's impedance while its frequency is swept from half its resonance to twice
 * that, again and again, as lines of CSV. It depends only on (seed, station, serial, attempt, values), as readings do, and
 * is the same on every engine: whole numbers, from + - * / and sqrt. Bytes are written as such: to join strings would take
 * most of a board's time.
 *
 *   sweep,frequency_hz,impedance_mohm
 *   1,3979,1042771
 */
import { Stream } from "./random.js";
import { type Applied, circuitOf, impedanceAt, resonanceOf } from "./rlc.js";

/** Frequencies of a sweep. */
const POINTS = 256;
/** The most by which what is measured is off, as a fraction of it. */
const NOISE = 0.002;
const HEADING = "sweep,frequency_hz,impedance_mohm\n";
/** Bytes of a line: three numbers of up to 16 digits. */
const LINE_SIZE_MAX = 64;
const COMMA = 0x2c;
const NEW_LINE = 0x0a;
const ZERO = 0x30;

export class Sweep {
	readonly #circuit: ReturnType<typeof circuitOf>;
	readonly #noise: Stream;
	/** Bytes of the log that were not taken yet. */
	#left: number;
	#row = 0;
	/** The line that is given out, and what of it is left. */
	readonly #line = new Uint8Array(LINE_SIZE_MAX);
	#from = 0;
	#to = 0;

	/** @param size - bytes of the whole log. */
	constructor(seed: number, station: string, trial: Applied, size: number) {
		this.#circuit = circuitOf(seed, station, trial);
		this.#noise = Stream.of(seed, `log ${trial.attempt} of ${trial.serial} at ${station}`);
		this.#left = size;
		for (const letter of HEADING) this.#line[this.#to++] = letter.charCodeAt(0);
	}

	/** @returns the next bytes, at most `size` of them; none when the log is at its end. */
	take(size: number): Uint8Array {
		const bytes = new Uint8Array(Math.min(size, this.#left));
		for (let at = 0; at < bytes.length; ) {
			if (this.#from === this.#to) this.#next();
			const end = Math.min(this.#to, this.#from + bytes.length - at);
			bytes.set(this.#line.subarray(this.#from, end), at);
			at += end - this.#from;
			this.#from = end;
		}
		this.#left -= bytes.length;
		return bytes;
	}

	#next(): void {
		const circuit = this.#circuit;
		const row = this.#row++;
		this.#from = 0;
		this.#to = 0;
		this.#write(Math.floor(row / POINTS) + 1, COMMA);
		if ("fault" in circuit) {
			this.#write(0, COMMA);
			this.#write(0, NEW_LINE);
			return;
		}
		const frequency = resonanceOf(circuit) * (0.5 + (1.5 * (row % POINTS)) / POINTS);
		const error = 1 + NOISE * (2 * this.#noise.fraction() - 1);
		this.#write(Math.floor(frequency * 1000), COMMA);
		this.#write(Math.floor(impedanceAt(circuit, frequency) * error * 1000), NEW_LINE);
	}

	/** @param value - a whole number from 0. @param end - what follows it. */
	#write(value: number, end: number): void {
		let power = 1;
		while (power * 10 <= value) power *= 10;
		let rest = value;
		for (; power >= 1; power /= 10) {
			const digit = Math.floor(rest / power);
			this.#line[this.#to++] = ZERO + digit;
			rest -= digit * power;
		}
		this.#line[this.#to++] = end;
	}
}
