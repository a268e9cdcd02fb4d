/**
 * Files of the store as streams: cut into pieces, filled, read, and cleared away. A few pieces are in memory at a time,
 * and a transaction writes a few, so that nobody else waits long.
 */
import { setImmediate as others } from "node:timers/promises";
import { PIECE_SIZE, type Store, StoreError } from "./store.js";

/** Pieces written in one transaction: 1 MiB. */
export const WRITE_MAX = 16;

/** A file's bytes in order, in parts of any size. */
export type ByteSource = Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/**
 * Cuts what comes into pieces of {@link PIECE_SIZE}, the last one shorter; other work of this process has its turn
 * between two of them.
 *
 * @returns pieces that are the caller's.
 */
export async function* inPieces(source: ByteSource): AsyncGenerator<Uint8Array, void, void> {
	let piece = new Uint8Array(PIECE_SIZE);
	let filled = 0;
	for await (const part of source)
		for (let at = 0; at < part.length; ) {
			if (filled === PIECE_SIZE) {
				yield piece;
				await others();
				piece = new Uint8Array(PIECE_SIZE);
				filled = 0;
			}
			const taken = part.subarray(at, at + PIECE_SIZE - filled);
			piece.set(taken, filled);
			filled += taken.length;
			at += taken.length;
		}
	if (filled > 0) yield piece.subarray(0, filled);
}

/**
 * Stores a file that nothing refers to yet, in as many transactions as it takes. Where that fails, what was written
 * is dropped again; where even that fails, the next server does it.
 *
 * @returns the file's number.
 * @throws StoreError; what `source` throws.
 */
export async function storeFile(store: Store, source: ByteSource, atMs: number): Promise<number> {
	let file: number | undefined;
	try {
		let stored = 0;
		let batch: Uint8Array[] = [];
		const flush = async (): Promise<number> => {
			const own = await store.write(async (tx) => {
				const own = file ?? (await tx.addFile(atMs));
				for (const [i, piece] of batch.entries()) await tx.addPiece(own, stored + i, piece);
				return own;
			});
			stored += batch.length;
			batch = [];
			return own;
		};
		for await (const piece of inPieces(source)) {
			batch.push(piece);
			if (batch.length === WRITE_MAX) file = await flush();
		}
		if (batch.length > 0 || file === undefined) file = await flush();
		return file;
	} catch (error) {
		if (file !== undefined) await discardFile(store, file).catch(() => undefined);
		throw error;
	}
}

/** Drops a file that nothing refers to, in as many transactions as it takes. @throws StoreError. */
export async function discardFile(store: Store, file: number): Promise<void> {
	while (!(await store.write((tx) => tx.dropFile(file)))) await others();
}

/**
 * A file's pieces, each read by itself; other work of this process has its turn between two of them.
 *
 * @param size - of the file.
 * @throws StoreError, `corrupt` where a piece is not as it was written.
 */
export async function* storedFile(
	store: Store,
	file: number,
	size: number,
): AsyncGenerator<Uint8Array, void, void> {
	for (let index = 0; index * PIECE_SIZE < size; index++) {
		if (index > 0) await others();
		yield checkedPiece(await store.read((tx) => tx.piece(file, index)), file, index, size);
	}
}

/** @throws StoreError `corrupt` where `piece` cannot be that of a file of `size` bytes. */
export function checkedPiece(
	piece: Uint8Array | undefined,
	file: number,
	index: number,
	size: number,
): Uint8Array {
	if (piece?.length !== Math.min(PIECE_SIZE, size - index * PIECE_SIZE))
		throw new StoreError("corrupt", `piece ${index} of file ${file} is missing or damaged`);
	return piece;
}
