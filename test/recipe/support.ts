/** What is read from a recipe that comes in pieces, or the error with its place. */
import { RecipeError } from "../../modules/recipe/error.js";
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
