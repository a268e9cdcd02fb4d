/**
 * Files of a plant directory: read with a bound, written whole or not at all, private where they must be.
 *
 * A write goes to a new file beside the old one, is flushed, and takes its name; where it fails, nothing of it stays,
 * and what a killed one left is removed by the next. Leaves out: locking, and changes of several files (change.ts).
 */
import {
	chmodSync,
	closeSync,
	existsSync,
	fstatSync,
	fsyncSync,
	mkdirSync,
	openSync,
	readdirSync,
	readFileSync,
	renameSync,
	rmSync,
	writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { KeysError } from "./errors.js";

/** No file of a plant directory is larger: 1,024 users of the broker, or 1,025 epochs. */
export const FILE_SIZE_MAX = 1024 * 1024;
export const PRIVATE_FILE = 0o600;
export const PUBLIC_FILE = 0o644;
export const PRIVATE_DIRECTORY = 0o700;

/** What to do about what the operating system says. */
const ADVICE: Readonly<Record<string, string>> = {
	EACCES: ": it must be this user's to read and write",
	EPERM: ": it must be this user's to read and write",
	EROFS: ": choose a directory on another medium",
	ENOSPC: ": make room and try again",
	EDQUOT: ": make room and try again",
	EFBIG: ": make room and try again",
	ENOTDIR: ": a file is in the place of a directory",
	EEXIST: ": a file is in the place of a directory",
};

export interface FileContent {
	readonly bytes: Uint8Array | string;
	readonly mode: number;
}
/** By path inside a directory. */
export type Files = Readonly<Record<string, FileContent>>;

/** @throws {@link KeysError} `missing`, `io`, `invalid` (too large). */
export function readBytes(path: string): Uint8Array {
	return attempt(path, () => {
		const file = openSync(path, "r");
		try {
			if (fstatSync(file).size > FILE_SIZE_MAX)
				throw new KeysError("invalid", `${path}: larger than ${FILE_SIZE_MAX} bytes`);
			return new Uint8Array(readFileSync(file));
		} finally {
			closeSync(file);
		}
	});
}

export function readText(path: string): string {
	return new TextDecoder().decode(readBytes(path));
}

/** @returns the JSON object in a file. @throws {@link KeysError}; `invalid` where it holds anything else. */
export function readJson(path: string): Readonly<Record<string, unknown>> {
	let value: unknown;
	try {
		value = JSON.parse(readText(path));
	} catch (error) {
		if (error instanceof KeysError) throw error;
		throw new KeysError("invalid", `${path}: not JSON`, { cause: error });
	}
	if (typeof value !== "object" || value === null || Array.isArray(value))
		throw new KeysError("invalid", `${path}: not a JSON object`);
	return value as Readonly<Record<string, unknown>>;
}

/** Replaces one file, atomically and durably. */
export function writeFile(path: string, bytes: Uint8Array | string, mode: number): void {
	attempt(path, () => {
		const temporary = `${path}.new`;
		rmSync(temporary, { force: true });
		try {
			writeDurably(temporary, bytes, mode);
			renameSync(temporary, path);
		} catch (error) {
			rmSync(temporary, { force: true });
			throw error;
		}
		flushDirectory(dirname(path));
	});
}

/**
 * Makes a directory with all its files at once: either the whole of it appears, or nothing.
 *
 * @param files - by path inside the directory.
 * @throws {@link KeysError} `exists` where the directory is there and not empty.
 */
export function writeDirectory(path: string, files: Files): void {
	attempt(path, () => {
		if (existsSync(path) && readdirSync(path).length > 0)
			throw new KeysError("exists", `${path} is not empty: keys are never overwritten`);
		const parent = dirname(path);
		mkdirSync(parent, { recursive: true, mode: PRIVATE_DIRECTORY });
		const temporary = join(parent, `.${basename(path)}.new`);
		rmSync(temporary, { recursive: true, force: true });
		try {
			mkdirSync(temporary, { mode: PRIVATE_DIRECTORY });
			for (const [name, { bytes, mode }] of Object.entries(files)) {
				const file = join(temporary, name);
				mkdirSync(dirname(file), { recursive: true, mode: PRIVATE_DIRECTORY });
				writeDurably(file, bytes, mode);
				flushDirectory(dirname(file));
			}
			flushDirectory(temporary);
			renameSync(temporary, path);
		} catch (error) {
			rmSync(temporary, { recursive: true, force: true });
			throw error;
		}
		flushDirectory(parent);
	});
}

/** Makes a directory, and those above it, where there is none. @throws {@link KeysError} `io`. */
export function makeDirectory(path: string): void {
	attempt(path, () => mkdirSync(path, { recursive: true }));
}

/** Makes an empty file where there is none. @throws {@link KeysError} `io`, `missing` (its directory). */
export function touch(path: string, mode: number): void {
	attempt(path, () => closeSync(openSync(path, "a", mode)));
}

/** Makes a file and writes it through to the medium; throws what the operating system says. */
export function writeDurably(path: string, bytes: Uint8Array | string, mode: number): void {
	const file = openSync(path, "wx", mode);
	try {
		writeFileSync(file, bytes);
		fsyncSync(file);
	} finally {
		closeSync(file);
	}
	chmodSync(path, mode);
}

/** Makes new names in a directory outlast a power cut. */
export function flushDirectory(path: string): void {
	const directory = openSync(path, "r");
	try {
		fsyncSync(directory);
	} finally {
		closeSync(directory);
	}
}

/** Turns what the operating system says into a {@link KeysError} that names the file. */
export function attempt<T>(path: string, work: () => T): T {
	try {
		return work();
	} catch (error) {
		if (error instanceof KeysError) throw error;
		const { code, message } = error as NodeJS.ErrnoException;
		if (code === "ENOENT") throw new KeysError("missing", `${path}: not there`, { cause: error });
		throw new KeysError("io", `${path}: ${message}${ADVICE[code ?? ""] ?? ""}`, { cause: error });
	}
}
