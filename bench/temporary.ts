/** What a bench leaves behind where it is interrupted: nothing. Directories and processes end with this process. */
import type { ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const left = new Set<() => void>();
process.on("exit", () => {
	for (const end of left) end();
});

/** @returns a new directory, and what removes it; called twice it does nothing. */
export function temporaryDirectory(parent: string = tmpdir()): {
	readonly path: string;
	readonly remove: () => void;
} {
	const path = mkdtempSync(join(parent, "interlock-bench-"));
	const remove = () => {
		left.delete(remove);
		rmSync(path, { recursive: true, force: true });
	};
	left.add(remove);
	return { path, remove };
}

/** Works in a new directory, which is removed afterwards. */
export async function inDirectory<T>(work: (directory: string) => Promise<T>): Promise<T> {
	const { path, remove } = temporaryDirectory();
	try {
		return await work(path);
	} finally {
		remove();
	}
}

/** Whatever happens, the child ends with this process. */
export function endsWithThis(child: ChildProcess): void {
	const end = () => void child.kill("SIGKILL");
	left.add(end);
	child.once("exit", () => left.delete(end));
}
