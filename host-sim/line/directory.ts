/** Making a directory with its parents, private to its owner. */
import { existsSync, mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Instead of Node's own `recursive`, which never returns where a file system takes no directory (/proc).
 *
 * @throws the system's error.
 */
export function makeDirectories(path: string): void {
	try {
		mkdirSync(path, 0o700);
	} catch (error) {
		const { code } = error as NodeJS.ErrnoException;
		if (code === "EEXIST" && statSync(path).isDirectory()) return;
		const parent = dirname(path);
		if (code !== "ENOENT" || existsSync(parent)) throw error;
		makeDirectories(parent);
		mkdirSync(path, 0o700);
	}
}
