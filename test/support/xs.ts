/**
 * Runs a test's module on the simulator's XS engine, with every firmware module at hand.
 *
 * The module is test/on-xs/NAME.ts; it reports through `trace` and fails by throwing. Tests are not held to a board's
 * memory. Their own modules are named `test/on-xs/...` and `test/vectors/...`.
 */

import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const build = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const TIMEOUT_MS = 60_000;

export interface RunOptions {
	/** The flash file; without it the machine has none. */
	flash?: string;
	/** What the module "host-options" exports. */
	options?: Readonly<Record<string, string>>;
	/** Lines added to the module table (host-sim/xs/modules.h), for example `creation static 65536`. */
	table?: readonly string[];
	timeoutMs?: number;
}

export interface RunResult {
	/** The exit status (host-sim/xs/engine.h); `null` where a signal ended it. */
	code: number | null;
	/** Standard output without the `@memory` lines. */
	lines: string[];
	/** Standard error. */
	errors: string;
}

function scripts(folder: string): string[] {
	const path = join(build, folder);
	try {
		return readdirSync(path, { recursive: true, encoding: "utf8" })
			.filter((name) => name.endsWith(".js"))
			.map((name) => `${folder}/${name.slice(0, -3)}`);
	} catch {
		return [];
	}
}

/**
 * A module table with every test module, for a run of `moduleName`.
 *
 * @returns the host's arguments, and what removes the table afterwards.
 */
export function tableForTests(
	moduleName: string,
	more: readonly string[] = [],
): { argv: string[]; remove: () => void } {
	const folder = mkdtempSync(join(tmpdir(), "interlock-xs-"));
	const table = join(folder, "tests.txt");
	const lines = ["lazy", "creation static 0", "creation stack 4096", "creation keys.initial 4096"];
	for (const name of [...scripts("test/on-xs"), ...scripts("test/vectors")])
		lines.push(`module ${name} load ${relative(folder, join(build, `${name}.js`))}`);
	writeFileSync(table, `${[...lines, ...more].join("\n")}\n`);
	const argv = ["--modules", join(build, "xs/modules.txt"), "--modules", table];
	argv.push("--main", `test/on-xs/${moduleName}`);
	return { argv, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** @param moduleName - a file of test/on-xs without its extension, for example `crypto-vectors`. */
export async function runOnXs(moduleName: string, options: RunOptions = {}): Promise<RunResult> {
	const { argv, remove } = tableForTests(moduleName, options.table);
	if (options.flash) argv.push("--flash", options.flash);
	for (const [name, value] of Object.entries(options.options ?? {}))
		argv.push("--option", `${name}=${value}`);
	try {
		return await run(argv, options.timeoutMs ?? TIMEOUT_MS);
	} finally {
		remove();
	}
}

function run(argv: readonly string[], timeoutMs: number): Promise<RunResult> {
	return new Promise((resolve, reject) => {
		const child = spawn(join(build, "xs/interlock-xs"), argv, {
			stdio: ["ignore", "pipe", "pipe"],
		});
		const timer = setTimeout(() => child.kill("SIGKILL"), timeoutMs);
		let output = "";
		let errors = "";
		child.stdout.setEncoding("utf8").on("data", (text: string) => {
			output += text;
		});
		child.stderr.setEncoding("utf8").on("data", (text: string) => {
			errors += text;
		});
		child.on("error", reject);
		child.on("close", (code) => {
			clearTimeout(timer);
			const lines = output
				.split("\n")
				.filter((line) => line !== "" && !line.startsWith("@memory "));
			resolve({ code, lines, errors });
		});
	});
}
