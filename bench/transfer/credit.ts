/** The plain side of bench/transfer.ts: words of its receiver to its sender. */
import { bigEndian, view } from "../../modules/bytes/bytes.js";

/** Pieces between two words that there is room for as many again. */
export const CREDIT_PIECES = 64;
/** So many more pieces were taken. */
export const TAKEN = new Uint8Array(0);

/** Asks for the file of so many bytes, from its beginning. */
export function ask(size: number): Uint8Array {
	return bigEndian(size, 4);
}

/** @returns 0 for {@link TAKEN}. */
export function sizeAskedFor(word: Uint8Array): number {
	return word.length === 0 ? 0 : view(word).getUint32(0);
}
