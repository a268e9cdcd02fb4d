/** Clocks for tests: one that stands still until it is moved, and one that runs faster than time. */
import type { Clock, Timer } from "../../modules/ports/clock.js";
import { systemClock } from "../../server/clock.js";

export class ManualClock implements Clock {
	#nowMs = 0;
	#order = 0;
	#timers: { atMs: number; order: number; callback: () => void }[] = [];

	nowMs(): number {
		return this.#nowMs;
	}
	set(delayMs: number, callback: () => void): Timer {
		const timer = { atMs: this.#nowMs + delayMs, order: this.#order++, callback };
		this.#timers.push(timer);
		return {
			cancel: () => {
				this.#timers = this.#timers.filter((each) => each !== timer);
			},
		};
	}
	/** Moves on, timer by timer; those of one instant in the order in which they were set. */
	advance(byMs: number): void {
		const endMs = this.#nowMs + byMs;
		for (;;) {
			const [next] = this.#timers
				.filter(({ atMs }) => atMs <= endMs)
				.sort((a, b) => a.atMs - b.atMs || a.order - b.order);
			if (!next) break;
			this.#timers = this.#timers.filter((each) => each !== next);
			this.#nowMs = Math.max(this.#nowMs, next.atMs);
			next.callback();
		}
		this.#nowMs = endMs;
	}
}

/** The system's clock, `factor` times as fast: what takes half a minute is soon over. */
export function fastClock(factor: number): Clock {
	return {
		nowMs: () => systemClock.nowMs() * factor,
		set: (delayMs, callback) => systemClock.set(delayMs / factor, callback),
	};
}
