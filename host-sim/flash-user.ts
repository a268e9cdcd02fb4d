/** Which process has a flash image open: a board's process locks its image (host-sim/xs/flash.c) for as long as it lives. */
import { readdirSync, readFileSync, statSync } from "node:fs";

/**
 * Linux alone tells: by /proc/locks, whose device numbers are not those of every file system, so the process's
 * open files are compared.
 *
 * @returns the process's id; `undefined` for none, or none that may be looked at.
 */
export function flashUser(file: string): number | undefined {
	const image = attempt(() => statSync(file));
	if (image === undefined) return undefined;
	const locks = attempt(() => readFileSync("/proc/locks", "utf8")) ?? "";
	for (const line of locks.split("\n")) {
		const [, kind, , , pid, place] = line.trim().split(/\s+/);
		if (kind !== "FLOCK" || pid === undefined) continue;
		if (place?.split(":")[2] === String(image.ino) && hasOpen(Number(pid), image))
			return Number(pid);
	}
	return undefined;
}

function hasOpen(pid: number, { dev, ino }: { dev: number; ino: number }): boolean {
	const descriptors = attempt(() => readdirSync(`/proc/${pid}/fd`)) ?? [];
	return descriptors.some((descriptor) => {
		const open = attempt(() => statSync(`/proc/${pid}/fd/${descriptor}`));
		return open?.dev === dev && open.ino === ino;
	});
}

/** What cannot be read, a process that has just ended for instance, tells nothing. */
function attempt<T>(work: () => T): T | undefined {
	try {
		return work();
	} catch {
		return undefined;
	}
}
