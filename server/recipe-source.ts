/** A parameter file as it comes to be released: of any size, read more than once, never held whole. */
import { createHash } from "node:crypto";
import { utf8 } from "../modules/bytes/bytes.js";
import { RecipeCheck, type Summary } from "../modules/recipe/sets.js";
import { type ByteSource, inPieces } from "./store/pieces.js";

export interface RecipeSource {
	/** Bytes of the whole. */
	readonly size: number;
	/** From its start, each time. */
	read(): ByteSource;
}

export interface CheckedRecipe extends Summary {
	/** Bytes that were read. */
	readonly size: number;
	/** SHA-256 of the file. */
	readonly textDigest: Uint8Array;
}

export function recipeSource(text: string | Uint8Array): RecipeSource {
	const bytes = typeof text === "string" ? utf8(text) : text;
	return { size: bytes.length, read: () => [bytes] };
}

/** The full check, in one pass. @throws RecipeError; what `source` throws. */
export async function checkSource(source: RecipeSource): Promise<CheckedRecipe> {
	const check = new RecipeCheck();
	const hash = createHash("sha256");
	let size = 0;
	for await (const piece of inPieces(source.read())) {
		check.write(piece);
		hash.update(piece);
		size += piece.length;
	}
	return { ...check.end(), size, textDigest: new Uint8Array(hash.digest()) };
}
