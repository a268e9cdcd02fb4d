/** The smallest input that fails in the same way, as far as taking bytes out and clearing them leads. */
import { concat } from "../../modules/bytes/bytes.js";
import { type Subject, tried, wordsOf } from "./subject.js";

/** Inputs tried. */
const TRIES_MAX = 100_000;
/** Bytes of a piece that is tried by itself. */
const PIECE_SIZE_MAX = 16;

export async function minimised(
	subject: Subject,
	bytes: Uint8Array,
	error: unknown,
): Promise<Uint8Array> {
	const words = wordsOf(error);
	let tries = 0;
	async function fails(candidate: Uint8Array): Promise<boolean> {
		if (++tries > TRIES_MAX) return false;
		const outcome = await tried(subject, candidate);
		return outcome.kind === "found" && wordsOf(outcome.error) === words;
	}
	// What is too much work fails in no other way.
	if (!(await fails(bytes))) return bytes;
	// One item of many: taking bytes out of a nested format rarely leaves it well-formed.
	for (let size = 1; size <= Math.min(PIECE_SIZE_MAX, bytes.length); size++)
		for (let at = 0; at + size <= bytes.length; at++) {
			const piece = bytes.slice(at, at + size);
			if (await fails(piece)) return piece;
		}
	let best = bytes;
	for (let size = best.length; size >= 1; size = size >> 1)
		for (let at = 0; at + size <= best.length; ) {
			const shorter = concat(best.subarray(0, at), best.subarray(at + size));
			if (await fails(shorter)) best = shorter;
			else at += size;
		}
	for (let at = 0; at < best.length; at++) {
		const clearer = best.slice();
		clearer[at] = 0;
		if (best[at] !== 0 && (await fails(clearer))) best = clearer;
	}
	return best;
}
