/**
 * Value sets: one value from each section. They are numbered, never listed: set 0 takes the first of each section and
 * the last section varies fastest, so with sections of 5, 4, 3 and 3 values set 1 differs from set 0 in the fourth.
 *
 * A first pass over the file counts (RecipeSummary); each set is then picked in a pass of its own (SetPicker). Memory
 * is that of the sections, at most SECTIONS_MAX, whatever the size of the file. Both read every byte; a station, whose
 * files were checked before they were signed, reads what it needs (outline.ts).
 */
import type { NamedValue } from "../ports/fixture.js";
import { RecipeError } from "./error.js";
import { RecipeParser, type RecipeValue } from "./parser.js";

/** Value sets of one recipe: beyond it their numbers would not be exact. */
export const SETS_MAX = Number.MAX_SAFE_INTEGER;

export interface SectionCount {
	readonly name: string;
	/** From 1. */
	readonly count: number;
}

/** What is remembered of a recipe: its sections, in order, and how many value sets there are. */
export interface Summary {
	readonly sections: readonly SectionCount[];
	/** 1 to {@link SETS_MAX}. */
	readonly sets: number;
}

/** The first pass. Throws RecipeError as RecipeParser does, and `too-many-sets`. */
export class RecipeSummary {
	readonly #sections: { name: string; count: number }[] = [];
	readonly #parser: RecipeParser;
	#lastLine = 1;

	/** @param onValue - also called with every value. */
	constructor(onValue?: (value: RecipeValue) => void) {
		this.#parser = new RecipeParser((value) => {
			onValue?.(value);
			this.#lastLine = value.line;
			const section = this.#sections[value.section];
			if (section) section.count++;
			else this.#sections.push({ name: value.sectionName, count: 1 });
		});
	}

	write(chunk: Uint8Array): void {
		this.#parser.write(chunk);
	}

	end(): Summary {
		this.#parser.end();
		return { sections: this.#sections, sets: setsOf(this.#sections, this.#lastLine) };
	}
}

/** How many value sets there are. @param line - for the error. @throws {@link RecipeError} `too-many-sets`. */
export function setsOf(sections: readonly SectionCount[], line: number): number {
	let sets = 1;
	for (const { count } of sections) {
		if (sets > SETS_MAX / count)
			throw new RecipeError("too-many-sets", line, 1, "more than 2^53 - 1 value sets");
		sets *= count;
	}
	return sets;
}

/**
 * @param set - 0 to `summary.sets` - 1.
 * @returns which value, from 0, to take of each section.
 */
export function selectSet(summary: Summary, set: number): number[] {
	if (!Number.isSafeInteger(set) || set < 0 || set >= summary.sets) {
		throw new Error(`value set ${set} of ${summary.sets}`);
	}
	const indices: number[] = [];
	for (const { count } of [...summary.sections].reverse()) {
		indices.unshift(set % count);
		set = Math.floor(set / count);
	}
	return indices;
}

/** A later pass over the same file: picks the values of one set. Throws RecipeError as RecipeParser does. */
export class SetPicker {
	readonly #indices: readonly number[];
	readonly #picked: NamedValue[] = [];
	readonly #parser: RecipeParser;
	#section = -1;
	#place = 0;

	/** @param set - 0 to `summary.sets` - 1. */
	constructor(summary: Summary, set: number) {
		this.#indices = selectSet(summary, set);
		this.#parser = new RecipeParser((value) => this.#take(value));
	}

	/** True once every section gave its value: the rest of the file need not be read. */
	get complete(): boolean {
		return this.#picked.length === this.#indices.length;
	}

	write(chunk: Uint8Array): void {
		if (!this.complete) this.#parser.write(chunk);
	}

	/**
	 * One value from each section, in the file's order.
	 *
	 * @throws Error where this is not the file that was summed up.
	 */
	end(): readonly NamedValue[] {
		if (!this.complete) this.#parser.end();
		if (!this.complete) throw new Error("the recipe differs from its summary");
		return this.#picked;
	}

	#take({ section, sectionName, name, value }: RecipeValue): void {
		if (section !== this.#section) {
			this.#section = section;
			this.#place = 0;
		}
		if (this.#place++ !== this.#indices[section]) return;
		this.#picked.push({ section: sectionName, name, value });
	}
}
