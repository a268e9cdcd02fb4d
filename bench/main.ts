/**
 * The benches: runs those that are named, or all, one after another, and hands out what they measured. What is
 * printed is bin/commands/bench.ts's.
 */
import { describeMachine, type Machine } from "./machine.js";
import type { Bench, BenchSize, Report } from "./report.js";
import type { Measure } from "./targets.js";

const BENCHES: Readonly<Record<string, () => Promise<Bench>>> = {
	aead: async () => (await import("./aead.js")).aead,
	transfer: async () => (await import("./transfer.js")).transfer,
	"transfer-xs": async () => (await import("./transfer-xs.js")).transferOnXs,
	segments: async () => (await import("./segments.js")).segments,
	attempt: async () => (await import("./attempt.js")).attempt,
	session: async () => (await import("./session.js")).session,
	bytes: async () => (await import("./bytes.js")).bytes,
	paper: async () => (await import("./paper.js")).paper,
	line: async () => (await import("./line.js")).line,
	memory: async () => (await import("./memory.js")).memory,
};

export const BENCH_NAMES: readonly string[] = Object.keys(BENCHES);

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
	const load = BENCHES[name];
	if (load === undefined) throw new Error(`no bench is called ${name}`);
	return await (await load())({ size, progress: (doing) => progress(`${name}: ${doing}`) });
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
