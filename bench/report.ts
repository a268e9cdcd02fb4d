/**
 * What a bench reports: figures of ours, each beside a rival or a limit that was measured in the same run, so that a
 * slower or busier machine moves both; and curves, with the rivals in the same plot.
 */
import { table } from "../host-sim/line/table.js";
import { type Summary, summary } from "./measure.js";
import { type Measure, TARGETS } from "./targets.js";

export interface Figure {
	/** What was measured. */
	readonly figure: string;
	readonly ours: Summary;
	/** Of both numbers. */
	readonly unit: string;
	/** The rival or the limit, in words; left out where there is none. */
	readonly against?: string;
	readonly rival?: Summary;
	/** Ours as a part of the rival's; taken round by round where both ran in rounds. */
	readonly ratio?: Summary;
}

export interface Axis {
	readonly label: string;
	/** `B`: shown as B, KiB, MiB. */
	readonly unit: string;
	readonly isLogarithmic: boolean;
}

export interface Series {
	readonly name: string;
	/** Ours are drawn in one colour and rivals in others. */
	readonly isOurs: boolean;
	readonly points: readonly { readonly x: number; readonly y: Summary }[];
}

export interface Curve {
	readonly title: string;
	readonly x: Axis;
	readonly y: Axis;
	readonly series: readonly Series[];
}

export interface Report {
	readonly bench: string;
	readonly claim: string;
	readonly figures: readonly Figure[];
	readonly curves: readonly Curve[];
	readonly measures: readonly Measure[];
	/** What the figures depend on: sizes, counts, versions. */
	readonly conditions: Readonly<Record<string, string | number>>;
}

/** `full`: minutes; `quick`: every measure in seconds; `smoke`: only that it runs and that its checks hold. */
export type BenchSize = "full" | "quick" | "smoke";

export interface BenchRun {
	readonly size: BenchSize;
	/** What is being done, for whoever waits. */
	readonly progress: (doing: string) => void;
}

export type Bench = (run: BenchRun) => Promise<Report>;

/** A number that was counted, not sampled. */
export function exact(value: number): Summary {
	return summary([value]);
}

export function digits(value: number): string {
	const size = Math.abs(value);
	if (size >= 100 || Number.isInteger(value)) return value.toFixed(0);
	return value.toFixed(size >= 10 ? 1 : size >= 0.1 ? 2 : 3);
}

/** `4 KiB`; for axes and tables whose unit is bytes. */
export function binary(bytes: number): string {
	const step = bytes >= 1 << 20 ? 1 << 20 : bytes >= 1024 ? 1024 : 1;
	return `${digits(bytes / step)} ${step === 1 ? "B" : step === 1024 ? "KiB" : "MiB"}`;
}

export function amount(value: number, unit: string): string {
	if (unit === "B" && Math.abs(value) >= 10_240) return binary(value);
	return unit === "" ? digits(value) : `${digits(value)} ${unit}`;
}

/** `12.3 ms (11.9 to 13.0)`; the median alone where it was counted once. */
export function withSpread({ median, low, high, samples }: Summary, unit: string): string {
	const text = amount(median, unit);
	if (samples === 1) return text;
	const bound = (value: number) => (unit === "B" ? amount(value, unit) : digits(value));
	return `${text} (${bound(low)} to ${bound(high)})`;
}

/** Cells of a table of figures, for the terminal and for the page. */
export function figureRows(figures: readonly Figure[]): string[][] {
	return figures.map(({ figure, ours, unit, against, rival, ratio }) => [
		figure,
		withSpread(ours, unit),
		rival ? withSpread(rival, unit) : "",
		ratio ? withSpread(ratio, "") : ratioOf(ours, rival),
		against ?? "",
	]);
}

function ratioOf(ours: Summary, rival: Summary | undefined): string {
	return rival ? (ours.median / rival.median).toFixed(2) : "";
}

/** Heading and rows of a curve: one column a series. */
export function curveTable({ x, y, series }: Curve): { heading: string[]; rows: string[][] } {
	const xs = [...new Set(series.flatMap(({ points }) => points.map((point) => point.x)))];
	const at = (of: Series, value: number) => of.points.find((point) => point.x === value)?.y;
	return {
		heading: [x.label, ...series.map(({ name }) => `${name}, ${y.unit}`)],
		rows: xs
			.sort((a, b) => a - b)
			.map((value) => [
				x.unit === "B" ? binary(value) : digits(value),
				...series.map((each) => {
					const found = at(each, value);
					return found ? withSpread(found, "") : "-";
				}),
			]),
	};
}

/** The report for people. */
export function show(report: Report): string {
	const parts = [`${report.bench}: ${report.claim}`];
	if (report.figures.length > 0)
		parts.push(
			table(["", ">ours", ">against", ">ratio", "against what"], figureRows(report.figures)),
		);
	for (const curve of report.curves) {
		const { heading, rows } = curveTable(curve);
		parts.push(
			`${curve.title}\n${table(
				heading.map((name) => `>${name}`),
				rows,
			)}`,
		);
	}
	const conditions = Object.entries(report.conditions).map(([name, value]) => `${name} ${value}`);
	parts.push(`(${conditions.join(", ")})`);
	return parts.join("\n\n");
}

/** The targets and whether they were met. */
export function showMeasures(measures: readonly Measure[]): string {
	return table(["measure", ">value", "spread", "target", "", "of"], measureRows(measures));
}

export function measureRows(measures: readonly Measure[]): string[][] {
	return measures.map(({ id, value, spread, unit, target, met }) => [
		id,
		`${digits(value)} ${unit}`,
		spread.samples === 1
			? "counted"
			: `${digits(spread.low)} to ${digits(spread.high)}, ${spread.of} of ${spread.samples}`,
		target,
		met ? "met" : "missed",
		TARGETS[id].what,
	]);
}
