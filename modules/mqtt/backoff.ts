/**
 * When to try again: a random delay below a ceiling that doubles, so that many clients do not come
 * back as one.
 */
import type { Random } from "../ports/random.js";

/** Doublings counted; the ceiling stops at its maximum long before. */
const TRIES_MAX = 30;

export class Backoff {
	readonly #minMs: number;
	readonly #maxMs: number;
	readonly #random: Random;
	#tries = 0;

	/** @param minMs - least delay, from 1. @param maxMs - highest ceiling, not below `minMs`. */
	constructor(minMs: number, maxMs: number, random: Random) {
		this.#minMs = minMs;
		this.#maxMs = maxMs;
		this.#random = random;
	}

	/** @returns `minMs` to min(`maxMs`, 2^(tries + 1) × `minMs`). */
	nextDelayMs(): number {
		if (this.#tries < TRIES_MAX) this.#tries++;
		const ceiling = Math.min(this.#maxMs, this.#minMs * 2 ** this.#tries);
		return Math.floor(this.#minMs + this.#random.fraction() * (ceiling - this.#minMs));
	}

	/** It worked: start low again. */
	reset(): void {
		this.#tries = 0;
	}
}
