/**
 * Finds the lines of a recipe without reading them: where each begins, and whether it is a heading or a value. For files
 * that were checked in full before they were signed (checkRecipe in sets.ts): a byte is looked at only where a line begins,
 * the rest of a line is skipped by the engine's own search. What is picked is then parsed by the whole grammar.
 *
 * `push` a piece, then `next` until it gives nothing; `take` the line where one is wanted, `skipValues` where many are not.
 */
import { RecipeError } from "./error.js";
import { LINE_LENGTH_MAX } from "./line.js";

const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const TAB = 0x09;
const HASH = 0x23;
const NONE = new Uint8Array(0);

export type FoundLine = "heading" | "value";

export class LineFinder {
	#piece: Uint8Array = NONE;
	#at = 0;
	/** In the file, of the next byte. */
	#offset: number;
	#line: number;
	/** In the file, of the line at hand. */
	#lineOffset: number;
	/** At the beginning of a line: nothing but blanks so far. */
	#isBlank = true;
	/** Of the line at hand, as far as it was taken. One byte more than a line, for the CR before its LF. */
	readonly #buffer = new Uint8Array(LINE_LENGTH_MAX + 1);
	#filled = 0;

	/** @param offset - in the file, where a line begins. @param line - its number, from 1. */
	constructor(offset = 0, line = 1) {
		this.#offset = offset;
		this.#lineOffset = offset;
		this.#line = line;
	}

	/** In the file, of the next byte that is to be pushed. */
	get offset(): number {
		return this.#offset + this.#piece.length - this.#at;
	}
	/** In the file, of the next byte that is looked at: where a line begins, after `take`. */
	get position(): number {
		return this.#offset;
	}
	/** In the file, where the line begins that `next` found. */
	get lineOffset(): number {
		return this.#lineOffset;
	}
	/** The number of that line, from 1; after `take` of the one after it. */
	get line(): number {
		return this.#line;
	}

	/** @param piece - is read until `next` or `take` gave nothing; not kept after that. */
	push(piece: Uint8Array): void {
		this.#piece = piece;
		this.#at = 0;
	}

	/** @returns what the next line is that is not blank; the one before is skipped if it was not taken. */
	next(): FoundLine | undefined {
		const piece = this.#piece;
		if (!this.#isBlank && !this.#skip()) return undefined;
		while (this.#at < piece.length) {
			const byte = piece[this.#at] as number;
			if (byte !== SPACE && byte !== TAB && byte !== CR && byte !== LF) {
				this.#isBlank = false;
				return byte === HASH ? "heading" : "value";
			}
			this.#pass(1);
			if (byte === LF) this.#endLine();
			else this.#append(SPACE);
		}
		return undefined;
	}

	/**
	 * Goes on from the value that `next` found to a later one, over lines that are values and begin without blanks.
	 *
	 * @param most - lines to go on by, at most.
	 * @returns how many it were; what `next` found is now that line.
	 */
	skipValues(most: number): number {
		const piece = this.#piece;
		const { length } = piece;
		let at = this.#at;
		let count = 0;
		for (; count < most; count++) {
			const begin = piece.indexOf(LF, at) + 1;
			if (begin === 0 || begin === length) break;
			const byte = piece[begin];
			if (byte === HASH || byte === SPACE || byte === TAB || byte === CR || byte === LF) break;
			at = begin;
		}
		if (count === 0) return 0;
		this.#pass(at - this.#at);
		this.#line += count;
		this.#lineOffset = this.#offset;
		this.#filled = 0;
		return count;
	}

	/**
	 * @param isLast - the file ends with this piece.
	 * @returns the line that `next` found, without its end; `undefined` where it goes on in the next piece: to be called
	 *   again then.
	 * @throws {@link RecipeError} `line-too-long`.
	 */
	take(isLast: boolean): Uint8Array | undefined {
		const piece = this.#piece;
		while (this.#at < piece.length) {
			const byte = piece[this.#at] as number;
			this.#pass(1);
			if (byte === LF) return this.#taken();
			this.#append(byte);
		}
		return isLast ? this.#taken() : undefined;
	}

	/** @returns whether the end of the line was found. */
	#skip(): boolean {
		const end = this.#piece.indexOf(LF, this.#at);
		this.#pass((end < 0 ? this.#piece.length : end + 1) - this.#at);
		if (end < 0) return false;
		this.#endLine();
		return true;
	}

	#taken(): Uint8Array {
		let size = this.#filled;
		if (this.#buffer[size - 1] === CR) size--;
		if (size > LINE_LENGTH_MAX) throw this.#tooLong();
		this.#endLine();
		return this.#buffer.subarray(0, size);
	}

	#append(byte: number): void {
		if (this.#filled === this.#buffer.length) throw this.#tooLong();
		this.#buffer[this.#filled++] = byte;
	}

	#tooLong(): RecipeError {
		const detail = `a line has up to ${LINE_LENGTH_MAX} bytes`;
		return new RecipeError("line-too-long", this.#line, LINE_LENGTH_MAX + 1, detail);
	}

	#pass(size: number): void {
		this.#at += size;
		this.#offset += size;
	}

	#endLine(): void {
		this.#isBlank = true;
		this.#filled = 0;
		this.#line++;
		this.#lineOffset = this.#offset;
	}
}
