/** A parameter file as it comes to be released: of any size, read more than once, never held whole. */
import { createHash } from "node:crypto";
import { sameBytes, utf8 } from "../modules/bytes/bytes.js";
import type { Summary } from "../modules/recipe/sets.js";
import { RecipeCheck } from "./recipe-check.js";
import { type ByteSource, inPieces } from "./store/pieces.js";

export interface RecipeSource {
	/** Bytes of the whole. */
	readonly size: number;
	/** From its start, each time. */
	read(): ByteSource;
}

/** One that was read through and is a parameter file. */
export interface CheckedSource extends RecipeSource, Summary {
	/** SHA-256 of the file. */
	readonly textDigest: Uint8Array;
	read(): AsyncIterable<Uint8Array>;
}

/** `changed`: it gives other bytes than before. */
export class SourceError extends Error {
	override readonly name = "SourceError";
	readonly code = "changed";
	constructor() {
		super("the parameter file changed while it was read: try again");
	}
}

export function recipeSource(text: string | Uint8Array): RecipeSource {
	const bytes = typeof text === "string" ? utf8(text) : text;
	return { size: bytes.length, read: () => [bytes] };
}

export function isChecked(source: RecipeSource): source is CheckedSource {
	return "textDigest" in source;
}

/**
 * The full check, in one pass.
 *
 * @returns a source that ends with an error where it then gives anything else.
 * @throws RecipeError, {@link SourceError}; what `source` throws.
 */
export async function checkSource(source: RecipeSource): Promise<CheckedSource> {
	const check = new RecipeCheck();
	const hash = createHash("sha256");
	let size = 0;
	for await (const piece of inPieces(source.read())) {
		check.write(piece);
		hash.update(piece);
		size += piece.length;
	}
	const summary = check.end();
	if (size !== source.size) throw new SourceError();
	const textDigest = new Uint8Array(hash.digest());
	return { ...summary, size, textDigest, read: () => unchanged(source, textDigest) };
}

async function* unchanged(
	source: RecipeSource,
	textDigest: Uint8Array,
): AsyncGenerator<Uint8Array, void, void> {
	const hash = createHash("sha256");
	for await (const part of source.read()) {
		hash.update(part);
		yield part;
	}
	if (!sameBytes(hash.digest(), textDigest)) throw new SourceError();
}
