/**
 * Value sets out of a large file: an outline of its sections, made once, and a cursor that goes from one set to the next
 * without beginning anew. Both need only as much of the file at a time as there is, and memory for its sections, at most
 * SECTIONS_MAX.
 *
 * For files that were checked in full before they were signed: headings, and the lines that are picked, are parsed by the
 * whole grammar, the other lines are only counted. Agrees with RecipeSummary and SetPicker (sets.ts) on every recipe
 * that those take.
 */
import type { NamedValue } from "../ports/fixture.js";
import { RecipeError } from "./error.js";
import { parseLine } from "./line.js";
import { LineFinder } from "./line-finder.js";
import { SECTIONS_MAX, VALUES_MAX } from "./parser.js";
import { type SectionCount, type Summary, selectSet, setsOf } from "./sets.js";

export interface OutlinedSection extends SectionCount {
	/** In the file, of the line behind the heading. */
	readonly offset: number;
	/** That line's number, from 1. */
	readonly line: number;
}

export interface Outline extends Summary {
	readonly sections: readonly OutlinedSection[];
}

/** The first pass. */
export class OutlineMaker {
	readonly #finder = new LineFinder();
	readonly #sections: { name: string; count: number; offset: number; line: number }[] = [];
	/** A heading goes on in the next piece. */
	#isHeading = false;

	/** @param piece - the file's next bytes. @throws {@link RecipeError} where they are no recipe's. */
	write(piece: Uint8Array): void {
		const finder = this.#finder;
		finder.push(piece);
		if (this.#isHeading && !this.#heading(false)) return;
		for (let found = finder.next(); found; found = finder.next()) {
			if (found === "value") this.#value();
			else if (!this.#heading(false)) return;
		}
	}

	/** @throws as {@link OutlineMaker.write}, and `too-many-sets`. */
	end(): Outline {
		if (this.#isHeading) this.#heading(true);
		const { line } = this.#finder;
		if (this.#sections.length === 0) throw new RecipeError("empty", 1, 1, "no section");
		this.#endSection();
		return { sections: this.#sections, sets: setsOf(this.#sections, line) };
	}

	#value(): void {
		const section = this.#sections.at(-1);
		const { line } = this.#finder;
		if (!section)
			throw new RecipeError("no-section", line, 1, "a value needs a section heading above it");
		if (++section.count > VALUES_MAX) {
			const detail = `a section has up to ${VALUES_MAX} values`;
			throw new RecipeError("too-many-values", line, 1, detail);
		}
		section.count += this.#finder.passValues(VALUES_MAX - section.count);
	}

	/** @returns whether all of the heading was there. */
	#heading(isLast: boolean): boolean {
		const { line } = this.#finder;
		const bytes = this.#finder.take(isLast);
		this.#isHeading = bytes === undefined;
		if (!bytes) return false;
		const parsed = parseLine(bytes, line);
		if (parsed.kind !== "section") throw new Error("a heading is a section's");
		const { name, column } = parsed;
		if (this.#sections.length > 0) this.#endSection();
		if (this.#sections.some((section) => section.name === name))
			throw new RecipeError(
				"duplicate-section",
				line,
				column,
				"a section of this name came before",
			);
		if (this.#sections.length === SECTIONS_MAX) {
			const detail = `a file has up to ${SECTIONS_MAX} sections`;
			throw new RecipeError("too-many-sections", line, column, detail);
		}
		const { position, line: next } = this.#finder;
		this.#sections.push({ name, count: 0, offset: position, line: next });
		return true;
	}

	#endSection(): void {
		const { count, line } = this.#sections.at(-1) as OutlinedSection;
		if (count > 0) return;
		throw new RecipeError("empty-section", line - 1, 1, "this section has no values");
	}
}

/** Where the cursor stands in a section. */
interface Place {
	/** The value whose line begins at `offset`, from 0. */
	index: number;
	offset: number;
	line: number;
	/** That value, where it was read and not forgotten. */
	value: NamedValue | undefined;
}

/** Picks one value of each section. What it knows of the set before shortens the way to the next one. */
export class SetCursor {
	readonly #outline: Outline;
	readonly #places: Place[];
	#indices: readonly number[] = [];
	/** The section that is looked through. */
	#section = 0;
	#finder: LineFinder | undefined;
	/** The value that its next line has. */
	#next = 0;
	/** The line at hand is the one that is looked for. */
	#isTaking = false;

	constructor(outline: Outline) {
		this.#outline = outline;
		this.#places = outline.sections.map(({ offset, line }) => ({
			index: 0,
			offset,
			line,
			value: undefined,
		}));
	}

	/** @param set - 0 to `outline.sets` - 1. */
	seek(set: number): void {
		this.#indices = selectSet(this.#outline, set);
		this.#section = 0;
		this.#isTaking = false;
		this.#begin();
	}

	/** In the file, of the bytes that are needed next; `undefined` where the values are complete. */
	get offset(): number | undefined {
		return this.#finder?.offset;
	}

	/** One value from each section, in the file's order, once `offset` is `undefined`. */
	get values(): readonly NamedValue[] {
		return this.#places.map(({ value }) => value as NamedValue);
	}

	/**
	 * @param piece - the file's bytes from `offset` on. @param isLast - the file ends with them.
	 * @throws {@link RecipeError} where the line that is picked is no value's.
	 */
	write(piece: Uint8Array, isLast: boolean): void {
		const finder = this.#finder;
		const place = this.#places[this.#section];
		if (!finder || !place) return;
		finder.push(piece);
		const wanted = this.#indices[this.#section] as number;
		while (!this.#isTaking) {
			const found = finder.next();
			if (found === "heading" || (found === undefined && isLast))
				throw new Error("the recipe differs from its outline");
			if (found === undefined) return;
			if (this.#next < wanted) this.#next += finder.passValues(wanted - this.#next);
			place.offset = finder.lineOffset;
			place.line = finder.line;
			place.index = this.#next++;
			this.#isTaking = place.index === wanted;
		}
		const bytes = finder.take(isLast);
		if (bytes) this.#pick(place, bytes);
	}

	/** Forgets the values, but not where they stand. */
	forget(): void {
		this.#finder = undefined;
		for (const place of this.#places) place.value = undefined;
	}

	#pick(place: Place, bytes: Uint8Array): void {
		const parsed = parseLine(bytes, place.line);
		if (parsed.kind !== "value") throw new Error("a line that is no heading is a value's");
		const { name, value } = parsed;
		const section = this.#outline.sections[this.#section] as OutlinedSection;
		place.value = { section: section.name, name, value };
		this.#section++;
		this.#isTaking = false;
		this.#begin();
	}

	/** Goes on with the next section whose value is not at hand. */
	#begin(): void {
		this.#finder = undefined;
		for (; this.#section < this.#places.length; this.#section++) {
			const place = this.#places[this.#section] as Place;
			const wanted = this.#indices[this.#section] as number;
			if (place.index === wanted && place.value) continue;
			if (place.index > wanted) {
				const { offset, line } = this.#outline.sections[this.#section] as OutlinedSection;
				place.index = 0;
				place.offset = offset;
				place.line = line;
			}
			place.value = undefined;
			this.#next = place.index;
			this.#finder = new LineFinder(place.offset, place.line);
			return;
		}
	}
}
