/**
 * The corpus in the repository: for each subject one file with the inputs that add something to its seeds,
 * `test/vectors/fuzz/<subject>.json`. `npm run fuzz -- --write` makes them anew; "made" says with what.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { hex } from "../../modules/bytes/bytes.js";
import { unhex } from "../cbor/support.js";

/** Bytes of a subject's inputs together: the repository stays small. */
const CORPUS_SIZE_MAX = 6000;
const FOLDER = new URL("../../../test/vectors/fuzz/", import.meta.url);

function fileOf(subject: string): URL {
	return new URL(`${subject}.json`, FOLDER);
}

/** @returns none where the subject has no file yet. */
export function readCorpus(subject: string): Uint8Array[] {
	const file = fileOf(subject);
	if (!existsSync(file)) return [];
	return (JSON.parse(readFileSync(file, "utf8")) as { inputs: string[] }).inputs.map(unhex);
}

/** Writes as many as there is room for, the first ones first. @param made - the command. */
export function writeCorpus(subject: string, made: string, inputs: readonly Uint8Array[]): void {
	const kept: string[] = [];
	let size = 0;
	for (const bytes of inputs) {
		size += bytes.length;
		if (size <= CORPUS_SIZE_MAX) kept.push(hex(bytes));
	}
	writeFileSync(fileOf(subject), `${JSON.stringify({ made, inputs: kept }, null, "\t")}\n`);
}
