/** Runs a module on the memcheck host under valgrind and sorts what depended on a secret by whose code it was in. */

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { type RunOptions, type RunResult, runOnXs } from "../support/xs.js";
import { build } from "./hosts.js";

/** Beyond these, valgrind says no more about one place. */
const CALLERS = 20;

export interface Dependence {
	/** `UninitCondition`, a branch; `UninitValue`, an address; or another of valgrind's kinds. */
	readonly kind: string;
	/** `function (file:line)` or `function (library)`. */
	readonly where: string;
}

export interface Memchecked extends RunResult {
	/** In the simulator's program: modules/crypto, the host or XS. */
	readonly ours: readonly Dependence[];
	/** In mbedTLS. */
	readonly library: readonly Dependence[];
}

function field(text: string, name: string): string {
	return new RegExp(`<${name}>([^<]*)</${name}>`).exec(text)?.[1] ?? "";
}

/** C library functions, which valgrind replaces, count as their callers. */
function placeOf(error: string): { isOurs: boolean; where: string } {
	const stack = error.slice(0, error.indexOf("</stack>"));
	const frames = stack.split("<frame>").slice(1);
	const frame = frames.find((each) => /interlock-xs|mbedcrypto/.test(field(each, "obj"))) ?? "";
	const isOurs = !field(frame, "obj").includes("mbedcrypto");
	const file = field(frame, "file");
	const at = file ? `${file}:${field(frame, "line")}` : basename(field(frame, "obj"));
	return { isOurs, where: `${field(frame, "fn") || "?"} (${at})` };
}

export async function memcheck(moduleName: string, options: RunOptions): Promise<Memchecked> {
	const folder = mkdtempSync(join(tmpdir(), "interlock-memcheck-"));
	const xml = join(folder, "memcheck.xml");
	try {
		const program = build("memcheck");
		const valgrind = ["valgrind", "--error-limit=no", "--xml=yes"] as const;
		const more = [`--xml-file=${xml}`, `--num-callers=${CALLERS}`];
		const host = { command: [...valgrind, ...more, program] as const };
		const result = await runOnXs(moduleName, { ...options, host });
		const errors = readFileSync(xml, "utf8").split("<error>").slice(1);
		// Told in XML whether one asks or not: what is lost. The sanitizers look for that.
		const found = errors
			.map((error) => ({ kind: field(error, "kind"), ...placeOf(error) }))
			.filter(({ kind }) => !kind.startsWith("Leak_"));
		const of = (isOurs: boolean) =>
			found.filter((each) => each.isOurs === isOurs).map(({ kind, where }) => ({ kind, where }));
		return { ...result, ours: of(true), library: of(false) };
	} finally {
		rmSync(folder, { recursive: true });
	}
}
