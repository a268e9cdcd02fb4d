/** Reading a file that the command line names: with a bound, and with complaints that a person understands. */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import type { RecipeSource } from "../../server/recipe-source.js";
import { CommandFailure, EXIT } from "./failure.js";

const PIECE_SIZE = 64 * 1024;
/** Bytes of what cannot be read twice, a pipe for instance: it is held whole. */
const UNSEEKABLE_SIZE_MAX = 16 * 1024 * 1024;

/** An open file: its size, and its bytes as often as they are wanted. */
export interface Input extends RecipeSource {
	close(): void;
}

/**
 * @param what - what the file should be: "a parameter file".
 * @param sizeMax - bytes.
 * @throws {@link CommandFailure} `missing`, `unreadable` or `size`; while it is read `unreadable`, or `changed` where it
 *   grows or shrinks. Exit status 3.
 */
export function openInput(file: string, what: string, sizeMax: number): Input {
	const descriptor = opened(file, what);
	try {
		return guarded(file, what, () => {
			const stats = fstatSync(descriptor);
			// What the system makes up says that it has no bytes, and has some.
			const isSeekable = stats.isFile() && stats.size > 0;
			const tooLarge = () => tooLargeRefusal(file, what, isSeekable, sizeMax);
			if (isSeekable) {
				if (stats.size > sizeMax) throw tooLarge();
				const read = () => readFrom(descriptor, file, what, stats.size);
				return { size: stats.size, read, close: () => closeSync(descriptor) };
			}
			const bytes = readUpTo(descriptor, Math.min(sizeMax, UNSEEKABLE_SIZE_MAX), tooLarge);
			return { size: bytes.length, read: () => [bytes], close: () => closeSync(descriptor) };
		});
	} catch (error) {
		closeSync(descriptor);
		throw error;
	}
}

/** A small file, whole. @throws As {@link openInput}. */
export function readInput(file: string, what: string, sizeMax: number): Uint8Array {
	const descriptor = opened(file, what);
	try {
		const tooLarge = () => tooLargeRefusal(file, what, true, sizeMax);
		return guarded(file, what, () => readUpTo(descriptor, sizeMax, tooLarge));
	} finally {
		closeSync(descriptor);
	}
}

function opened(file: string, what: string): number {
	return guarded(file, what, () => {
		const descriptor = openSync(file, "r");
		if (!fstatSync(descriptor).isDirectory()) return descriptor;
		closeSync(descriptor);
		throw refused("unreadable", `${file} is a directory: name ${what}`);
	});
}

/** A pipe has no size beforehand: it is read a piece at a time. */
function readUpTo(descriptor: number, sizeMax: number, tooLarge: () => Error): Uint8Array {
	const pieces: Uint8Array[] = [];
	let total = 0;
	for (;;) {
		const piece = new Uint8Array(PIECE_SIZE);
		const count = readSync(descriptor, piece);
		if (count === 0) return Buffer.concat(pieces, total);
		total += count;
		if (total > sizeMax) throw tooLarge();
		pieces.push(piece.subarray(0, count));
	}
}

function* readFrom(
	descriptor: number,
	file: string,
	what: string,
	size: number,
): Generator<Uint8Array, void, void> {
	const changed = () => refused("changed", `${file} changed while it was read: try again`);
	for (let at = 0; at < size; ) {
		const piece = new Uint8Array(Math.min(PIECE_SIZE, size - at));
		const count = guarded(file, what, () => readSync(descriptor, piece, 0, piece.length, at));
		if (count === 0) throw changed();
		at += count;
		yield piece.subarray(0, count);
	}
	if (guarded(file, what, () => readSync(descriptor, new Uint8Array(1), 0, 1, size)) > 0)
		throw changed();
}

function guarded<T>(file: string, what: string, work: () => T): T {
	try {
		return work();
	} catch (error) {
		if (error instanceof CommandFailure) throw error;
		throw systemRefusal(file, what, error as NodeJS.ErrnoException);
	}
}

function tooLargeRefusal(
	file: string,
	what: string,
	isSeekable: boolean,
	sizeMax: number,
): CommandFailure {
	if (isSeekable || sizeMax <= UNSEEKABLE_SIZE_MAX)
		return refused("size", `${file} has more than ${sizeMax} bytes: it is not ${what}`);
	const advice = `give ${what} of that size as a file on a disk`;
	return refused("size", `${file} has more than ${UNSEEKABLE_SIZE_MAX} bytes: ${advice}`);
}

function systemRefusal(file: string, what: string, error: NodeJS.ErrnoException): CommandFailure {
	if (error.code === "ENOENT") return refused("missing", `${file} is not there: name ${what}`);
	if (error.code === "EACCES") return refused("unreadable", `${file} may not be read by this user`);
	return refused("unreadable", `${file} cannot be read: ${error.message}`);
}

function refused(code: string, message: string): CommandFailure {
	return new CommandFailure(EXIT.input, code, message);
}

/** Puts the file's name before the message of an error that names a line. */
export async function inFile<T>(file: string, work: () => T | Promise<T>): Promise<T> {
	try {
		return await work();
	} catch (error) {
		if (error instanceof Error && "line" in error) error.message = `${file}: ${error.message}`;
		throw error;
	}
}
