/** Reading a file that the command line names: with a bound, and with complaints that a person understands. */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { CommandFailure, EXIT } from "./failure.js";

const PIECE_SIZE = 64 * 1024;

/**
 * @param what - what the file should be: "a parameter file".
 * @param sizeMax - bytes.
 * @throws {@link CommandFailure} `missing`, `unreadable` or `size`; exit status 3.
 */
export function readInput(file: string, what: string, sizeMax: number): Uint8Array {
	let descriptor: number | undefined;
	try {
		descriptor = openSync(file, "r");
		if (fstatSync(descriptor).isDirectory())
			throw refused("unreadable", `${file} is a directory: name ${what}`);
		return readUpTo(descriptor, sizeMax, () =>
			refused("size", `${file} has more than ${sizeMax} bytes: it is not ${what}`),
		);
	} catch (error) {
		if (error instanceof CommandFailure) throw error;
		throw systemRefusal(file, what, error as NodeJS.ErrnoException);
	} finally {
		if (descriptor !== undefined) closeSync(descriptor);
	}
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

function systemRefusal(file: string, what: string, error: NodeJS.ErrnoException): CommandFailure {
	if (error.code === "ENOENT") return refused("missing", `${file} is not there: name ${what}`);
	if (error.code === "EACCES") return refused("unreadable", `${file} may not be read by this user`);
	return refused("unreadable", `${file} cannot be read: ${error.message}`);
}

function refused(code: string, message: string): CommandFailure {
	return new CommandFailure(EXIT.input, code, message);
}

/** Puts the file's name before the message of an error that names a line. */
export function inFile<T>(file: string, work: () => T): T {
	try {
		return work();
	} catch (error) {
		if (error instanceof Error && "line" in error) error.message = `${file}: ${error.message}`;
		throw error;
	}
}
