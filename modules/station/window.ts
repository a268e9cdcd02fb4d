/**
 * Which blocks of a file have come and which to ask for: a window that slides over the file and grows while all goes
 * well, so that the next blocks are on their way before the last ones have come.
 *
 *   base: the first that is missing
 *   ┌ have ┬ asked ┬ have ┬ lost ┬ asked … │ not yet asked │ beyond the window
 *
 * Blocks come in the order they were asked for: QoS 0 over one connection keeps it. So one that is missing below one
 * that came is lost, and is asked for again at once, once; if that is lost, too, the wait brings it back. Everything is in
 * three masks of 32 bits, whatever the size of the file.
 */
import { BLOCKS_MAX } from "../messages/types.js";

/** First and longest wait for blocks that were asked for. */
export const BLOCKS_MS = 2000;
export const BLOCKS_WAIT_MAX_MS = 32_000;
/** Blocks in the first window, and in the largest. */
export const WINDOW_MIN = 4;
export const WINDOW_MAX = BLOCKS_MAX;

export interface Range {
	readonly first: number;
	readonly count: number;
}

export class Window {
	readonly #blocks: number;
	#base: number;
	#size = WINDOW_MIN;
	/** Bit i is for block `base + i`: it has come. */
	#have = 0;
	/** It was asked for and may still come. */
	#asked = 0;
	/** It was lost once and asked for again at once. */
	#again = 0;
	/** Blocks that came since the window last changed its size or one was lost. */
	#clean = 0;

	/**
	 * @param blocks - of the whole file. @param first - those before it are there.
	 * @param asked - so many from there were asked for already.
	 */
	constructor(blocks: number, first: number, asked = 0) {
		this.#blocks = blocks;
		this.#base = first;
		this.#asked = ones(Math.min(asked, blocks - first, WINDOW_MAX));
	}

	/** Every block is there. */
	get complete(): boolean {
		return this.#base >= this.#blocks;
	}

	/** The first block that is missing; all before it are there. */
	get base(): number {
		return this.#base;
	}

	/** Blocks that may be asked for at one time, 1 to WINDOW_MAX. */
	get size(): number {
		return this.#size;
	}

	/** What to ask for now: lost blocks, or the next ones once half of what was asked for has come. */
	get next(): Range | undefined {
		if (this.#lost === 0 && 2 * bits(this.#asked) > this.#size) return undefined;
		const end = Math.min(this.#size, this.#blocks - this.#base);
		const idle = ~(this.#have | this.#asked);
		let start = 0;
		while (start < end && !isSet(idle, start)) start++;
		if (start === end) return undefined;
		let count = 1;
		while (start + count < end && isSet(idle, start + count)) count++;
		return { first: this.#base + start, count };
	}

	/** {@link Window.next} is being asked for. */
	ask({ first, count }: Range): void {
		this.#asked |= ones(count) << (first - this.#base);
	}

	/** Whether this block has not come and may be kept. */
	wants(block: number): boolean {
		const place = block - this.#base;
		return place >= 0 && place < WINDOW_MAX && block < this.#blocks && !isSet(this.#have, place);
	}

	/** Notes a block that {@link Window.wants}. */
	add(block: number): void {
		const place = block - this.#base;
		const bit = 1 << place;
		const isInTurn = (this.#asked & bit) !== 0 && (this.#again & bit) === 0;
		this.#have |= bit;
		this.#asked &= ~bit;
		if (isInTurn) this.#lose(this.#asked & ~this.#again & ones(place));
		if (++this.#clean >= this.#size) this.#resize(2 * this.#size);
		while (isSet(this.#have, 0)) this.#slide();
	}

	/** Nothing came for the whole wait: whatever was asked for is lost. */
	timeout(): void {
		this.#resize(this.#size >> 1);
		this.forget();
	}

	/** Whatever was asked for may not have been heard. */
	forget(): void {
		this.#asked = 0;
		this.#again = 0;
	}

	/** Lost, and not yet asked for again. */
	get #lost(): number {
		return this.#again & ~this.#asked & ~this.#have;
	}

	/** @param lost - the mask of blocks that others overtook. */
	#lose(lost: number): void {
		if (lost === 0) return;
		this.#asked &= ~lost;
		this.#again |= lost;
		this.#clean = 0;
	}

	#resize(size: number): void {
		this.#size = Math.max(1, Math.min(size, WINDOW_MAX));
		this.#clean = 0;
	}

	#slide(): void {
		this.#base++;
		this.#have >>>= 1;
		this.#asked >>>= 1;
		this.#again >>>= 1;
	}
}

/** The lowest `count` (0 to 32) bits. */
function ones(count: number): number {
	return count >= 32 ? -1 : (1 << count) - 1;
}

function isSet(mask: number, place: number): boolean {
	return (mask & (1 << place)) !== 0;
}

/** How many bits are set. */
function bits(mask: number): number {
	let count = 0;
	for (let rest = mask; rest !== 0; rest &= rest - 1) count++;
	return count;
}
