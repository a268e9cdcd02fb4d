/** What of modules/crypto was reached: basic blocks and lines, from addresses, with binutils. */

import { execFileSync } from "node:child_process";
import { relative } from "node:path";
import { root } from "./hosts.js";

const PROGRAM = "build/xs-sanitized/interlock-xs";
const FOLDER = "modules/crypto/";
const OUTPUT_SIZE_MAX = 1 << 28;

export interface Coverage {
	readonly places: number;
	readonly placesAll: number;
	readonly lines: number;
	readonly linesAll: number;
	/** `file.c:line` of each line with a basic block of which none was reached. */
	readonly missed: readonly string[];
}

/** The compiler's marks: an address behind each call of the coverage function, but not in AddressSanitizer's own code. */
function allPlaces(): string[] {
	const argv = ["-d", "--no-show-raw-insn", PROGRAM];
	const text = execFileSync("objdump", argv, {
		cwd: root,
		encoding: "utf8",
		maxBuffer: OUTPUT_SIZE_MAX,
	});
	const places: string[] = [];
	let isBehind = false;
	let name = "";
	for (const line of text.split("\n")) {
		name = /^[0-9a-f]+ <(.+)>:$/.exec(line)?.[1] ?? name;
		if (isBehind && !name.startsWith("_sub_")) places.push((line.split(":")[0] as string).trim());
		isBehind = /call.*<__sanitizer_cov_trace_pc/.test(line);
	}
	return places;
}

/** `file.c:line` of those addresses that are in modules/crypto. */
function linesOf(places: readonly string[]): Map<string, string> {
	// The address behind a call may belong to the next line already.
	const before = places.map((place) => (Number.parseInt(place, 16) - 1).toString(16));
	const text = execFileSync("addr2line", ["-e", PROGRAM], {
		cwd: root,
		encoding: "utf8",
		input: before.join("\n"),
	});
	const lines = text.trimEnd().split("\n");
	const found = new Map<string, string>();
	for (const [i, place] of places.entries()) {
		const [file = "", line = ""] = (lines[i] ?? "").split(/[: ]/);
		const path = relative(root, file);
		if (path.startsWith(FOLDER)) found.set(place, `${path.slice(FOLDER.length)}:${line}`);
	}
	return found;
}

/** @param places - reached, hexadecimal. */
export function reached(places: readonly string[]): Coverage {
	const all = linesOf(allPlaces());
	const met = new Set(places.filter((place) => all.has(place)));
	const lines = new Set([...met].map((place) => all.get(place) as string));
	const linesAll = new Set(all.values());
	return {
		places: met.size,
		placesAll: all.size,
		lines: lines.size,
		linesAll: linesAll.size,
		missed: [...linesAll].filter((line) => !lines.has(line)).sort(),
	};
}
