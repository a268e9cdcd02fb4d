/**
 * The benches: runs those that are named, or all, one after another, and hands out what they measured. What is
 * printed is bin/commands/bench.ts's.
 */

import { describeMachine, type Machine } from "./machine.js";
import { check } from "./measure.js";
import { closeClients } from "./plain-client.js";
import type { Bench, BenchSize, Report } from "./report.js";
import type { Measure, MeasureId } from "./targets.js";

interface Entry {
	readonly load: () => Promise<Bench>;
	/** What it gives unless it is only a smoke test. */
	readonly ids: readonly MeasureId[];
}

const BENCHES: Readonly<Record<string, Entry>> = {
	aead: { load: async () => (await import("./aead.js")).aead, ids: ["open-xs"] },
	transfer: { load: async () => (await import("./transfer.js")).transfer, ids: ["transfer"] },
	"transfer-xs": {
		load: async () => (await import("./transfer-xs.js")).transferOnXs,
		ids: ["memory-flat"],
	},
	segments: { load: async () => (await import("./segments.js")).segments, ids: [] },
	attempt: { load: async () => (await import("./attempt.js")).attempt, ids: ["attempt"] },
	session: { load: async () => (await import("./session.js")).session, ids: [] },
	bytes: {
		load: async () => (await import("./bytes.js")).bytes,
		ids: ["bytes-file", "bytes-message"],
	},
	paper: {
		load: async () => (await import("./paper.js")).paper,
		ids: ["transfer-paper", "attempt-paper"],
	},
	line: { load: async () => (await import("./line.js")).line, ids: [] },
	memory: { load: async () => (await import("./memory.js")).memory, ids: ["memory-station"] },
};

export const BENCH_NAMES: readonly string[] = Object.keys(BENCHES);

/** Those that give a promised number: what a quick run is about. */
export const QUICK_NAMES = BENCH_NAMES.filter((name) => (BENCHES[name]?.ids.length ?? 0) > 0);

/** What one call measured. */
export interface Suite {
	readonly machine: Machine;
	readonly size: BenchSize;
	readonly reports: readonly Report[];
	readonly measures: readonly Measure[];
}

export interface SuiteOptions {
	readonly names: readonly string[];
	readonly size: BenchSize;
	/** What is being done, for whoever waits. */
	readonly progress: (doing: string) => void;
	readonly onReport: (report: Report) => void;
}

/** @throws BenchError where a check did not hold. */
export async function runBench(
	name: string,
	size: BenchSize,
	progress: (doing: string) => void = () => undefined,
): Promise<Report> {
	const bench = BENCHES[name];
	if (bench === undefined) throw new Error(`no bench is called ${name}`);
	const run = await bench.load();
	const report = await run({ size, progress: (doing) => progress(`${name}: ${doing}`) }).finally(
		closeClients,
	);
	const given = report.measures.map(({ id }) => id);
	const missing = bench.ids.filter((id) => !given.includes(id));
	check(size === "smoke" || missing.length === 0, `${name} did not measure ${missing.join()}`);
	return report;
}

/** @throws BenchError where a check did not hold. */
export async function runSuite(options: SuiteOptions): Promise<Suite> {
	const { names, size, progress, onReport } = options;
	const reports: Report[] = [];
	for (const name of names) {
		const report = await runBench(name, size, progress);
		reports.push(report);
		onReport(report);
	}
	const measures = reports.flatMap((report) => report.measures);
	return { machine: describeMachine(), size, reports, measures };
}
