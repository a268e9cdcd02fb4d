/**
 * The full check of a recipe before its release, as a stream: all that RecipeSummary finds, and a name given twice in a
 * section. Holds the names of one section at a time, which a station has no memory for.
 */
import { getRandomValues } from "node:crypto";
import { RecipeError } from "../modules/recipe/error.js";
import { NAME_LENGTH_MAX } from "../modules/recipe/line.js";
import { RecipeSummary, type Summary } from "../modules/recipe/sets.js";

export class RecipeCheck extends RecipeSummary {
	constructor() {
		let section = -1;
		let names = new Names();
		super((value) => {
			if (value.section !== section) {
				section = value.section;
				names = new Names();
			}
			if (names.add(value.name)) return;
			throw new RecipeError(
				"duplicate-name",
				value.line,
				1,
				"this name came before in its section",
			);
		});
	}
}

/** {@link RecipeCheck} of a recipe that is at hand. @throws RecipeError. */
export function checkRecipe(bytes: Uint8Array): Summary {
	const check = new RecipeCheck();
	check.write(bytes);
	return check.end();
}

/**
 * A set of names in a few bytes each: a million, as many as a section may have, take about 40 MB beside the heap, and as
 * strings in a Set twice as much of it. The hash has random factors, so that nobody can write a file whose names all fall together.
 */
class Names {
	/** Open addressing; where a name begins in {@link #bytes}, or 0. */
	#places = new Uint32Array(64);
	/** Each name's length and its characters, from 1 on. */
	#bytes = new Uint8Array(1024);
	#end = 1;
	#count = 0;
	readonly #factors = getRandomValues(new Int32Array(2 * NAME_LENGTH_MAX));

	/** @param name - 1 to NAME_LENGTH_MAX characters below 256. @returns false where it is there already. */
	add(name: string): boolean {
		if (4 * this.#count >= 3 * this.#places.length) this.#grow();
		this.#write(name);
		const slot = this.#slot(this.#end);
		if (this.#places[slot] !== 0) return false;
		this.#places[slot] = this.#end;
		this.#end += 1 + name.length;
		this.#count++;
		return true;
	}

	#write(name: string): void {
		const end = this.#end + 1 + name.length;
		if (end > this.#bytes.length) {
			const bytes = new Uint8Array(2 * end);
			bytes.set(this.#bytes);
			this.#bytes = bytes;
		}
		this.#bytes[this.#end] = name.length;
		for (let i = 0; i < name.length; i++) this.#bytes[this.#end + 1 + i] = name.charCodeAt(i);
	}

	/** Where the name at `at` is, or belongs. */
	#slot(at: number): number {
		const mask = this.#places.length - 1;
		let slot = this.#hash(at) & mask;
		for (;;) {
			const place = this.#places[slot] as number;
			if (place === 0 || this.#isSame(place, at)) return slot;
			slot = (slot + 1) & mask;
		}
	}

	/** Two sums with random factors, of which the upper halves count: multilinear hashing. */
	#hash(at: number): number {
		const bytes = this.#bytes;
		const factors = this.#factors;
		let high = 0;
		let low = 0;
		for (let i = 0; i < (bytes[at] as number); i++) {
			const byte = bytes[at + 1 + i] as number;
			high += Math.imul(factors[2 * i] as number, byte);
			low += Math.imul(factors[2 * i + 1] as number, byte);
		}
		return (high & 0xffff_0000) | ((low | 0) >>> 16);
	}

	#isSame(a: number, b: number): boolean {
		const bytes = this.#bytes;
		for (let i = 0; i <= (bytes[b] as number); i++) if (bytes[a + i] !== bytes[b + i]) return false;
		return true;
	}

	#grow(): void {
		const before = this.#places;
		this.#places = new Uint32Array(2 * before.length);
		for (const place of before) if (place !== 0) this.#places[this.#slot(place)] = place;
	}
}
