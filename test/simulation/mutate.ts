/** Runs the simulation on code with a deliberate mistake, until a checker sees it. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { RunResult } from "../../host-sim/simulation/run.js";
import type { Change } from "./mutating-loader.js";

/** A mistake in the code: one place of one compiled file is changed. */
export interface Mutant {
	readonly name: string;
	/** Who reports it, before any other checker does. */
	readonly checker: string;
	/** Relative to build/. */
	readonly file: string;
	/** Is there exactly once. */
	readonly find: string;
	readonly replace: string;
	/** What goes wrong. */
	readonly why: string;
	/** Takes too many seeds for every `npm test`: only `npm run mutants` runs it. */
	readonly isRare?: true;
}

const BUILD = new URL("../../", import.meta.url);
const RUN = fileURLToPath(new URL("mutated-run.js", import.meta.url));

/** @returns the first run of seeds 1 to `seedsMax` that violates something. */
export async function firstViolation(
	{ file, find, replace }: Pick<Mutant, "file" | "find" | "replace">,
	seedsMax: number,
): Promise<RunResult | undefined> {
	const change: Change = { url: new URL(file, BUILD).href, find, replace };
	const { stdout } = await promisify(execFile)(process.execPath, [
		RUN,
		JSON.stringify(change),
		String(seedsMax),
	]);
	return (JSON.parse(stdout) as RunResult | null) ?? undefined;
}
