/**
 * Changing a plant directory: one process at a time, and the whole of a change or nothing of it.
 *
 *   plant.lock           an empty file; who changes the plant holds SQLite's lock on it, which ends with the process
 *   .change.new/         a change that is being written: never read, removed by the next one
 *   .change/             a change that counts: its files as 0, 1, …
 *   .change/list.json    {"format": 1, "paths": [where each of them belongs, …]}
 *
 * A change counts from the moment `.change.new` is renamed to `.change`. Moving its files to their places can be done
 * again, so whoever finds `.change` after a process was killed finishes it ({@link settlePlant}). Files are replaced
 * or added, never removed.
 */
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import Database from "better-sqlite3";
import { KeysError } from "./errors.js";
import {
	attempt,
	type Files,
	flushDirectory,
	PRIVATE_DIRECTORY,
	PRIVATE_FILE,
	PUBLIC_FILE,
	readJson,
	touch,
	writeDurably,
} from "./files.js";

/** How long a change of another process is waited for; enrolling hundreds of stations takes minutes. */
export const LOCK_WAIT_MS = 30_000;
const LOCK_POLL_MS = 50;
/** Files of one change: every file of every bundle, and the plant's own. */
const CHANGE_FILES_MAX = 10_000;

/**
 * Makes one change. `work` reads the plant as it is and says which files there shall be; while it runs no other
 * process changes the plant.
 *
 * @param directory - a plant directory.
 * @param work - `files` by path inside the directory.
 * @throws {@link KeysError} `busy` where another process goes on for longer than `waitMs`, `io`; whatever `work`
 *   throws. Nothing is changed then.
 */
export async function changePlant<T>(
	directory: string,
	work: () => Promise<{ readonly files: Files; readonly result: T }>,
	waitMs = LOCK_WAIT_MS,
): Promise<T> {
	const unlock = await lock(directory, waitMs);
	try {
		finish(directory);
		const { files, result } = await work();
		stage(directory, files);
		finish(directory);
		return result;
	} finally {
		unlock();
	}
}

/**
 * Finishes a change whose process was killed.
 *
 * @throws {@link KeysError} `busy` where a change is being made just now: ask again; `io`, `invalid`.
 */
export function settlePlant(directory: string): void {
	if (!existsSync(join(directory, ".change"))) return;
	const unlock = tryLock(directory);
	if (!unlock) throw busy(directory);
	try {
		finish(directory);
	} finally {
		unlock();
	}
}

/** Writes a change beside the plant, and lets it count. */
function stage(directory: string, files: Files): void {
	const staging = join(directory, ".change.new");
	const paths = Object.keys(files);
	attempt(staging, () => {
		rmSync(staging, { recursive: true, force: true });
		try {
			mkdirSync(staging, { mode: PRIVATE_DIRECTORY });
			for (const [at, { bytes, mode }] of Object.values(files).entries())
				writeDurably(join(staging, String(at)), bytes, mode);
			const list = `${JSON.stringify({ format: 1, paths })}\n`;
			writeDurably(join(staging, "list.json"), list, PUBLIC_FILE);
			flushDirectory(staging);
			renameSync(staging, join(directory, ".change"));
		} catch (error) {
			rmSync(staging, { recursive: true, force: true });
			throw error;
		}
		flushDirectory(directory);
	});
}

/** Moves the files of a change that counts to their places; may be cut off and done again. */
function finish(directory: string): void {
	const change = join(directory, ".change");
	if (!existsSync(change)) return;
	const list = join(change, "list.json");
	attempt(change, () => {
		const changed = new Set<string>();
		for (const [at, path] of (existsSync(list) ? readPaths(list) : []).entries()) {
			const from = join(change, String(at));
			const to = join(directory, path);
			changed.add(dirname(to));
			if (!existsSync(from)) continue;
			mkdirSync(dirname(to), { recursive: true, mode: PRIVATE_DIRECTORY });
			renameSync(from, to);
		}
		for (const each of changed) flushDirectory(each);
		// Without its list nothing of it is left to do.
		rmSync(list, { force: true });
		rmSync(change, { recursive: true, force: true });
		flushDirectory(directory);
	});
}

function readPaths(list: string): string[] {
	const { format, paths } = readJson(list);
	const isOurs = (path: unknown): boolean =>
		typeof path === "string" && normalize(path) === path && !/^(\/|\.\.)/.test(path);
	if (format !== 1 || !Array.isArray(paths) || paths.length > CHANGE_FILES_MAX)
		throw new KeysError("invalid", `${list}: not the list of a change`);
	if (!paths.every(isOurs)) throw new KeysError("invalid", `${list}: a path leads elsewhere`);
	return paths as string[];
}

async function lock(directory: string, waitMs: number): Promise<() => void> {
	const untilMs = performance.now() + waitMs;
	for (;;) {
		const unlock = tryLock(directory);
		if (unlock) return unlock;
		if (performance.now() >= untilMs) throw busy(directory);
		await sleep(LOCK_POLL_MS);
	}
}

/** @returns what gives the lock back, or `undefined` where another process, or another call, has it. */
function tryLock(directory: string): (() => void) | undefined {
	const file = join(directory, "plant.lock");
	touch(file, PRIVATE_FILE);
	let database: Database.Database | undefined;
	try {
		database = new Database(file, { timeout: 0 });
		database.exec("begin exclusive");
	} catch (error) {
		database?.close();
		const { code, message } = error as Error & { code?: unknown };
		if (/^SQLITE_(BUSY|LOCKED)/.test(String(code))) return undefined;
		if (code === "SQLITE_NOTADB")
			throw new KeysError("invalid", `${file} should be empty and is not: remove it`);
		throw new KeysError("io", `${file}: ${message}`, { cause: error });
	}
	const held = database;
	return () => {
		held.exec("rollback");
		held.close();
	};
}

function busy(directory: string): KeysError {
	return new KeysError(
		"busy",
		`${directory} is being changed by another command: try again when that has ended`,
	);
}
