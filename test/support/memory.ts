/** Looks for secrets in the memory of a running process, as whoever had the board would. */

import { closeSync, openSync, readFileSync, readSync } from "node:fs";

/** A half of a key counts, because a freed block's first bytes are soon overwritten. */
export const HALF = 16;

export interface Region {
	/** What /proc/PID/maps calls it, such as `[stack]`; empty for anonymous memory. */
	readonly name: string;
	readonly bytes: Buffer;
}

/** The memory that process `pid` can write. */
export function* memoryOf(pid: number): Generator<Region> {
	const memory = openSync(`/proc/${pid}/mem`, "r");
	try {
		for (const line of readFileSync(`/proc/${pid}/maps`, "utf8").split("\n")) {
			const range = /^(\w+)-(\w+) rw\S+ \S+ \S+ \S+ *(.*)/.exec(line);
			if (!range) continue;
			const from = BigInt(`0x${range[1]}`);
			const bytes = Buffer.alloc(Number(BigInt(`0x${range[2]}`) - from));
			readSync(memory, bytes, 0, bytes.length, from);
			yield { name: range[3] ?? "", bytes };
		}
	} finally {
		closeSync(memory);
	}
}

/** @returns in order, the names of those of which a half is in the process's regions that `regions` describes. */
export function found(
	pid: number,
	wanted: Readonly<Record<string, Uint8Array>>,
	regions = /^/,
): string[] {
	const names = new Set<string>();
	for (const region of memoryOf(pid))
		for (const [name, secret] of regions.test(region.name) ? Object.entries(wanted) : [])
			for (let at = 0; at + HALF <= secret.length; at += HALF)
				if (region.bytes.indexOf(secret.subarray(at, at + HALF)) !== -1) names.add(name);
	return [...names].sort();
}
