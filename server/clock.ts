/** The Clock and Random ports over Node's own. */
import type { Clock } from "../modules/ports/clock.js";
import type { Random } from "../modules/ports/random.js";

export const systemClock: Clock = {
	nowMs: () => performance.now(),
	set: (delayMs, callback) => {
		// A timer of Node's never fires in less than a millisecond.
		if (delayMs <= 0) {
			const soon = setImmediate(callback);
			return { cancel: () => clearImmediate(soon) };
		}
		const timer = setTimeout(callback, delayMs);
		return { cancel: () => clearTimeout(timer) };
	},
};

export const systemRandom: Random = { fraction: () => Math.random() };
