/** Drawing from a seed: what a simulation leaves to chance, on top of plant/random.ts. */
import { Stream } from "../plant/random.js";

export class Dice {
	readonly #stream: Stream;

	/** @param label - different labels give unrelated draws for one seed. */
	constructor(seed: number, label: string) {
		this.#stream = Stream.of(seed >>> 0, label);
	}

	/** From 0 up to, not including, 1. */
	fraction(): number {
		return this.#stream.fraction();
	}

	/** From `from` up to, not including, `to`. */
	between(from: number, to: number): number {
		return from + (to - from) * this.#stream.fraction();
	}

	/** `from` to `to`, both included. */
	whole(from: number, to: number): number {
		return from + Math.floor((to - from + 1) * this.#stream.fraction());
	}

	chance(probability: number): boolean {
		return this.#stream.fraction() < probability;
	}

	pick<T>(items: readonly [T, ...T[]]): T;
	pick<T>(items: readonly T[]): T | undefined;
	pick<T>(items: readonly T[]): T | undefined {
		return items[this.whole(0, items.length - 1)];
	}

	/** A waiting time whose mean is `meanMs` (exponential), at most twenty times that. */
	waitMs(meanMs: number): number {
		return Math.min(-Math.log(1 - this.#stream.fraction()), 20) * meanMs;
	}

	bytes(size: number): Uint8Array {
		const bytes = new Uint8Array(size);
		for (let i = 0; i < size; i += 4) {
			const word = this.#stream.next();
			for (let j = 0; j < 4 && i + j < size; j++) bytes[i + j] = word >>> (8 * j);
		}
		return bytes;
	}
}
