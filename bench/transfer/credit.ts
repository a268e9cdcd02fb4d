/** The plain side of bench/transfer.ts: words of its receiver to its sender. */
import { bigEndian, concat, view } from "../../modules/bytes/bytes.js";

/** Bytes between two words that there is room for as many again. */
export const CREDIT_SIZE = 256 * 1024;
/** So many more bytes were taken. */
export const TAKEN = new Uint8Array(0);

export interface Wish {
	/** Of the file, in bytes. */
	readonly size: number;
	/** Of each message, in bytes; divides CREDIT_SIZE. */
	readonly pieceSize: number;
}

/** Asks for a file, from its beginning. */
export function ask({ size, pieceSize }: Wish): Uint8Array {
	return concat(bigEndian(size, 4), bigEndian(pieceSize, 4));
}

/** @returns `undefined` for {@link TAKEN}. */
export function wishIn(word: Uint8Array): Wish | undefined {
	if (word.length === 0) return undefined;
	return { size: view(word).getUint32(0), pieceSize: view(word).getUint32(4) };
}
