/** A simulated station: its flash image, made or brought up to date, and its process on the XS engine. */
import { lookup } from "node:dns/promises";
import { isIPv4 } from "node:net";
import { loadBundle, provisioning } from "../../keys/keys.js";
import type { BoardKind } from "../board-kind.js";
import { provision } from "../flash-image.js";
import { HOST_ADDRESS } from "../mcu-emulator/qemu.js";
import { resetReasonAfter } from "../reset-reason.js";
import {
	type ChipStationOptions,
	type StationEvent as ConsoleEvent,
	engineName,
	type LinuxStationOptions,
	type StationProcess,
	spawnStation,
	type Transfer,
} from "../station-process.js";
import type { EventOf } from "./events.js";
import { type Fault, faultForChip, faultForFixture } from "./faults.js";
import { LineError } from "./prepare.js";
import type { Child, ChildEnd } from "./supervisor.js";

/** What a station's process says of itself; without the name, which the caller knows. */
export type StationEvent =
	| Omit<EventOf<"memory">, "station">
	| Omit<EventOf<"reset">, "station">
	| Omit<EventOf<"instructions">, "station">
	| Omit<EventOf<"counters">, "station">
	| Omit<EventOf<"logs">, "station">
	| ({ readonly event: "transfer" } & Transfer)
	| Omit<EventOf<"state">, "station">;

/**
 * Writes a station's keys and the way to the broker into its flash image. What else is in it stays; where it says all
 * that already, nothing is written.
 *
 * @param options.bundle - the station's bundle (keys/plant.ts). @param options.host - an IPv4 address.
 * @param options.slotSize - bytes of a slot for a sealed file; an image that is there must have it already.
 * @param options.board - the kind of board that the image is for; linux.
 * @returns the station's full name.
 * @throws KeysError, FlashImageError, {@link LineError} `broker`.
 */
export function provisionStation(options: {
	bundle: string;
	flash: string;
	host: string;
	port: number;
	slotSize?: number | undefined;
	board?: BoardKind | undefined;
}): string {
	const bundle = loadBundle(options.bundle);
	const { flash, slotSize, port, board = "linux" } = options;
	const host = board === "mcu" ? fromChip(options.host) : options.host;
	provision({ file: flash, slotSize, board, ...provisioning(bundle, { host, port }) });
	return bundle.station;
}

/** How a chip reaches this address: this machine's loopback has another one there. */
function fromChip(host: string): string {
	if (host === "127.0.0.1") return HOST_ADDRESS;
	if (!host.startsWith("127.")) return host;
	throw new LineError(
		"broker",
		`an emulated chip cannot reach ${host}: of this machine's loopback only 127.0.0.1`,
	);
}

/**
 * {@link provisionStation} for a broker's address as people write it, `mqtt://host:port`.
 *
 * @throws as that, and {@link LineError} `broker` where the host has no address.
 */
export async function prepareStation(options: {
	bundle: string;
	url: string;
	flash: string;
	slotSize?: number | undefined;
	board?: BoardKind | undefined;
}): Promise<string> {
	const { hostname, port } = new URL(options.url);
	return provisionStation({ ...options, host: await addressOf(hostname), port: Number(port) });
}

/** The board's socket wants an IPv4 address; a name is looked up here. @throws {@link LineError} `broker`. */
export async function addressOf(host: string): Promise<string> {
	if (isIPv4(host)) return host;
	try {
		return (await lookup(host, 4)).address;
	} catch (error) {
		throw new LineError(
			"broker",
			`${host} has no IPv4 address that is known here (${(error as Error).message})`,
		);
	}
}

/** The engine that stations run on: `XS 13.3 (registry)`. */
export { engineName };

/**
 * Starts a station's process on its flash image.
 *
 * @param options.settleMs - how long the simulated fixture takes; its own default where `undefined`.
 * @param options.logSize - bytes of each attempt's log; none where `undefined`.
 */
export function startStation(options: StartOptions): StationChild {
	const process = spawnStation(
		options.board === "mcu" ? chipOptions(options) : linuxOptions(options),
	);
	return {
		pid: process.pid,
		ended: process.exited.then(({ code, signal, message }) => {
			for (const line of message === "" ? [] : message.split("\n")) options.onText(line);
			return { code, signal };
		}),
		stop: () => process.stop(),
		kill: () => process.kill(),
		...(process.cutNetwork && { cutNetwork: process.cutNetwork }),
	};
}

/** As a supervisor keeps it. */
export interface StationChild extends Child, Pick<StationProcess, "cutNetwork"> {}

export interface StartOptions {
	readonly flash: string;
	readonly seed: number;
	readonly settleMs: number | undefined;
	readonly logSize: number | undefined;
	/** linux */
	readonly board?: BoardKind | undefined;
	/** A file for a profile of it; none where `undefined`. On Linux. */
	readonly profile?: string | undefined;
	/** How its last process ended; `undefined`: it is the first. */
	readonly previous?: ChildEnd | undefined;
	/** On a chip. */
	readonly countsInstructions?: boolean | undefined;
	/** It waits there for a debugger. On a chip. */
	readonly gdbPort?: number | undefined;
	readonly fault?: Fault | undefined;
	readonly onEvent: (event: StationEvent) => void;
	/** A line of its console, or of what it said as it died. */
	readonly onText: (line: string) => void;
}

function commonOptions({ flash, seed, settleMs, logSize, fault, onEvent, onText }: StartOptions) {
	return {
		flash,
		options: {
			seed: String(seed),
			...(settleMs === undefined ? {} : { settleMs: String(settleMs) }),
			...(logSize === undefined ? {} : { logSize: String(logSize) }),
			...faultForFixture(fault),
		},
		onEvent: (event: ConsoleEvent) => {
			if (event.kind === "log") return onLine(event.line, onEvent, onText);
			if (event.kind === "ended") return onText(event.message);
			const { kind, ...rest } = event;
			onEvent({ event: kind, ...rest } as StationEvent);
		},
	};
}

function linuxOptions(options: StartOptions): LinuxStationOptions {
	const { profile, previous } = options;
	return {
		...commonOptions(options),
		resetReason: resetReasonAfter(previous),
		...(profile !== undefined && { profile: { file: profile } }),
	};
}

function chipOptions(options: StartOptions): ChipStationOptions {
	const { countsInstructions = false, gdbPort, fault } = options;
	return {
		board: "mcu",
		...commonOptions(options),
		countsInstructions,
		...(gdbPort !== undefined && { gdbPort }),
		...faultForChip(fault),
	};
}

const STATE = /^state (\w+)$/;

function onLine(
	line: string,
	onEvent: (event: StationEvent) => void,
	onText: (line: string) => void,
): void {
	const state = STATE.exec(line)?.[1];
	if (state === undefined) onText(line);
	else onEvent({ event: "state", state });
}
