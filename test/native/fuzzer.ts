/** Runs the fuzzer of modules/crypto (test/on-xs/native-fuzz.ts) in a process of its own and keeps what it finds. */

import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runOnXs } from "../support/xs.js";
import { type Board, sanitizedHost } from "./hosts.js";

/** Beyond what was asked for: start, the last input and the search for leaks. */
const GRACE_MS = 60_000;
const REPORT_LINES_MAX = 30;

export interface FuzzOptions {
	readonly seed: number;
	/** How many inputs; without it, `seconds`. */
	readonly runs?: number;
	readonly seconds?: number;
	/** One input alone, hexadecimal; its calls are in the log. */
	readonly input?: string;
	/** Whether to call a known fault alone. */
	readonly planted?: boolean;
	readonly onLine?: (line: string) => void;
}

export interface Figures {
	readonly runs: number;
	/** Inputs that reached something new. */
	readonly kept: number;
	/** Basic blocks reached. */
	readonly places: number;
	readonly ms: number;
}

export interface Finding {
	/** The input, hexadecimal. */
	readonly input: string;
	/** What the process said last. */
	readonly report: string;
}

export interface Fuzzed {
	readonly figures: Figures | undefined;
	readonly finding: Finding | undefined;
	/** Addresses of the basic blocks reached, in the program's file. */
	readonly places: readonly string[];
	/** The calls of a single input. */
	readonly log: readonly string[];
}

/** The command that repeats a finding. */
export function commandOf({ input }: Finding, planted = false): string {
	return `npm run fuzz:native -- --input ${input}${planted ? " --planted" : ""}`;
}

export async function fuzz(board: Board, options: FuzzOptions): Promise<Fuzzed> {
	const { onLine, seconds = 600, ...given } = options;
	const folder = mkdtempSync(join(tmpdir(), "interlock-fuzz-"));
	const file = openSync(join(folder, "input"), "w+");
	const chosen = {
		...board.options,
		...Object.fromEntries(
			Object.entries({ ...given, ...(given.runs === undefined ? { seconds } : {}) })
				.filter(([, value]) => value !== undefined && value !== false)
				.map(([name, value]) => [name, value === true ? "yes" : String(value)]),
		),
	};
	try {
		const { code, lines, errors } = await runOnXs("native-fuzz", {
			flash: board.flash,
			options: chosen,
			host: { ...sanitizedHost(), file },
			timeoutMs: seconds * 1000 + GRACE_MS,
			...(onLine ? { onLine } : {}),
		});
		const last = lines.find((line) => line.startsWith("@fuzz "))?.slice("@fuzz ".length);
		const places =
			lines
				.find((line) => line.startsWith("@places "))
				?.split(" ")
				.slice(1) ?? [];
		const input = readFileSync(join(folder, "input")).toString("hex");
		const report = errors.trimEnd().split("\n").slice(0, REPORT_LINES_MAX).join("\n");
		return {
			figures: last === undefined ? undefined : (JSON.parse(last) as Figures),
			finding: code === 0 ? undefined : { input, report: report || `ended with ${code}` },
			places,
			log: lines.filter((line) => !line.startsWith("@")),
		};
	} finally {
		closeSync(file);
		rmSync(folder, { recursive: true });
	}
}

/** Tries how many of the bytes a finding needs, each part in a process of its own. @returns a finding not longer. */
export async function minimised(
	board: Board,
	finding: Finding,
	options: FuzzOptions,
): Promise<Finding> {
	let best = finding;
	for (let size = 64; size >= 2; size >>= 1)
		for (let at = 2; at < best.input.length; ) {
			const input = best.input.slice(0, at) + best.input.slice(at + size);
			const { finding: again } = await fuzz(board, { ...options, input });
			if (again) best = again;
			else at += size;
		}
	return best;
}
