/** A run in one line: a hash of everything that was seen, bytes and instants included. */
import { createHash } from "node:crypto";
import type { Seen } from "../../host-sim/simulation/checks/checker.js";
import { type RunOptions, runSeed } from "../../host-sim/simulation/run.js";
import { hex } from "../../modules/bytes/bytes.js";

export function textOf(seen: unknown): string {
	return JSON.stringify(seen, (_key, value: unknown) =>
		value instanceof Uint8Array ? hex(value) : value,
	);
}

/** Fails where the run violates something. */
export async function digestOf(seed: number): Promise<string> {
	const hash = createHash("sha256");
	await watch(seed, {}, (atMs, seen) => hash.update(`${atMs} ${textOf(seen)}\n`));
	return hash.digest("hex");
}

export async function watch(
	seed: number,
	options: RunOptions,
	onSeen: (atMs: number, seen: Seen) => void,
): Promise<void> {
	const { violation } = await runSeed(seed, { ...options, onSeen });
	if (violation) throw new Error(`seed ${seed}: ${violation.checker}: ${violation.why}`);
}
