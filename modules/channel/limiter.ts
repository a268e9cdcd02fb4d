/**
 * A token bucket: how often something may be done, with room for a burst. Time comes from the caller.
 */

export interface Rate {
	/** Tokens at the start, and the most that are kept; from 1. */
	readonly burst: number;
	/** Tokens added each second, above 0. */
	readonly perSecond: number;
}

export class Limiter {
	readonly #rate: Rate;
	#tokens: number;
	#atMs: number;

	constructor(rate: Rate, nowMs: number) {
		this.#rate = rate;
		this.#tokens = rate.burst;
		this.#atMs = nowMs;
	}

	/** Whether {@link Limiter.take} would succeed. */
	has(nowMs: number): boolean {
		this.#refill(nowMs);
		return this.#tokens >= 1;
	}

	/** Takes one token. @returns false, taking nothing, where there is none. */
	take(nowMs: number): boolean {
		if (!this.has(nowMs)) return false;
		this.#tokens -= 1;
		return true;
	}

	#refill(nowMs: number): void {
		const added = ((nowMs - this.#atMs) / 1000) * this.#rate.perSecond;
		this.#tokens = Math.min(this.#rate.burst, this.#tokens + Math.max(0, added));
		this.#atMs = nowMs;
	}
}
