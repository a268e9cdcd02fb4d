/** What is read from a recipe that comes in pieces or lies in segments, or the error with its place. */
import assert from "node:assert/strict";
import type { NamedValue } from "../../modules/ports/fixture.js";
import { RecipeError } from "../../modules/recipe/error.js";
import { type Outline, OutlineMaker, SetCursor } from "../../modules/recipe/outline.js";
import { RecipeParser, type RecipeValue } from "../../modules/recipe/parser.js";

export interface Place {
	readonly code: string;
	readonly line: number;
	readonly column: number;
}

/** @throws {@link RecipeError} */
export function parsed(pieces: Iterable<Uint8Array>): RecipeValue[] {
	const values: RecipeValue[] = [];
	const parser = new RecipeParser((value) => values.push(value));
	for (const piece of pieces) parser.write(piece);
	parser.end();
	return values;
}

/** What `work` gives, or where and why it refuses. */
export function placed<T>(work: () => T): T | Place {
	try {
		return work();
	} catch (error) {
		if (!(error instanceof RecipeError)) throw error;
		const { code, line, column } = error;
		return { code, line, column };
	}
}

/** @throws {@link RecipeError} */
export function outlineOf(bytes: Uint8Array, size: number): Outline {
	const maker = new OutlineMaker();
	for (let at = 0; at < bytes.length; at += size) maker.write(bytes.subarray(at, at + size));
	return maker.end();
}

/** A file in segments of `size` bytes, read as a station does. */
export class SegmentedFile {
	readonly cursor: SetCursor;
	/** Segments read. */
	reads = 0;
	readonly #bytes: Uint8Array;
	readonly #size: number;

	readonly sets: number;

	/** @throws {@link RecipeError} */
	constructor(bytes: Uint8Array, size: number) {
		this.#bytes = bytes;
		this.#size = size;
		const outline = outlineOf(bytes, size);
		this.sets = outline.sets;
		this.cursor = new SetCursor(outline);
	}

	pick(set: number, steps = Number.POSITIVE_INFINITY): readonly NamedValue[] {
		this.cursor.seek(set);
		for (let step = 0; step < steps && this.cursor.offset !== undefined; step++) this.#step();
		return this.cursor.values;
	}

	#step(): void {
		const { cursor } = this;
		const end = (Math.floor((cursor.offset ?? 0) / this.#size) + 1) * this.#size;
		this.reads++;
		for (let { offset } = cursor; offset !== undefined && offset < end; offset = cursor.offset) {
			assert.ok(offset < this.#bytes.length, "reads beyond the file");
			cursor.write(this.#bytes.subarray(offset, end), end >= this.#bytes.length);
		}
	}
}
