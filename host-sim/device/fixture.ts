/**
 * The simulated fixture: it waits as a real one would settle, then reads the circuit of host-sim/plant.
 * The host's options choose the run: `seed` (0 to 2^32 - 1; 1 without it) and `settleMs` (0 to 60,000).
 */
import hostOptions from "host-options";
import type { Clock, Timer } from "../../modules/ports/clock.js";
import type { Fixture, Trial, TrialOutcome } from "../../modules/ports/fixture.js";
import { measure } from "../plant/rlc.js";

const SEED_MAX = 0xffffffff;
const SETTLE_DEFAULT_MS = 80;
const SETTLE_MAX_MS = 60_000;

function wholeOption(name: string, fallback: number, max: number): number {
	const text = hostOptions[name];
	if (text === undefined) return fallback;
	const value = Number(text);
	if (!(Number.isInteger(value) && value >= 0 && value <= max))
		throw new Error(`host option ${name}: a whole number from 0 to ${max} is wanted`);
	return value;
}

export default class SimulatedFixture implements Fixture {
	readonly #clock: Clock;
	readonly #station: string;
	readonly #seed: number;
	readonly #settleMs: number;
	#timer: Timer | undefined;

	/** @param options - `station` is the full name, `<line>.<station>`. */
	constructor(options: { clock: Clock; station: string }) {
		this.#clock = options.clock;
		this.#station = options.station;
		this.#seed = wholeOption("seed", 1, SEED_MAX);
		this.#settleMs = wholeOption("settleMs", SETTLE_DEFAULT_MS, SETTLE_MAX_MS);
	}

	run(trial: Trial, done: (outcome: TrialOutcome) => void): void {
		if (this.#timer !== undefined) throw new Error("the fixture is running a trial");
		this.#timer = this.#clock.set(this.#settleMs, () => {
			this.#timer = undefined;
			done(measure(this.#seed, this.#station, trial));
		});
	}

	stop(): void {
		this.#timer?.cancel();
		this.#timer = undefined;
	}
}
