/** Runs one of bench/on-xs on the simulator's engine, under the manifest's limits, with the firmware's modules. */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { check } from "./figure.js";

const build = dirname(dirname(fileURLToPath(import.meta.url)));
const PREFIX = "@bench ";

/**
 * @param name - of the module, for example `aead`.
 * @param options - what its module "host-options" exports.
 * @returns what it traced after `@bench `, parsed.
 */
export async function runOnXs(name: string, options: Record<string, string>): Promise<unknown> {
	const folder = mkdtempSync(join(tmpdir(), "interlock-bench-"));
	try {
		// Only modules that will never reach a board, by their name, may import from two folders up.
		const module = `test/bench/${name}`;
		const table = join(folder, "bench.txt");
		writeFileSync(table, `module ${module} load ${join(build, `bench/on-xs/${name}.js`)}\n`);
		const argv = ["--modules", join(build, "xs/modules.txt"), "--modules", table];
		argv.push("--main", module);
		for (const [option, value] of Object.entries(options))
			argv.push("--option", `${option}=${value}`);
		const { stdout } = await promisify(execFile)(join(build, "xs/interlock-xs"), argv);
		const line = stdout.split("\n").find((each) => each.startsWith(PREFIX));
		check(line !== undefined, `${module} reported nothing`);
		return JSON.parse(line.slice(PREFIX.length));
	} finally {
		rmSync(folder, { recursive: true });
	}
}
