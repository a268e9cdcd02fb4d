/**
 * Picks one value set from a sealed file, a segment at a step: a first pass counts the sections (once for each
 * file), a second one picks. No more than a segment is open at a time.
 */

import type { NamedValue } from "../ports/fixture.js";
import { RecipeSummary, SetPicker, type Summary } from "../recipe/sets.js";
import type { SealedFile } from "./sealed-file.js";

/** An open file and what is remembered of it between attempts. */
export interface OpenRecipe {
	readonly file: SealedFile;
	/** Made by the first reader that gets through the file. */
	summary: Summary | undefined;
}

export class SetReader {
	readonly #recipe: OpenRecipe;
	readonly #set: number;
	#counter: RecipeSummary | undefined;
	#picker: SetPicker | undefined;
	#index = 0;
	#plaintext: Uint8Array | undefined;

	/** @param set - 0-based. */
	constructor(recipe: OpenRecipe, set: number) {
		this.#recipe = recipe;
		this.#set = set;
	}

	/**
	 * Reads one segment.
	 *
	 * @returns `undefined` while there is more to read; then the values, `no-set` where the recipe has no such
	 *   set, or `unreadable` where flash no longer holds what was signed.
	 * @throws RecipeError where what was signed is not a recipe.
	 */
	step(): readonly NamedValue[] | "no-set" | "unreadable" | undefined {
		return this.#recipe.summary ? this.#pick(this.#recipe.summary) : this.#count();
	}

	#count(): "unreadable" | undefined {
		this.#counter ??= new RecipeSummary();
		const chunk = this.#read();
		if (!chunk) return "unreadable";
		this.#counter.write(chunk);
		if (this.#index < this.#recipe.file.segments) return undefined;
		this.#recipe.summary = this.#counter.end();
		this.#counter = undefined;
		this.#index = 0;
		return undefined;
	}

	#pick(summary: Summary): readonly NamedValue[] | "no-set" | "unreadable" | undefined {
		if (this.#set >= summary.sets) return "no-set";
		this.#picker ??= new SetPicker(summary, this.#set);
		const chunk = this.#read();
		if (!chunk) return "unreadable";
		this.#picker.write(chunk);
		const isDone = this.#picker.complete || this.#index === this.#recipe.file.segments;
		return isDone ? this.#picker.end() : undefined;
	}

	#read(): Uint8Array | undefined {
		const { file } = this.#recipe;
		const index = this.#index++;
		this.#plaintext ??= file.room();
		return file.open(index, file.read(index), this.#plaintext);
	}
}
