/**
 * The Fixture port over the physical model: it logs, where it is to, waits as a real fixture would settle, then reads
 * the circuit.
 */
import type { Clock, Timer } from "../../modules/ports/clock.js";
import type { Fixture, Trial, TrialOutcome } from "../../modules/ports/fixture.js";
import { measure } from "./rlc.js";
import { Sweep } from "./sweep.js";

/** Bytes logged at a turn. */
const CHUNK_SIZE = 2048;

export interface PlantFixtureOptions {
	readonly clock: Clock;
	/** The name by which the model knows the station. */
	readonly station: string;
	/** 0 to 2^32 - 1. */
	readonly seed: number;
	/** 0 to 2^31 - 1. */
	readonly settleMs: number;
	/** Bytes of a trial's log; 0: none is written. */
	readonly logSize?: number;
}

export class PlantFixture implements Fixture {
	readonly #options: PlantFixtureOptions;
	#timer: Timer | undefined;

	constructor(options: PlantFixtureOptions) {
		this.#options = options;
	}

	get writesLogs(): boolean {
		return this.#logSize > 0;
	}

	run(trial: Trial, done: (outcome: TrialOutcome) => void): void {
		if (this.#timer !== undefined) throw new Error("the fixture is running a trial");
		const { station, seed } = this.#options;
		if (this.writesLogs) this.#log(new Sweep(seed, station, trial, this.#logSize), trial, done);
		else this.#settle(trial, done);
	}

	stop(): void {
		this.#timer?.cancel();
		this.#timer = undefined;
	}

	get #logSize(): number {
		return this.#options.logSize ?? 0;
	}

	#log(sweep: Sweep, trial: Trial, done: (outcome: TrialOutcome) => void): void {
		this.#timer = this.#options.clock.set(0, () => {
			const bytes = sweep.take(CHUNK_SIZE);
			if (bytes.length > 0 && trial.log.write(bytes)) this.#log(sweep, trial, done);
			else this.#settle(trial, done);
		});
	}

	#settle(trial: Trial, done: (outcome: TrialOutcome) => void): void {
		const { clock, station, seed, settleMs } = this.#options;
		this.#timer = clock.set(settleMs, () => {
			this.#timer = undefined;
			done(measure(seed, station, trial));
		});
	}
}
