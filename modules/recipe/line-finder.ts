/**
 * Finds the lines of a recipe without reading them: where each begins, and whether it is a heading or a value. For files
 * that were checked in full before they were signed (checkRecipe in sets.ts): only the bytes with which a line begins are
 * told apart. What is picked is then parsed by the whole grammar.
 *
 * `push` a piece, then `next` until it gives nothing; `take` the line where one is wanted, `passValues` where many are not.
 *
 * Bytes are looked at one by one or in words of four. The engine's own `indexOf` is no way to find a line's end: XS looks
 * each element up as a property of its own, twice, which takes more than all of a loop in JavaScript.
 */
import { RecipeError } from "./error.js";
import { LINE_LENGTH_MAX } from "./line.js";

const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const TAB = 0x09;
const HASH = 0x23;
const NONE = new Uint8Array(0);
/** In each byte of a word, as integers of 32 bits with a sign: XS computes with others in floating point. */
const FOUR_LF = 0x0a0a0a0a;
const FOUR_ONES = 0x01010101;
const FOUR_HIGHS = 0x80808080 | 0;

export type FoundLine = "heading" | "value";

export class LineFinder {
	#piece: Uint8Array = NONE;
	/** The whole words of the piece, once they were asked for. */
	#words: Int32Array | undefined;
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
		this.#words = undefined;
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
	 * From a value's line on, goes to the last one of those that follow it in this piece, each of which begins with its
	 * first byte: much cheaper than `next` for each.
	 *
	 * @param most - goes no further than so many lines.
	 * @returns how many lines further.
	 */
	passValues(most: number): number {
		const piece = this.#piece;
		// Words lie at addresses that are multiples of four.
		const first = -piece.byteOffset & 3;
		const count = (piece.length - first) >> 2;
		if (count < 1) return 0;
		this.#words ??= new Int32Array(piece.buffer, piece.byteOffset + first, count);
		const words = this.#words;
		let start = this.#at;
		let lines = 0;
		// A value's line has three bytes or more: none ends in the word where it begins, nor two in the same.
		for (let i = (start - first + 3) >> 2; i < count; i++) {
			// Is a byte zero now? Never missed; what is no ASCII may be taken for it.
			if ((((words[i] as number) ^ FOUR_LF) - FOUR_ONES) & FOUR_HIGHS) {
				let at = first + 4 * i;
				if (piece[at] !== LF && piece[++at] !== LF && piece[++at] !== LF && piece[++at] !== LF)
					continue;
				// A heading's and all blanks' are not above HASH; behind the piece there is nothing.
				if (lines === most || !((piece[++at] as number) > HASH)) break;
				start = at;
				lines++;
			}
		}
		if (lines > 0) {
			this.#pass(start - this.#at);
			this.#filled = 0;
			this.#line += lines;
			this.#lineOffset = this.#offset;
		}
		return lines;
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
		const piece = this.#piece;
		const { length } = piece;
		let at = this.#at;
		while (at < length && piece[at] !== LF) at++;
		const isEnd = at < length;
		this.#pass((isEnd ? at + 1 : at) - this.#at);
		if (isEnd) this.#endLine();
		return isEnd;
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
