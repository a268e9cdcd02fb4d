/** What the fuzzer shows of its subjects: a line while it runs, a table at its end. */
import { printLine } from "../../bin/commands/output.js";
import type { Fuzzer } from "./fuzzer.js";

/** What came of one subject. `ran`, `of`: characters of compiled code that ran, and of all functions entered. */
export interface Row {
	readonly subject: string;
	readonly inputs: number;
	readonly perSecond: number;
	readonly ran: number;
	readonly of: number;
	readonly refusals: number;
	readonly kept: number;
	readonly found?: { readonly error: string; readonly input: string; readonly repeat: string };
}

export function rowOf(subject: string, fuzzer: Fuzzer, elapsedMs: number): Row {
	const { inputs, refusals, kept, reached } = fuzzer;
	const perSecond = Math.round((1000 * inputs) / elapsedMs);
	return { subject, inputs, perSecond, ...reached, refusals, kept: kept.length };
}

export function lineOf({ subject, inputs, perSecond, ran, of, refusals, kept }: Row): string {
	const code = `${ran} of ${of} characters of code`;
	return `${subject}: ${inputs} inputs, ${perSecond}/s, ${code}, ${refusals} refusals, ${kept} kept`;
}

export function printTable(rows: readonly Row[]): void {
	const cells = [
		["subject", "inputs", "inputs/s", "code", "refusals", "kept", "found"],
		...rows.map((row) =>
			[
				row.subject,
				row.inputs,
				row.perSecond,
				`${((100 * row.ran) / row.of).toFixed(1)} %`,
				row.refusals,
				row.kept,
				row.found ? "yes" : "nothing",
			].map(String),
		),
	];
	const widths =
		cells[0]?.map((_, i) => Math.max(...cells.map((row) => row[i]?.length ?? 0))) ?? [];
	for (const row of cells)
		printLine(
			row
				.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
				.join("  "),
		);
}
