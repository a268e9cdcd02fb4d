/**
 * The recipe file as a stream: bytes in, values out. Lines are in line.ts; they end in LF or CR LF, the last may
 * do without. Holds one line and the sections' names, whatever the size of the file.
 *
 * Not found here: a name twice in one section, which would need memory for all names; server/recipe-check.ts does that.
 */
import { RecipeError, type RecipeErrorCode } from "./error.js";
import { LINE_LENGTH_MAX, parseLine } from "./line.js";

export const SECTIONS_MAX = 16;
/** Values in one section. */
export const VALUES_MAX = 1_000_000;

const LF = 0x0a;
const CR = 0x0d;

export interface RecipeValue {
	/** 0-based place of the section in the file. */
	readonly section: number;
	readonly sectionName: string;
	readonly name: string;
	readonly value: number;
	/** From 1. */
	readonly line: number;
}

export class RecipeParser {
	readonly #onValue: (value: RecipeValue) => void;
	readonly #sections: string[] = [];
	/** Where the present section's name stands. */
	#heading = { line: 0, column: 0 };
	#values = 0;
	/** One byte more than a line, for the CR before its LF. */
	readonly #buffer = new Uint8Array(LINE_LENGTH_MAX + 1);
	#filled = 0;
	#line = 1;
	#state: "open" | "ended" | RecipeError = "open";

	/** @param onValue - called during `write` and `end`, in the file's order. */
	constructor(onValue: (value: RecipeValue) => void) {
		this.#onValue = onValue;
	}

	/** @throws {@link RecipeError}, then and on every later call. */
	write(chunk: Uint8Array): void {
		this.#guard(() => {
			for (let i = 0; i < chunk.length; i++) {
				const byte = chunk[i] as number;
				if (byte === LF) this.#endLine();
				else this.#append(byte);
			}
		});
	}

	/** @throws {@link RecipeError} */
	end(): void {
		this.#guard(() => {
			if (this.#filled > 0) this.#endLine();
			if (this.#sections.length === 0) throw this.#error("empty", 1, "no section");
			this.#endSection();
			this.#state = "ended";
		});
	}

	#guard(work: () => void): void {
		if (this.#state === "ended") throw new Error("the recipe has ended");
		if (this.#state !== "open") throw this.#state;
		try {
			work();
		} catch (error) {
			if (error instanceof RecipeError) this.#state = error;
			throw error;
		}
	}

	#append(byte: number): void {
		const full = this.#filled === LINE_LENGTH_MAX;
		if (this.#filled > LINE_LENGTH_MAX || (full && byte !== CR)) {
			throw this.#error(
				"line-too-long",
				LINE_LENGTH_MAX + 1,
				`a line has up to ${LINE_LENGTH_MAX} bytes`,
			);
		}
		this.#buffer[this.#filled++] = byte;
	}

	#endLine(): void {
		let size = this.#filled;
		if (size > 0 && this.#buffer[size - 1] === CR) size--;
		const line = parseLine(this.#buffer.subarray(0, size), this.#line);
		if (line.kind === "section") this.#startSection(line.name, line.column);
		else if (line.kind === "value") this.#addValue(line.name, line.value, line.column);
		this.#filled = 0;
		this.#line++;
	}

	#startSection(name: string, column: number): void {
		if (this.#sections.length > 0) this.#endSection();
		if (this.#sections.includes(name)) {
			throw this.#error("duplicate-section", column, "a section of this name came before");
		}
		if (this.#sections.length === SECTIONS_MAX) {
			throw this.#error("too-many-sections", column, `a file has up to ${SECTIONS_MAX} sections`);
		}
		this.#sections.push(name);
		this.#heading = { line: this.#line, column };
		this.#values = 0;
	}

	#endSection(): void {
		if (this.#values > 0) return;
		const { line, column } = this.#heading;
		throw new RecipeError("empty-section", line, column, "this section has no values");
	}

	#addValue(name: string, value: number, column: number): void {
		const section = this.#sections.length - 1;
		const sectionName = this.#sections[section];
		if (sectionName === undefined) {
			throw this.#error("no-section", column, "a value needs a section heading above it");
		}
		if (++this.#values > VALUES_MAX) {
			throw this.#error("too-many-values", column, `a section has up to ${VALUES_MAX} values`);
		}
		this.#onValue({ section, sectionName, name, value, line: this.#line });
	}

	#error(code: RecipeErrorCode, column: number, detail: string): RecipeError {
		return new RecipeError(code, this.#line, column, detail);
	}
}
