/**
 * Which segments of a file have come and which to ask for: a window of BLOCKS_MAX, so that one lost or forged
 * block costs one block. Waiting doubles while nothing useful comes.
 */
import { BLOCKS_MAX } from "../messages/types.js";

/** First and longest wait for blocks that were asked for. */
export const BLOCKS_MS = 2000;
export const BLOCKS_WAIT_MAX_MS = 32_000;

export interface Range {
	readonly first: number;
	readonly count: number;
}

export class Window {
	readonly #segments: number;
	#base: number;
	/** Bit i: segment `base + i` has come. */
	#mask = 0;

	/** @param segments - of the whole file. @param first - those before it are there. */
	constructor(segments: number, first: number) {
		this.#segments = segments;
		this.#base = first;
	}

	/** Every segment is there. */
	get complete(): boolean {
		return this.#base >= this.#segments;
	}

	/** The segments that may be written now. */
	get range(): Range {
		return { first: this.#base, count: Math.min(BLOCKS_MAX, this.#segments - this.#base) };
	}

	/** The first run of missing segments; nothing where the file is complete. */
	get missing(): Range | undefined {
		const { first, count } = this.range;
		let start = 0;
		while (start < count && this.#has(start)) start++;
		if (start === count) return undefined;
		let end = start;
		while (end < count && !this.#has(end)) end++;
		return { first: first + start, count: end - start };
	}

	/** Whether this segment is in the window and has not come. */
	wants(index: number): boolean {
		const { first, count } = this.range;
		return index >= first && index < first + count && !this.#has(index - first);
	}

	/** Notes a segment that {@link Window.wants}; moves on when the window is full. */
	add(index: number): void {
		const { first, count } = this.range;
		this.#mask |= 1 << (index - first);
		if (this.#mask !== (1 << count) - 1) return;
		this.#base += count;
		this.#mask = 0;
	}

	#has(offset: number): boolean {
		return (this.#mask & (1 << offset)) !== 0;
	}
}
