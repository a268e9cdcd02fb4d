/** The same bytes as a stream may bring them: whole, byte by byte, and cut at random. */
import type { Dice } from "../hostile/support.js";

/** Bytes of the largest random piece. */
const PIECE_SIZE_MAX = 9;

/** @returns three lists of pieces; each joined is `bytes`. */
export function cuttings(bytes: Uint8Array, dice: Dice): readonly (readonly Uint8Array[])[] {
	return [[bytes], cut(bytes, () => 1), cut(bytes, () => 1 + dice.whole(PIECE_SIZE_MAX))];
}

function cut(bytes: Uint8Array, size: () => number): Uint8Array[] {
	const pieces: Uint8Array[] = [];
	for (let at = 0; at < bytes.length; ) {
		const end = Math.min(bytes.length, at + size());
		// Of its own: a decoder that keeps a view of it sees nothing of its neighbours.
		pieces.push(bytes.slice(at, end));
		at = end;
	}
	return pieces;
}
