/** The Clock port over the Moddable runtime's `timer` and `time`. */
import Time from "time";
import DeviceTimer from "timer";
import type { Clock, Timer } from "../ports/clock.js";

/** The runtime's counter wraps at 32 bits; asked at least every 24 days, this one never goes back. */
export class DeviceClock implements Clock {
	#ticks = Time.ticks;
	#nowMs = 0;

	nowMs(): number {
		const ticks = Time.ticks;
		this.#nowMs += Time.delta(this.#ticks, ticks);
		this.#ticks = ticks;
		return this.#nowMs;
	}

	set(delayMs: number, callback: () => void): Timer {
		let done = false;
		const handle = DeviceTimer.set(() => {
			if (done) return;
			done = true;
			callback();
		}, Math.ceil(delayMs));
		return {
			cancel() {
				if (done) return;
				done = true;
				DeviceTimer.clear(handle);
			},
		};
	}
}
