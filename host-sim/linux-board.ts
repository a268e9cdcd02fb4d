/** A board that is a Linux process (host-sim/xs/linux/main.c): starts it, tells what its console says, stops it. */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { CommonStationOptions, StationExit, StationProcess } from "./board-process.js";
import { STATION_MARKS } from "./profile/phases.js";
import { LINE_MAX, parseConsoleLine } from "./station-events.js";

const build = dirname(dirname(fileURLToPath(import.meta.url)));
const engine = join(build, "xs");
/** The build of it that has a profiler: `node bin/setup.mjs profiled`. */
export const PROFILED_ENGINE = join(build, "xs-profiled/interlock-xs");

export interface ProfileRequest {
	readonly file: string;
	/** One slot of so many is watched for who took it, 1 to 1,000; default 16. */
	readonly slotPeriod?: number;
}

export interface LinuxStationOptions extends CommonStationOptions {
	readonly board?: "linux";
	/** A further module table (host-sim/xs/linux/modules.h), for example with another `creation static`. */
	readonly table?: string;
	/** Why the board starts, a word of docs/protocol.md §6; power-on. A chip knows by itself. */
	readonly resetReason?: string;
	/** Writes a profile (host-sim/profile/raw.ts) when it ends by itself. {@link PROFILED_ENGINE} must be built. */
	readonly profile?: ProfileRequest;
}

/** The engine that boards run on, for reports: `XS 13.3 (registry)`. Both kinds are built from the same sources. */
export function engineName(): string {
	return readFileSync(join(engine, "engine.txt"), "utf8").trim();
}

function profileArguments({ file, slotPeriod }: ProfileRequest): string[] {
	const argv = ["--profile", file, ...STATION_MARKS.flatMap((mark) => ["--profile-mark", mark])];
	if (slotPeriod !== undefined) argv.push("--profile-slots", String(slotPeriod));
	return argv;
}

export function spawnLinuxBoard(options: LinuxStationOptions): StationProcess {
	const argv = ["--leash", "--modules", join(engine, "modules.txt"), "--flash", options.flash];
	if (options.table) argv.push("--modules", options.table);
	if (options.memoryPeriodMs) argv.push("--memory-period", String(options.memoryPeriodMs));
	if (options.crashAtFlashWrite !== undefined)
		argv.push("--crash-at", `flash-write:${options.crashAtFlashWrite}`);
	if (options.resetReason) argv.push("--reset-reason", options.resetReason);
	if (options.main) argv.push("--main", options.main);
	for (const [name, value] of Object.entries(options.options ?? {}))
		argv.push("--option", `${name}=${value}`);
	if (options.profile) argv.push(...profileArguments(options.profile));
	const program = options.profile ? PROFILED_ENGINE : join(engine, "interlock-xs");
	const child = spawn(program, argv, { stdio: ["ignore", "pipe", "pipe"] });
	let message = "";
	child.stderr.setEncoding("utf8").on("data", (text: string) => {
		message = (message + text).slice(-LINE_MAX);
	});
	createInterface({ input: child.stdout }).on("line", (line) =>
		options.onEvent?.(parseConsoleLine(line, options.lineMax)),
	);
	const exited = new Promise<StationExit>((resolve) => {
		child.on("error", (error) => resolve({ code: null, signal: null, message: error.message }));
		child.on("close", (code, signal) => resolve({ code, signal, message: message.trim() }));
	});
	return {
		pid: child.pid,
		exited,
		stop: () => void child.kill("SIGTERM"),
		kill: () => void child.kill("SIGKILL"),
	};
}
