/** The Clock port over Node's own timers. */
import type { Clock } from "../../modules/ports/clock.js";

export const systemClock: Clock = {
	nowMs: () => performance.now(),
	set: (delayMs, callback) => {
		const timer = setTimeout(callback, delayMs);
		return { cancel: () => clearTimeout(timer) };
	},
};
