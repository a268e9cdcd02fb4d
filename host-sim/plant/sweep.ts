/**
 * What the simulated fixture logs: the circuit's impedance while its frequency is swept from half its resonance to twice
 * that, again and again, as lines of CSV. It depends only on (seed, station, serial, attempt, values), as readings do, and
 * is the same on every engine: whole numbers, from + - * / and sqrt.
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

export class Sweep {
	readonly #next: () => string;
	#left: number;
	#rest = HEADING;

	/** @param size - bytes of the whole log. */
	constructor(seed: number, station: string, trial: Applied, size: number) {
		this.#left = size;
		const circuit = circuitOf(seed, station, trial);
		const noise = Stream.of(seed, `log ${trial.attempt} of ${trial.serial} at ${station}`);
		let row = 0;
		this.#next = () => {
			if ("fault" in circuit) return "0,0,0\n";
			const sweep = Math.floor(row / POINTS) + 1;
			const frequency = resonanceOf(circuit) * (0.5 + (1.5 * (row % POINTS)) / POINTS);
			const error = 1 + NOISE * (2 * noise.fraction() - 1);
			row++;
			const hz = Math.floor(frequency * 1000);
			return `${sweep},${hz},${Math.floor(impedanceAt(circuit, frequency) * error * 1000)}\n`;
		};
	}

	/** @returns the next bytes, at most `size` of them; none when the log is at its end. */
	take(size: number): Uint8Array {
		const wanted = Math.min(size, this.#left);
		while (this.#rest.length < wanted) this.#rest += this.#next();
		const text = this.#rest.slice(0, wanted);
		this.#rest = this.#rest.slice(wanted);
		this.#left -= wanted;
		const bytes = new Uint8Array(wanted);
		for (let i = 0; i < wanted; i++) bytes[i] = text.charCodeAt(i);
		return bytes;
	}
}
