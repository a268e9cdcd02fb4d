/**
 * The simulated board's fixture: that of host-sim/plant, as the host's options choose it.
 * Options: `seed` (0 to 2^32 - 1; 1 without it), `settleMs` (0 to 60,000) and `logSize` (bytes of a trial's log, 0 to
 * 2^32 - 1; none without it), and `fault` (a name of fault.ts): in the middle of the first trial after power came on the
 * board fails in that way; what it does when it has started again is undisturbed.
 */
import option from "host-options";
import resetReason from "reset-reason";
import type { Clock } from "../../modules/ports/clock.js";
import type { Trial, TrialOutcome } from "../../modules/ports/fixture.js";
import { PlantFixture } from "../plant/fixture.js";
import { FAULTS } from "./fault.js";

const SEED_MAX = 0xffffffff;
const SETTLE_DEFAULT_MS = 80;
const SETTLE_MAX_MS = 60_000;
const SIZE_MAX = 0xffffffff;

function wholeOption(name: string, fallback: number, max: number): number {
	const text = option(name);
	if (text === undefined) return fallback;
	const value = Number(text);
	if (!(Number.isInteger(value) && value >= 0 && value <= max))
		throw new Error(`host option ${name}: a whole number from 0 to ${max} is wanted`);
	return value;
}

function faultOption(): (() => void) | undefined {
	const fault = option("fault");
	if (fault === undefined) return undefined;
	const fail = FAULTS[fault];
	if (fail === undefined)
		throw new Error(`host option fault: one of ${Object.keys(FAULTS).join(", ")} is wanted`);
	return resetReason() === "power-on" ? fail : undefined;
}

export default class SimulatedFixture extends PlantFixture {
	readonly #clock: Clock;
	readonly #settleMs: number;
	readonly #fail: (() => void) | undefined;

	/** @param options - `station` is the full name, `<line>.<station>`. */
	constructor(options: { clock: Clock; station: string }) {
		const settleMs = wholeOption("settleMs", SETTLE_DEFAULT_MS, SETTLE_MAX_MS);
		super({
			...options,
			seed: wholeOption("seed", 1, SEED_MAX),
			settleMs,
			logSize: wholeOption("logSize", 0, SIZE_MAX),
		});
		this.#clock = options.clock;
		this.#settleMs = settleMs;
		this.#fail = faultOption();
	}

	override run(trial: Trial, done: (outcome: TrialOutcome) => void): void {
		super.run(trial, done);
		if (this.#fail) this.#clock.set(this.#settleMs / 2, this.#fail);
	}
}
