/**
 * Runs a test's module on the XS engine of either kind of board, with every firmware module at hand.
 *
 * The module is test/on-xs/NAME.ts; it reports through `trace` and fails by throwing. Tests are not held to a board's
 * memory. Their own modules are named `test/on-xs/...` and `test/vectors/...`. The option `host` is where the machine that
 * runs the test is, as the board sees it.
 *
 * On the chip the same module tables are compiled by the chip itself, which has RAM_BYTES for that.
 *
 * INTERLOCK_XS_HOST names another build of the Linux simulator (bin/setup/variants.mjs) to run them all on.
 */

import { type ChildProcessByStdio, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import type { BoardKind } from "../../host-sim/board-kind.js";
import { HOST_ADDRESS } from "../../host-sim/mcu-emulator/qemu.js";
import {
	type StationEvent,
	type StationProcess,
	spawnStation,
} from "../../host-sim/station-process.js";

const build = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const root = dirname(build);
const TIMEOUT_MS = 60_000;
/** This machine, as a board sees it. */
const HOST: Readonly<Record<BoardKind, string>> = { linux: "127.0.0.1", mcu: HOST_ADDRESS };
/** Sources, parser and unlimited heaps of the larger tests; far from it with most. */
const RAM_BYTES = 32 * 1024 * 1024;

/** A build of the Linux simulator. */
export interface Host {
	/** The program with the arguments before the simulator's own. */
	command: readonly [string, ...string[]];
	/** Added to the environment. */
	env?: Readonly<Record<string, string>>;
	/** An open file that the program gets as descriptor 3. */
	file?: number;
}

const defaultHost: Host = {
	command: [process.env.INTERLOCK_XS_HOST ?? join(build, "xs/interlock-xs")],
};

export interface RunOptions {
	/** linux */
	board?: BoardKind;
	/** The flash file; without it the machine has none. */
	flash?: string;
	/** What the module "host-options" exports. */
	options?: Readonly<Record<string, string>>;
	/** Lines added to the module table (host-sim/xs/linux/modules.h), for example `creation static 65536`. */
	table?: readonly string[];
	/** Default 60,000; five times that on the chip. */
	timeoutMs?: number;
	/** Linux only. */
	host?: Host;
	/** Called with each line of standard output as it comes. */
	onLine?: (line: string) => void;
}

export interface RunResult {
	/** The exit status (host-sim/xs/engine.h); `null` where a signal ended it. */
	code: number | null;
	/** The console without what the board itself reports there. */
	lines: string[];
	/** Standard error; of a chip, the message with which it ended. */
	errors: string;
}

/** Names of the scripts below `folder` of `base`. */
function scripts(base: string, folder: string): string[] {
	try {
		return readdirSync(join(base, folder), { recursive: true, encoding: "utf8" })
			.filter((name) => name.endsWith(".js"))
			.map((name) => `${folder}/${name.slice(0, -3)}`);
	} catch {
		return [];
	}
}

/**
 * A module table with every test module, for a run of `moduleName`.
 *
 * @returns the tables, the Linux simulator's arguments, and what removes the table afterwards.
 */
export function tableForTests(
	moduleName: string,
	more: readonly string[] = [],
): { tables: string[]; argv: string[]; remove: () => void } {
	const folder = mkdtempSync(join(tmpdir(), "interlock-xs-"));
	const table = join(folder, "tests.txt");
	const lines = ["lazy", "creation static 0", "creation stack 4096", "creation keys.initial 4096"];
	const add = (base: string, name: string) =>
		lines.push(`module ${name} load ${relative(folder, join(base, `${name}.js`))}`);
	for (const part of ["test/on-xs", "test/vectors"])
		for (const name of scripts(build, part)) add(build, name);
	// Not compiled: what binds natives.
	for (const name of scripts(root, "test/on-xs")) add(root, name);
	writeFileSync(table, `${[...lines, ...more].join("\n")}\n`);
	const tables = [join(build, "xs/modules.txt"), table];
	const argv = tables.flatMap((each) => ["--modules", each]);
	argv.push("--main", `test/on-xs/${moduleName}`);
	return { tables, argv, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** A line for the module table: this module of test/on-xs is in the base, as firmware's modules are on a board. */
export function preloaded(moduleName: string): string {
	const name = `test/on-xs/${moduleName}`;
	return `module ${name} preload ${join(build, `${name}.js`)}`;
}

/** @param moduleName - a file of test/on-xs without its extension, for example `crypto-vectors`. */
export async function runOnXs(moduleName: string, options: RunOptions = {}): Promise<RunResult> {
	if (options.board === "mcu") return await runOnChip(moduleName, options);
	const { argv, remove } = tableForTests(moduleName, options.table);
	try {
		if (options.flash) argv.push("--flash", options.flash);
		for (const [name, value] of Object.entries({ host: HOST.linux, ...options.options }))
			argv.push("--option", `${name}=${value}`);
		return await run(argv, options);
	} finally {
		remove();
	}
}

/**
 * The same as a process that the test may kill; its flash is needed on Linux.
 *
 * @returns also what removes the module table, once it has ended.
 */
export function spawnOnXs(
	moduleName: string,
	options: Pick<RunOptions, "board" | "flash" | "options" | "table" | "onLine"> & {
		crashAtFlashWrite?: number;
	},
): { process: StationProcess; remove: () => void } {
	const { board = "linux", flash, crashAtFlashWrite, onLine } = options;
	const { tables, remove } = tableForTests(moduleName, options.table);
	const common = {
		main: `test/on-xs/${moduleName}`,
		lineMax: Number.POSITIVE_INFINITY,
		options: { host: HOST[board], ...options.options },
		...(crashAtFlashWrite !== undefined && { crashAtFlashWrite }),
		onEvent: (event: StationEvent) => {
			if (event.kind === "log" && event.line !== "") onLine?.(event.line);
		},
	};
	const process =
		board === "mcu"
			? spawnStation({
					...{ board, tables, ramBytes: RAM_BYTES, onEnd: "exit", ...common },
					...(flash && { flash }),
				})
			: spawnStation({ table: tables.at(-1) ?? "", flash: flash ?? "", ...common });
	return { process, remove };
}

async function runOnChip(moduleName: string, options: RunOptions): Promise<RunResult> {
	const { timeoutMs = 5 * TIMEOUT_MS } = options;
	const lines: string[] = [];
	const onLine = (line: string) => {
		lines.push(line);
		options.onLine?.(line);
	};
	const { process: chip, remove } = spawnOnXs(moduleName, { ...options, onLine });
	const timer = setTimeout(() => chip.kill(), timeoutMs);
	const { code, message } = await chip.exited;
	clearTimeout(timer);
	remove();
	return { code, lines, errors: message };
}

function run(argv: readonly string[], options: RunOptions): Promise<RunResult> {
	const { host = defaultHost, timeoutMs = TIMEOUT_MS, onLine } = options;
	const [program, ...before] = host.command;
	return new Promise((resolve, reject) => {
		const child = spawn(program, [...before, ...argv], {
			stdio: ["ignore", "pipe", "pipe", host.file ?? "ignore"],
			env: { ...process.env, ...host.env },
		}) as ChildProcessByStdio<null, Readable, Readable>;
		const timer = setTimeout(() => child.kill("SIGKILL"), timeoutMs);
		const lines: string[] = [];
		let errors = "";
		createInterface({ input: child.stdout }).on("line", (line) => {
			if (line === "" || line.startsWith("@memory ")) return;
			lines.push(line);
			onLine?.(line);
		});
		child.stderr.setEncoding("utf8").on("data", (text: string) => {
			errors += text;
		});
		child.on("error", reject);
		child.on("close", (code) => {
			clearTimeout(timer);
			resolve({ code, lines, errors });
		});
	});
}
