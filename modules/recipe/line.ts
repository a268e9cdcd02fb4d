/**
 * One line of a recipe.
 *
 * | line | form |
 * | --- | --- |
 * | blank | spaces and tabs only |
 * | section | `#`, a name: letters, digits, `.`, `_`, `-` and inner spaces, beginning with a letter or digit |
 * | value | a name (a letter, then letters, digits, `.`, `_`, `-`), `=`, a number |
 *
 * Spaces and tabs may stand before, after and between. A number is `-` if negative, then digits, a dot and digits,
 * or either alone: `350`, `5.5`, `.5456`. Left out, and refused: `5.`, exponents, `+`, units, remarks.
 */
import { RecipeError, type RecipeErrorCode } from "./error.js";

/** Bytes of a line without its end. */
export const LINE_LENGTH_MAX = 128;
/** Characters of a section's or a value's name. */
export const NAME_LENGTH_MAX = 32;
/** Characters of a number. */
export const NUMBER_LENGTH_MAX = 24;

export type Line =
	| { readonly kind: "blank" }
	| { readonly kind: "section"; readonly name: string; readonly column: number }
	| {
			readonly kind: "value";
			readonly name: string;
			readonly value: number;
			readonly column: number;
	  };

const SPACE = 0x20;
const TAB = 0x09;
const HASH = 0x23;
const EQUALS = 0x3d;
const MINUS = 0x2d;
const DOT = 0x2e;
const UNDERSCORE = 0x5f;

/**
 * @param bytes - without the line's end, up to LINE_LENGTH_MAX.
 * @param number - of the line, for errors.
 * @throws {@link RecipeError}
 */
export function parseLine(bytes: Uint8Array, number: number): Line {
	return new LineReader(bytes, number).line();
}

class LineReader {
	readonly #bytes: Uint8Array;
	readonly #number: number;
	#at = 0;
	#end: number;

	constructor(bytes: Uint8Array, number: number) {
		this.#bytes = bytes;
		this.#number = number;
		this.#end = bytes.length;
		while (this.#end > 0 && isSpace(bytes[this.#end - 1])) this.#end--;
	}

	line(): Line {
		this.#skipSpace();
		if (this.#at === this.#end) return { kind: "blank" };
		const first = this.#next();
		if (first === HASH) return this.#section();
		if (!isLetter(first)) {
			throw this.#error("character", "a line begins with `#` or a letter");
		}
		return this.#value();
	}

	#section(): Line {
		this.#at++;
		this.#skipSpace();
		const start = this.#at;
		const first = this.#next();
		if (!isLetter(first) && !isDigit(first)) {
			throw this.#error("section-name", "a section's name begins with a letter or digit");
		}
		while (isNamePart(this.#next()) || isSpace(this.#next())) this.#at++;
		if (this.#at < this.#end) throw this.#error("character", "not part of a section's name");
		return { kind: "section", name: this.#text(start, "section-name"), column: start + 1 };
	}

	#value(): Line {
		const start = this.#at;
		while (isNamePart(this.#next())) this.#at++;
		const name = this.#text(start, "name");
		this.#skipSpace();
		if (this.#next() !== EQUALS) throw this.#error("equals", "`=` expected after the name");
		this.#at++;
		this.#skipSpace();
		const value = this.#numeral();
		return { kind: "value", name, value, column: start + 1 };
	}

	#numeral(): number {
		const start = this.#at;
		if (this.#next() === MINUS) this.#at++;
		const whole = this.#digits();
		if (this.#next() === DOT) {
			this.#at++;
			if (this.#digits() === 0) throw this.#error("value", "a digit expected after the dot");
		} else if (whole === 0) throw this.#error("value", "a number expected");
		if (this.#at < this.#end) throw this.#error("value", "not part of a number");
		if (this.#at - start > NUMBER_LENGTH_MAX) {
			this.#at = start + NUMBER_LENGTH_MAX;
			throw this.#error("value", `a number has up to ${NUMBER_LENGTH_MAX} characters`);
		}
		const value = Number(this.#slice(start));
		return value === 0 ? 0 : value;
	}

	#digits(): number {
		const start = this.#at;
		while (isDigit(this.#next())) this.#at++;
		return this.#at - start;
	}

	#skipSpace(): void {
		while (this.#at < this.#end && isSpace(this.#next())) this.#at++;
	}

	/** `undefined` at the line's end. */
	#next(): number | undefined {
		return this.#at < this.#end ? this.#bytes[this.#at] : undefined;
	}

	#text(start: number, code: RecipeErrorCode): string {
		if (this.#at - start > NAME_LENGTH_MAX) {
			this.#at = start + NAME_LENGTH_MAX;
			throw this.#error(code, `a name has up to ${NAME_LENGTH_MAX} characters`);
		}
		return this.#slice(start);
	}

	#slice(start: number): string {
		return String.fromCharCode(...this.#bytes.subarray(start, this.#at));
	}

	#error(code: RecipeErrorCode, detail: string): RecipeError {
		return new RecipeError(code, this.#number, this.#at + 1, detail);
	}
}

function isSpace(byte: number | undefined): boolean {
	return byte === SPACE || byte === TAB;
}

function isLetter(byte: number | undefined): boolean {
	return byte !== undefined && ((byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a));
}

function isDigit(byte: number | undefined): boolean {
	return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}

function isNamePart(byte: number | undefined): boolean {
	return isLetter(byte) || isDigit(byte) || byte === DOT || byte === UNDERSCORE || byte === MINUS;
}
