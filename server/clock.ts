/** The Clock and Random ports over Node's own. */
import type { Clock } from "../modules/ports/clock.js";
import type { Random } from "../modules/ports/random.js";

export const systemClock: Clock = {
	nowMs: () => performance.now(),
	set: (delayMs, callback) => {
		const timer = setTimeout(callback, delayMs);
		return { cancel: () => clearTimeout(timer) };
	},
};

export const systemRandom: Random = { fraction: () => Math.random() };
