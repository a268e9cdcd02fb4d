/**
 * A simulated board as a child process (host-sim/xs/linux/main.c): starts it, tells what its console says, stops it.
 *
 * Console lines that start with `@memory `, `@counters `, `@transfer ` or `@logs ` carry JSON and become events of their own.
 */

import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { STATION_MARKS } from "./profile/phases.js";

const build = dirname(dirname(fileURLToPath(import.meta.url)));
const engine = join(build, "xs");
/** The build of it that has a profiler: `node bin/setup.mjs profiled`. */
export const PROFILED_ENGINE = join(build, "xs-profiled/interlock-xs");
/** Characters of a console line that are kept. */
const LINE_MAX = 4096;

/** Exit statuses of the board's process; others: `null` is a signal, 0 a clean stop. See host-sim/xs/engine.h, host.h. */
export const BOARD_EXIT = {
	usage: 64,
	flash: 65,
	unhandled: 70,
	memoryFull: 71,
	stackOverflow: 72,
	engineFault: 73,
} as const;

export type StationEvent =
	| { readonly kind: "log"; readonly line: string }
	| {
			/** Slots take 16 bytes on a board. `base` is what a board keeps in flash. */
			readonly kind: "memory";
			readonly slots: number;
			readonly chunkBytes: number;
			readonly baseSlots: number;
			readonly baseChunkBytes: number;
			/** What is taken of the board's budget, and the budget (0: none). */
			readonly reservedBytes: number;
			readonly limitBytes: number;
	  }
	| { readonly kind: "counters"; readonly messages: number; readonly bytesSealed: number }
	| ({ readonly kind: "transfer" } & Transfer)
	/** Finished logs in flash that the server has yet to keep. */
	| { readonly kind: "logs"; readonly waiting: number };

/** How far a file, or a log, is on its way. */
export interface Transfer {
	/** `down`: a file to the station; `up`: a log from it. */
	readonly direction: string;
	/** Of a file. */
	readonly file?: string;
	readonly version?: number;
	/** Segments that are there, and all of them. */
	readonly done: number;
	readonly of: number;
	/** Of the sealed file, that are there; of a log's plaintext, in all. */
	readonly bytes: number;
}

export interface StationExit {
	/** `null` where a signal ended it. */
	readonly code: number | null;
	readonly signal: NodeJS.Signals | null;
	/** What it wrote to standard error, which is why it ended; empty after a clean stop. */
	readonly message: string;
}

export interface ProfileRequest {
	readonly file: string;
	/** One slot of so many is watched for who took it, 1 to 1,000; default 16. */
	readonly slotPeriod?: number;
}

export interface SpawnStationOptions {
	/** The board's flash image. */
	readonly flash: string;
	/** For simulated devices only: what the module "host-options" exports. */
	readonly options?: Readonly<Record<string, string>>;
	/** The main module's name; default "main". */
	readonly main?: string;
	/** Between two measurements of its memory, 1 to 3,600,000; default 1,000. Each collects garbage. */
	readonly memoryPeriodMs?: number;
	/** A further module table (host-sim/xs/linux/modules.h), for example with another `creation static`. */
	readonly table?: string;
	/** Why the board starts, a word of docs/protocol.md §6; power-on. */
	readonly resetReason?: string;
	/** Cuts the power in the middle of this write to flash since the start, from 1. */
	readonly crashAtFlashWrite?: number;
	/** Writes a profile (host-sim/profile/raw.ts) when it ends by itself. {@link PROFILED_ENGINE} must be built. */
	readonly profile?: ProfileRequest;
	/** Called for every console line, in order, and not after `exited` settled. */
	readonly onEvent?: (event: StationEvent) => void;
}

export interface StationProcess {
	/** `undefined` where the process could not be started. */
	readonly pid: number | undefined;
	/** Settles once, when the process has ended and all its events were told; never rejects. */
	readonly exited: Promise<StationExit>;
	/** Asks for a clean stop; may be called twice. */
	stop(): void;
	/** Cuts the power. */
	kill(): void;
}

function fields(line: string, prefix: string): Record<string, unknown> | undefined {
	if (!line.startsWith(prefix)) return undefined;
	try {
		const value: unknown = JSON.parse(line.slice(prefix.length));
		return typeof value === "object" && value !== null
			? (value as Record<string, unknown>)
			: undefined;
	} catch {
		return undefined;
	}
}

function count(value: unknown): number {
	return typeof value === "number" && Number.isFinite(value) ? value : 0;
}

function word(value: unknown): string {
	return typeof value === "string" ? value : "";
}

/** @param line - one line of the console, without its end. */
export function parseConsoleLine(line: string): StationEvent {
	const memory = fields(line, "@memory ");
	if (memory)
		return {
			kind: "memory",
			slots: count(memory.slots),
			chunkBytes: count(memory.chunkBytes),
			baseSlots: count(memory.baseSlots),
			baseChunkBytes: count(memory.baseChunkBytes),
			reservedBytes: count(memory.reservedBytes),
			limitBytes: count(memory.limitBytes),
		};
	const counters = fields(line, "@counters ");
	if (counters)
		return {
			kind: "counters",
			messages: count(counters.messages),
			bytesSealed: count(counters.bytesSealed),
		};
	const transfer = fields(line, "@transfer ");
	if (transfer)
		return {
			kind: "transfer",
			direction: word(transfer.direction),
			...(transfer.file === undefined
				? {}
				: { file: word(transfer.file), version: count(transfer.version) }),
			done: count(transfer.done),
			of: count(transfer.of),
			bytes: count(transfer.bytes),
		};
	const logs = fields(line, "@logs ");
	if (logs) return { kind: "logs", waiting: count(logs.waiting) };
	return { kind: "log", line: line.slice(0, LINE_MAX) };
}

/** The engine that boards run on, for reports: `XS 13.3 (registry)`. */
export function engineName(): string {
	return readFileSync(join(engine, "engine.txt"), "utf8").trim();
}

function profileArguments({ file, slotPeriod }: ProfileRequest): string[] {
	const argv = ["--profile", file, ...STATION_MARKS.flatMap((mark) => ["--profile-mark", mark])];
	if (slotPeriod !== undefined) argv.push("--profile-slots", String(slotPeriod));
	return argv;
}

export function spawnStation(options: SpawnStationOptions): StationProcess {
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
		options.onEvent?.(parseConsoleLine(line)),
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
