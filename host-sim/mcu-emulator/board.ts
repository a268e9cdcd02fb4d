/**
 * A board that is an emulated chip: starts QEMU (qemu.ts), tells what the serial console says, stops it.
 *
 * A chip that fails restarts itself inside the same process and says why: `ended`, then `reset`. Its process ends when
 * its power is switched off or cut, or when it was asked to end with its engine (`onEnd`). One that does nothing but
 * restart is switched off: on a bench somebody would.
 */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import type { Duplex } from "node:stream";
import { fileURLToPath } from "node:url";
import { BOARD_EXIT } from "../board-exit.js";
import type { CommonStationOptions, StationExit, StationProcess } from "../board-process.js";
import { LINE_MAX, parseConsoleLine, type StationEvent } from "../station-events.js";
import { bootFile } from "./boot-file.js";
import { Monitor } from "./monitor.js";
import { withNamelessFile } from "./nameless-file.js";
import { chipCommand, MONITOR_DESCRIPTOR, NETWORK } from "./qemu.js";

const build = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), "mcu");
/** What a chip gets: its firmware, with names for a debugger, and the base image beside it. */
export const FIRMWARE = join(build, "board.elf");
const IMAGE = join(build, "base.img");
/** The same with the engine's compiler, for modules that are not in the base image. */
const WHOLE_FIRMWARE = join(build, "interlock-mcu.elf");

/** QEMU's status where the chip cut its own power (`crashAtFlashWrite`), which a Linux board does by SIGKILL. */
const POWER_CUT_STATUS = 137;
/** Restarts in a row after which it is switched off; a run that lasted so long ends the row. */
const RESTARTS_MAX = 8;
const STABLE_MS = 10_000;

export interface ChipStationOptions extends Omit<CommonStationOptions, "flash"> {
	readonly board: "mcu";
	/** The board's flash image; only what tests run does without. */
	readonly flash?: string;
	/** Module tables (host-sim/xs/linux/modules.h) for a chip that compiles its modules itself, which takes `ramBytes`. */
	readonly tables?: readonly string[];
	/** RAM beside the chip's 400 KB, for tests that need more. */
	readonly ramBytes?: number;
	/** What it does when its engine ends or it fails; default `restart`. */
	readonly onEnd?: "restart" | "exit";
	/** How long its event loop may not be reached; its own default where left out. */
	readonly watchdogMs?: number;
	/** The supply fails in the middle of this write to flash since power-on, from 1: the chip restarts. */
	readonly brownOutAtFlashWrite?: number;
	/** Since power-on the network card takes so many frames and no more, until the chip restarts. */
	readonly networkStuckAfter?: number;
	/** Exact instruction counts; slower by half and more. */
	readonly countsInstructions?: boolean;
	/** A file instead of this machine's entropy, for measuring alone: whoever has it knows every key. */
	readonly entropy?: string;
	/** A port on which it waits for a debugger before its first instruction. */
	readonly gdbPort?: number;
}

/** By the names of chip/options.c. */
function behaviour(options: ChipStationOptions): string[] {
	const { ramBytes, onEnd, memoryPeriodMs, crashAtFlashWrite } = options;
	const { watchdogMs, brownOutAtFlashWrite, networkStuckAfter } = options;
	const wanted = {
		ram: ramBytes,
		"on-end": onEnd,
		"memory-period": memoryPeriodMs,
		watchdog: watchdogMs,
		"crash-at": crashAtFlashWrite && `flash-write:${crashAtFlashWrite}`,
		"brown-out": brownOutAtFlashWrite && `flash-write:${brownOutAtFlashWrite}`,
		"network-stuck": networkStuckAfter,
	};
	return Object.entries(wanted).flatMap(([name, value]) =>
		value === undefined ? [] : [`${name} ${value}`],
	);
}

function command(options: ChipStationOptions) {
	const { flash, tables, ramBytes = 0, countsInstructions = false, gdbPort } = options;
	return chipCommand({
		firmware: tables ? WHOLE_FIRMWARE : FIRMWARE,
		image: tables ? undefined : IMAGE,
		...{ flash, moreRamBytes: ramBytes, countsInstructions, gdbPort },
		inUseStatus: BOARD_EXIT.flash,
		entropy: options.entropy,
	});
}

/** A board that never started. */
function failed(message: string): StationProcess {
	const exited = Promise.resolve({ code: BOARD_EXIT.flash, signal: null, message });
	return { pid: undefined, exited, stop: () => {}, kill: () => {} };
}

/** What QEMU itself complained of, without what it says of every stop. */
function complaint(text: string): string {
	const lines = text.split("\n").filter((line) => !line.includes("terminating on signal"));
	return lines.join("\n").trim();
}

/** Follows what the console says, for how it ends. */
class Follower {
	/** Of the present run, or of the last of a row of restarts. */
	lastWords = "";
	isSilent = true;
	#restarts = 0;
	#startedMs = performance.now();

	/** @returns whether the chip does nothing any more but restart. */
	next(event: StationEvent): boolean {
		this.isSilent = false;
		if (event.kind === "ended") this.lastWords = event.message;
		if (event.kind !== "reset" || event.reason === "power-on") return false;
		const nowMs = performance.now();
		this.#restarts = nowMs - this.#startedMs < STABLE_MS ? this.#restarts + 1 : 1;
		this.#startedMs = nowMs;
		const isLost = this.#restarts >= RESTARTS_MAX;
		if (!isLost) this.lastWords = "";
		return isLost;
	}
}

export function spawnChip(options: ChipStationOptions): StationProcess {
	const { flash, options: devices, main, tables, onEvent } = options;
	if (flash !== undefined && !existsSync(flash))
		return failed(`cannot open the flash file ${flash}: it is not there`);
	const boot = bootFile({
		chip: behaviour(options),
		...(devices && { options: devices }),
		...(main && { main }),
		...(tables && { tables }),
	});
	const [program, ...argv] = command(options);
	const child = withNamelessFile(boot, (file) =>
		spawn(program, argv, { stdio: ["ignore", "pipe", "pipe", "pipe", file] }),
	);
	const follower = new Follower();
	let complaints = "";
	child.stderr?.setEncoding("utf8").on("data", (text: string) => {
		complaints = (complaints + text).slice(-LINE_MAX);
	});
	if (child.stdout)
		createInterface({ input: child.stdout }).on("line", (line) => {
			const event = parseConsoleLine(line.replace(/\r$/, ""), options.lineMax);
			if (follower.next(event)) child.kill("SIGKILL");
			// Where they are not counted its counter is the host's clock.
			if (event.kind !== "instructions" || options.countsInstructions) onEvent?.(event);
		});
	const message = (code: number | null) => {
		const isInUse = code === BOARD_EXIT.flash && follower.isSilent && complaints === "";
		return isInUse
			? `the flash file ${flash} is in use`
			: follower.lastWords || complaint(complaints);
	};
	const exited = new Promise<StationExit>((resolve) => {
		child.on("error", (error) => resolve({ code: null, signal: null, message: error.message }));
		child.on("close", (code, signal) =>
			resolve({
				...(code === POWER_CUT_STATUS ? { code: null, signal: "SIGKILL" } : { code, signal }),
				message: message(code),
			}),
		);
	});
	const stream = child.stdio[MONITOR_DESCRIPTOR] as Duplex | null | undefined;
	const monitor = stream ? new Monitor(stream) : undefined;
	return {
		pid: child.pid,
		exited,
		stop: () => void child.kill("SIGTERM"),
		kill: () => void child.kill("SIGKILL"),
		cutNetwork: async (isCut) => await monitor?.setLink(NETWORK, !isCut),
	};
}
