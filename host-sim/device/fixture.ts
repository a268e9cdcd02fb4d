/**
 * The simulated board's fixture: that of host-sim/plant, as the host's options choose it.
 * Options: `seed` (0 to 2^32 - 1; 1 without it), `settleMs` (0 to 60,000) and `logSize` (bytes of a trial's log, 0 to
 * 2^32 - 1; none without it).
 */
import option from "host-options";
import type { Clock } from "../../modules/ports/clock.js";
import { PlantFixture } from "../plant/fixture.js";

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

export default class SimulatedFixture extends PlantFixture {
	/** @param options - `station` is the full name, `<line>.<station>`. */
	constructor(options: { clock: Clock; station: string }) {
		super({
			...options,
			seed: wholeOption("seed", 1, SEED_MAX),
			settleMs: wholeOption("settleMs", SETTLE_DEFAULT_MS, SETTLE_MAX_MS),
			logSize: wholeOption("logSize", 0, SIZE_MAX),
		});
	}
}
