/** Whole lines for the end-to-end tests: real stations on XS, of either kind of board, the real server, and a broker the test controls. */
import { mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Aedes } from "aedes";
import type { BoardKind } from "../../host-sim/board-kind.js";
import type { LineEvent } from "../../host-sim/line/events.js";
import type { Fault } from "../../host-sim/line/faults.js";
import { runLine } from "../../host-sim/line/line.js";
import type { NetworkSwitch } from "../../host-sim/line/network-switch.js";
import { DataDirectory } from "../../host-sim/line/prepare.js";
import type { LineReport } from "../../host-sim/line/report.js";
import { systemClock } from "../../host-sim/line/system-clock.js";
import { smallKeys } from "../support/keys.js";

export const RECIPES = fileURLToPath(new URL("../../../recipes", import.meta.url));

export interface TestLine {
	readonly stations: number;
	readonly units: number;
	readonly seed: number;
	readonly data: string;
	/** Kinds of boards, repeated along the line; Linux. */
	readonly boards?: readonly BoardKind[];
	readonly broker?: string;
	/** How long the fixture takes for a value set; 5. */
	readonly settleMs?: number;
	/** Bytes of each attempt's log; none. */
	readonly logSize?: number;
	/** On chips. */
	readonly countsInstructions?: boolean;
	/** By station, once after power-on. */
	readonly faults?: ReadonlyMap<string, Fault>;
	/** Cuts the chips' network. */
	readonly network?: NetworkSwitch;
	readonly signal?: AbortSignal;
	readonly onEvent?: (event: LineEvent) => void;
}

export async function runTestLine(options: TestLine): Promise<LineReport> {
	const { stations, units, seed, data, broker, boards, onEvent = () => {} } = options;
	const { faults, network } = options;
	const plan = { stations, units, seed, ...(boards && { boards }) };
	const directory = DataDirectory.take(data);
	directory.plan(plan, plan);
	await smallKeys(directory.keys, stations);
	directory.release();
	return await runLine({
		asked: plan,
		fallback: plan,
		broker: broker === undefined ? undefined : { url: broker },
		recipes: RECIPES,
		data,
		settleMs: options.settleMs ?? 5,
		logSize: options.logSize,
		countsInstructions: options.countsInstructions,
		...(faults && { faults }),
		...(network && { network }),
		clock: systemClock,
		onEvent,
		signal: options.signal ?? new AbortController().signal,
	});
}

/** What was decided, without anything that depends on time. */
export function decisions(report: LineReport): unknown {
	return report.units.map(({ serial, outcome, attempts }) => ({ serial, outcome, attempts }));
}

export function temporaryDirectory(): { path: string; remove(): void } {
	const path = mkdtempSync(join(tmpdir(), "interlock-e2e-"));
	return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

export interface Tap {
	/** Where clients should connect instead of to the broker. */
	readonly url: string;
	/** Everything that crossed the broker so far, one buffer per connection and direction. */
	captured(): Buffer[];
	close(): Promise<void>;
}

/** Stands in front of a broker and records every byte, as a wiretap at its network card would. */
export async function tap(brokerPort: number): Promise<Tap> {
	const streams: Buffer[][] = [];
	const sockets = new Set<Socket>();
	const server = createServer({ noDelay: true }, (client) => {
		const upstream = connect({ port: brokerPort, host: "127.0.0.1", noDelay: true });
		for (const [from, to] of [
			[client, upstream],
			[upstream, client],
		] as const) {
			const chunks: Buffer[] = [];
			streams.push(chunks);
			sockets.add(from);
			from.on("data", (chunk) => {
				chunks.push(chunk);
				to.write(chunk);
			});
			from.on("close", () => {
				sockets.delete(from);
				to.destroy();
			});
			from.on("error", () => to.destroy());
		}
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	const { port } = server.address() as AddressInfo;
	return {
		url: `mqtt://127.0.0.1:${port}`,
		captured: () => streams.map((chunks) => Buffer.concat(chunks)),
		close: () =>
			new Promise((resolve) => {
				server.close(() => resolve());
				for (const socket of sockets) socket.destroy();
			}),
	};
}

/** A broker that drops what is published to `topic`, but acknowledges it; `onDrop` is told each time. */
export async function droppingBroker(
	topic: string,
	onDrop: () => void,
): Promise<{ url: string; close(): Promise<void> }> {
	const aedes = await Aedes.createBroker({
		authorizePublish: (_client, packet, done) => {
			if (packet.topic === topic) {
				packet.topic = "nobody/listens/here";
				onDrop();
			}
			done(null);
		},
	});
	const server = createServer({ noDelay: true }, aedes.handle);
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	const { port } = server.address() as AddressInfo;
	return {
		url: `mqtt://127.0.0.1:${port}`,
		close: async () => {
			await new Promise<void>((resolve) => aedes.close(() => resolve()));
			await new Promise<void>((resolve) => server.close(() => resolve()));
		},
	};
}
