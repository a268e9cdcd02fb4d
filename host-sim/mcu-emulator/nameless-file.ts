/** A file without a name, for what a child process reads through an inherited descriptor: nothing is left behind. */
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** @param use - is given an open file with these bytes, which is closed behind it. */
export function withNamelessFile<T>(bytes: Uint8Array, use: (descriptor: number) => T): T {
	const folder = mkdtempSync(join(tmpdir(), "interlock-chip-"));
	let descriptor: number | undefined;
	try {
		descriptor = openSync(join(folder, "file"), "wx+");
		rmSync(folder, { recursive: true });
		writeFileSync(descriptor, bytes);
		return use(descriptor);
	} finally {
		if (descriptor !== undefined) closeSync(descriptor);
		rmSync(folder, { recursive: true, force: true });
	}
}
