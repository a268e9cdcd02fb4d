/**
 * Which segments of a log are asked for: a window that doubles while all of it comes and halves where some is lost. Pure.
 */
import { type Range, WINDOW_MAX, WINDOW_MIN } from "../modules/station/window.js";

export class PullWindow {
	readonly #segments: number;
	#size = WINDOW_MIN;
	/** The window: everything before it has come, nothing after it is asked for. */
	#first = 0;
	#end = 0;
	/** Of the window, in order. */
	readonly #missing = new Set<number>();
	/** What was asked for last: all of the window, or a part of what is missing. */
	#asked: Range = { first: 0, count: 0 };

	/** @param segments - of the whole log. */
	constructor(segments: number) {
		this.#segments = segments;
	}

	/** Every segment before it has come. Where the window {@link isComplete}, none after it has. */
	get next(): number {
		return this.isComplete ? this.#end : this.#first;
	}
	/** All of the window has come. */
	get isComplete(): boolean {
		return this.#missing.size === 0;
	}
	/** Nothing more can come of what was asked for last: the last one is there, or all of them. */
	get isAnswered(): boolean {
		const { first, count } = this.#asked;
		return !this.#missing.has(first + count - 1);
	}

	/** Those before `first` are there already. */
	begin(first: number): void {
		this.#first = first;
		this.#end = first;
	}

	/** What to ask for now: the next window, or the first run of what is missing of this one. */
	ask(): Range {
		if (this.isComplete) {
			this.#first = this.#end;
			this.#end = Math.min(this.#first + this.#size, this.#segments);
			for (let i = this.#first; i < this.#end; i++) this.#missing.add(i);
		} else if (this.#isAnyLost) this.#size = Math.max(1, Math.floor(this.#size / 2));
		const [first = this.#first] = this.#missing;
		let count = 1;
		while (count < this.#size && this.#missing.has(first + count)) count++;
		this.#asked = { first, count };
		return this.#asked;
	}

	wants(index: number): boolean {
		return this.#missing.has(index);
	}

	/** Notes a segment that {@link PullWindow.wants}. */
	add(index: number): void {
		this.#missing.delete(index);
		if (this.isComplete) this.#size = Math.min(2 * this.#size, WINDOW_MAX);
	}

	get #isAnyLost(): boolean {
		const { first, count } = this.#asked;
		for (let i = first; i < first + count; i++) if (this.#missing.has(i)) return true;
		return false;
	}
}
