/** A simulated station: its flash image, made or brought up to date, and its process on the XS engine. */
import { lookup } from "node:dns/promises";
import { isIPv4 } from "node:net";
import { loadBundle, provisioning } from "../../keys/keys.js";
import { provision } from "../flash-image.js";
import { resetReasonAfter } from "../reset-reason.js";
import { engineName, spawnStation, type Transfer } from "../station-process.js";
import type { EventOf } from "./events.js";
import { LineError } from "./prepare.js";
import type { Child, ChildEnd } from "./supervisor.js";

/** What a station's process says of itself; without the name, which the caller knows. */
export type StationEvent =
	| Omit<EventOf<"memory">, "station">
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
 * @returns the station's full name.
 * @throws KeysError, FlashImageError.
 */
export function provisionStation(options: {
	bundle: string;
	flash: string;
	host: string;
	port: number;
	slotSize?: number | undefined;
}): string {
	const bundle = loadBundle(options.bundle);
	const { flash, slotSize } = options;
	provision({ file: flash, slotSize, ...provisioning(bundle, options) });
	return bundle.station;
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
export function startStation(options: {
	flash: string;
	seed: number;
	settleMs: number | undefined;
	logSize: number | undefined;
	/** A file for a profile of it; none where `undefined`. */
	profile?: string | undefined;
	/** How its last process ended; `undefined`: it is the first. */
	previous?: ChildEnd | undefined;
	onEvent: (event: StationEvent) => void;
	/** A line of its console, or of what it said as it died. */
	onText: (line: string) => void;
}): Child {
	const { flash, seed, settleMs, logSize, profile, previous, onEvent, onText } = options;
	const process = spawnStation({
		flash,
		resetReason: resetReasonAfter(previous),
		...(profile !== undefined && { profile: { file: profile } }),
		options: {
			seed: String(seed),
			...(settleMs === undefined ? {} : { settleMs: String(settleMs) }),
			...(logSize === undefined ? {} : { logSize: String(logSize) }),
		},
		onEvent: (event) => {
			if (event.kind === "log") return onLine(event.line, onEvent, onText);
			const { kind, ...rest } = event;
			onEvent({ event: kind, ...rest } as StationEvent);
		},
	});
	return {
		pid: process.pid,
		ended: process.exited.then(({ code, signal, message }) => {
			for (const line of message === "" ? [] : message.split("\n")) onText(line);
			return { code, signal };
		}),
		stop: () => process.stop(),
		kill: () => process.kill(),
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
