/** Runs many seeds, on as many threads as the machine has cores. */
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { type FaultCounts, type FaultKind, noFaults } from "./census.js";
import type { RunResult } from "./run.js";
import type { Batch } from "./worker.js";

/** Seeds given to a thread at a time. */
const BATCH = 8;
/** Runs with a violation that are kept with their reason. */
export const FAILURES_MAX = 100;

export interface Seeds {
	readonly from: number;
	/** Included; without it, until the time is over. */
	readonly to: number;
	/** No seed is begun after so many milliseconds. */
	readonly durationMs: number;
	/** Real keys in place of modelled ones. */
	readonly isReal: boolean;
}

export interface Tally {
	readonly seeds: number;
	readonly violations: number;
	/** In the order in which they were found; the first {@link FAILURES_MAX}. */
	readonly failures: readonly RunResult[];
	readonly seedsPerMinute: number;
	/** Simulated. */
	readonly hours: number;
	readonly units: number;
	readonly finished: number;
	readonly rejected: number;
	readonly attempts: number;
	readonly messages: number;
	readonly faults: FaultCounts;
	/** Runs in which a station was in other hands. */
	readonly betrayed: number;
}

/** What is added up over all runs. */
const SUMS = [
	"durationMs",
	"units",
	"finished",
	"rejected",
	"attempts",
	"messages",
	"betrayed",
] as const;

type Totals = Record<(typeof SUMS)[number], number> & {
	seeds: number;
	violations: number;
	readonly failures: RunResult[];
	readonly faults: Record<FaultKind, number>;
};

/**
 * @param onProgress - called after each seed.
 * @param isStopped - no further seeds are begun where it says so.
 */
export async function runSeeds(
	seeds: Seeds,
	onProgress: (tally: Tally) => void = () => undefined,
	isStopped: () => boolean = () => false,
): Promise<Tally> {
	const startMs = performance.now();
	const totals: Totals = {
		seeds: 0,
		violations: 0,
		durationMs: 0,
		units: 0,
		finished: 0,
		rejected: 0,
		attempts: 0,
		messages: 0,
		betrayed: 0,
		failures: [],
		faults: noFaults(),
	};
	let next = seeds.from;
	const batch = (): Batch | undefined => {
		const isLate = performance.now() - startMs >= seeds.durationMs;
		if (next > seeds.to || isLate || isStopped()) return undefined;
		const from = next;
		next = Math.min(seeds.to + 1, from + BATCH);
		return { from, to: next - 1, isReal: seeds.isReal };
	};
	const tally = () => tallyOf(totals, performance.now() - startMs);
	const threads = Math.min(availableParallelism(), Math.ceil((seeds.to - seeds.from + 1) / BATCH));
	await Promise.all(
		Array.from({ length: threads }, () =>
			work(batch, (result) => {
				count(totals, result);
				onProgress(tally());
			}),
		),
	);
	return tally();
}

function work(
	batch: () => Batch | undefined,
	onResult: (result: RunResult) => void,
): Promise<void> {
	return new Promise((resolve, reject) => {
		const worker = new Worker(new URL("worker.js", import.meta.url));
		const go = (): void => {
			const seeds = batch();
			if (seeds) worker.postMessage(seeds);
			else void worker.terminate().then(() => resolve());
		};
		worker.on("message", (message: RunResult | "done") => {
			if (message === "done") go();
			else onResult(message);
		});
		worker.on("error", reject);
		go();
	});
}

function count(totals: Totals, result: RunResult): void {
	totals.seeds++;
	for (const sum of SUMS) totals[sum] += result[sum];
	for (const kind of Object.keys(totals.faults) as FaultKind[])
		totals.faults[kind] += result.faults[kind];
	if (!result.violation) return;
	totals.violations++;
	if (totals.failures.length < FAILURES_MAX) totals.failures.push(result);
}

function tallyOf(totals: Totals, elapsedMs: number): Tally {
	const { durationMs, ...rest } = totals;
	return {
		...rest,
		seedsPerMinute: Math.round((totals.seeds / elapsedMs) * 60_000),
		hours: Math.round(durationMs / 360_000) / 10,
	};
}
