/** Runs one of bench/on-xs on the simulator's engine, under the manifest's limits, with the firmware's modules. */
import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { check } from "./measure.js";
import { temporaryDirectory } from "./temporary.js";

const build = dirname(dirname(fileURLToPath(import.meta.url)));
const PREFIX = "@bench ";

/** What host-sim/station-process.ts needs to run one of bench/on-xs instead of the firmware. */
export interface BenchModule {
	readonly main: string;
	readonly table: string;
}

/** @param directory - for the table of modules; the caller's. @param name - of the module, for example `aead`. */
export function benchModule(directory: string, name: string): BenchModule {
	// Only modules that will never reach a board, by their name, may import from two folders up.
	const main = `test/bench/${name}`;
	const table = join(directory, `${name}.modules.txt`);
	writeFileSync(table, `module ${main} load ${join(build, `bench/on-xs/${name}.js`)}\n`);
	return { main, table };
}

export interface RunOnXs {
	/** What its module "host-options" exports. */
	readonly options?: Readonly<Record<string, string>>;
	/** A flash image. */
	readonly flash?: string;
}

/** @returns what it traced after `@bench `, parsed. */
export async function runOnXs(name: string, { options = {}, flash }: RunOnXs): Promise<unknown> {
	const { path: folder, remove } = temporaryDirectory();
	try {
		const { main, table } = benchModule(folder, name);
		const argv = ["--modules", join(build, "xs/modules.txt"), "--modules", table, "--main", main];
		if (flash !== undefined) argv.push("--flash", flash);
		for (const [option, value] of Object.entries(options))
			argv.push("--option", `${option}=${value}`);
		const { stdout } = await promisify(execFile)(join(build, "xs/interlock-xs"), argv);
		const line = stdout.split("\n").find((each) => each.startsWith(PREFIX));
		check(line !== undefined, `${main} reported nothing`);
		return JSON.parse(line.slice(PREFIX.length));
	} finally {
		remove();
	}
}
