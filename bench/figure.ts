/**
 * What a bench reports: figures of ours, each beside a rival or a limit that was measured in the same run, so
 * that a slower or busier machine moves both.
 */
import { table } from "../host-sim/line/table.js";

export interface Figure {
	/** What was measured. */
	readonly figure: string;
	readonly ours: number;
	/** Of both numbers. */
	readonly unit: string;
	/** The rival or the limit, in words. */
	readonly against: string;
	readonly rival: number;
}

export interface Report {
	readonly bench: string;
	readonly claim: string;
	readonly figures: readonly Figure[];
	/** What the figures depend on: sizes, counts, versions. */
	readonly conditions: Readonly<Record<string, string | number>>;
}

/** `full` takes up to a minute or so; `smoke` only shows that it runs and that its checks hold. */
export type BenchSize = "full" | "smoke";

export type Bench = (size: BenchSize) => Promise<Report>;

/** What was measured is not what should have been measured: the figures would mean nothing. */
export class BenchError extends Error {
	override readonly name = "BenchError";
}

export function check(condition: boolean, what: string): asserts condition {
	if (!condition) throw new BenchError(what);
}

/** Ours as a part of the rival's; for times below 1 is faster, for throughput above 1 is. */
export function ratio({ ours, rival }: Figure): number {
	return ours / rival;
}

/** @param share - 0 to 1; 0.5 is the median. @throws {@link BenchError} where there is no sample. */
export function quantile(samples: readonly number[], share: number): number {
	const sorted = [...samples].sort((a, b) => a - b);
	const value = sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
	check(value !== undefined, "no sample");
	return value;
}

function digits(value: number): string {
	const whole = Math.abs(value) >= 100 || Number.isInteger(value);
	return value.toFixed(whole ? 0 : Math.abs(value) >= 10 ? 1 : 2);
}

export function show(report: Report): string {
	const rows = report.figures.map((each) => [
		each.figure,
		`${digits(each.ours)} ${each.unit}`,
		`${digits(each.rival)} ${each.unit}`,
		ratio(each).toFixed(2),
		each.against,
	]);
	const conditions = Object.entries(report.conditions).map(([name, value]) => `${name} ${value}`);
	return [
		`${report.bench}: ${report.claim}`,
		table(["", ">ours", ">against", ">ratio", "against what"], rows),
		`(${conditions.join(", ")})`,
	].join("\n");
}
