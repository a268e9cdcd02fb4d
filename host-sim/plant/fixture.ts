/**
 * The Fixture port over the physical model: it waits as a real fixture would settle, then reads
 * the circuit.
 */
import type { Clock, Timer } from "../../modules/ports/clock.js";
import type { Fixture, Trial, TrialOutcome } from "../../modules/ports/fixture.js";
import { measure } from "./rlc.js";

export interface PlantFixtureOptions {
	readonly clock: Clock;
	/** The name by which the model knows the station. */
	readonly station: string;
	/** 0 to 2^32 - 1. */
	readonly seed: number;
	/** 0 to 2^31 - 1. */
	readonly settleMs: number;
}

export class PlantFixture implements Fixture {
	readonly #options: PlantFixtureOptions;
	#timer: Timer | undefined;

	constructor(options: PlantFixtureOptions) {
		this.#options = options;
	}

	run(trial: Trial, done: (outcome: TrialOutcome) => void): void {
		if (this.#timer !== undefined) throw new Error("the fixture is running a trial");
		const { clock, station, seed, settleMs } = this.#options;
		this.#timer = clock.set(settleMs, () => {
			this.#timer = undefined;
			done(measure(seed, station, trial));
		});
	}

	stop(): void {
		this.#timer?.cancel();
		this.#timer = undefined;
	}
}
