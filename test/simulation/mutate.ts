/** Runs the simulation on the code of a mutant, until a checker sees something. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { RunResult } from "../../host-sim/simulation/run.js";
import type { Mutant } from "./mutant.js";
import type { Change } from "./mutating-loader.js";

/** Seeds within which each mutant must be seen. */
export const SEEDS_MAX = 300;
/** Runs at one time. */
const PROCESSES = 2;

const BUILD = new URL("../../", import.meta.url);
const RUN = fileURLToPath(new URL("mutated-run.js", import.meta.url));

/** The first run, of seeds from 1 on, that violates something; `undefined` where none does. */
export type Outcome = RunResult | undefined;

/** @throws Error where `find` is not in the file exactly once. */
export async function firstViolation(
	{ file, find, replace }: Pick<Mutant, "file" | "find" | "replace">,
	seedsMax: number,
): Promise<Outcome> {
	const change: Change = { url: new URL(file, BUILD).href, find, replace };
	const { stdout } = await promisify(execFile)(process.execPath, [
		RUN,
		JSON.stringify(change),
		String(seedsMax),
	]);
	return (JSON.parse(stdout) as RunResult | null) ?? undefined;
}

/** @param onOutcome - called for each mutant when it has been run, in whatever order they end; an error is one too. */
export async function runMutants(
	mutants: readonly Mutant[],
	seedsMax: number,
	onOutcome: (mutant: Mutant, outcome: Outcome | Error) => void,
): Promise<void> {
	const left = mutants.values();
	const work = async (): Promise<void> => {
		for (const mutant of left)
			onOutcome(mutant, await firstViolation(mutant, seedsMax).catch((error: Error) => error));
	};
	await Promise.all(Array.from({ length: PROCESSES }, work));
}

/** Why a mutant does not count as seen by who should see it, if so. */
export function faultOf(mutant: Mutant, outcome: Outcome | Error): string | undefined {
	if (outcome instanceof Error) return outcome.message;
	if (!outcome?.violation) return "no checker sees it";
	const { checker, why } = outcome.violation;
	return mutant.checkers.includes(checker) ? undefined : `${checker} sees it first: ${why}`;
}
