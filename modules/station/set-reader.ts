/**
 * Picks one value set from a sealed file, a segment at a step: a first pass finds the sections (once for each file), then
 * a cursor goes to the set, from the one before if it can. No more than a segment is open at a time.
 */

import type { NamedValue } from "../ports/fixture.js";
import { type Outline, OutlineMaker, SetCursor } from "../recipe/outline.js";
import type { SealedFile } from "./sealed-file.js";

/** An open file and what is remembered of it between attempts. */
export interface OpenRecipe {
	readonly file: SealedFile;
	/** Made by the first reader that gets through the file. */
	outline: Outline | undefined;
	cursor: SetCursor | undefined;
}

/** A reader made for a file ends whatever the one before had begun. */
export class SetReader {
	readonly #recipe: OpenRecipe;
	readonly #set: number;
	/** For the plaintext of a segment; others use it between two steps. */
	readonly #room: Uint8Array;
	#maker: OutlineMaker | undefined;
	#index = 0;
	#isSeeking = false;

	/** @param set - 0-based. @param room - SEGMENT_SIZE_MAX bytes. */
	constructor(recipe: OpenRecipe, set: number, room: Uint8Array) {
		this.#recipe = recipe;
		this.#set = set;
		this.#room = room;
	}

	/**
	 * Reads one segment.
	 *
	 * @returns `undefined` while there is more to read; then the values, `no-set` where the recipe has no such
	 *   set, or `unreadable` where flash no longer holds what was signed.
	 * @throws RecipeError where what was signed is not a recipe.
	 */
	step(): readonly NamedValue[] | "no-set" | "unreadable" | undefined {
		return this.#recipe.outline ? this.#pick(this.#recipe.outline) : this.#outline();
	}

	#outline(): "unreadable" | undefined {
		this.#maker ??= new OutlineMaker();
		const piece = this.#open(this.#index++);
		if (!piece) return "unreadable";
		this.#maker.write(piece);
		if (this.#index < this.#recipe.file.segments) return undefined;
		this.#recipe.outline = this.#maker.end();
		this.#maker = undefined;
		return undefined;
	}

	#pick(outline: Outline): readonly NamedValue[] | "no-set" | "unreadable" | undefined {
		if (this.#set >= outline.sets) return "no-set";
		this.#recipe.cursor ??= new SetCursor(outline);
		const { cursor, file } = this.#recipe;
		if (!this.#isSeeking) cursor.seek(this.#set);
		this.#isSeeking = true;
		const { segmentSize } = file.head;
		let { offset } = cursor;
		if (offset === undefined) return cursor.values;
		const index = Math.floor(offset / segmentSize);
		const piece = this.#open(index);
		if (!piece) return "unreadable";
		const start = index * segmentSize;
		for (; offset !== undefined && offset - start < piece.length; offset = cursor.offset)
			cursor.write(piece.subarray(offset - start), index === file.segments - 1);
		return offset === undefined ? cursor.values : undefined;
	}

	#open(index: number): Uint8Array | undefined {
		const { file } = this.#recipe;
		return file.open(index, file.read(index), this.#room);
	}
}
