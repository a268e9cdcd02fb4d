/**
 * What the MQTT tests share: a clock, records in memory, a client that keeps what it gets, a
 * Mosquitto.
 */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { appendFileSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../../host-sim/line/local-port.js";
import { MqttClient, type MqttMessage, type MqttOptions } from "../../modules/mqtt/client.js";
import type { Clock } from "../../modules/ports/clock.js";
import {
	KEY_LENGTH_MAX,
	type KeyValue,
	StorageError,
	VALUE_SIZE_MAX,
} from "../../modules/ports/storage.js";
import { TcpTransport } from "../../server/transport.js";

export const realClock: Clock = {
	nowMs: () => performance.now(),
	set(delayMs, callback) {
		const timer = setTimeout(callback, delayMs);
		return { cancel: () => clearTimeout(timer) };
	},
};

/**
 * Time that passes only when told to; alarms of one instant go off in the order in which they were
 * set.
 */
export class ManualClock implements Clock {
	#nowMs = 0;
	#count = 0;
	#alarms: { atMs: number; order: number; callback: () => void }[] = [];

	nowMs(): number {
		return this.#nowMs;
	}

	set(delayMs: number, callback: () => void): { cancel(): void } {
		const alarm = { atMs: this.#nowMs + delayMs, order: this.#count++, callback };
		this.#alarms.push(alarm);
		this.#alarms.sort((a, b) => a.atMs - b.atMs || a.order - b.order);
		return {
			cancel: () => {
				this.#alarms = this.#alarms.filter((other) => other !== alarm);
			},
		};
	}

	get alarms(): number {
		return this.#alarms.length;
	}

	advance(durationMs: number): void {
		const endMs = this.#nowMs + durationMs;
		for (let first = this.#alarms[0]; first && first.atMs <= endMs; first = this.#alarms[0]) {
			this.#alarms.shift();
			this.#nowMs = first.atMs;
			first.callback();
		}
		this.#nowMs = endMs;
	}
}

/**
 * The Storage port's promises, in memory; `failAt` cuts the power before the write of that number.
 */
export class MemoryRecords implements KeyValue {
	readonly records: Map<string, Uint8Array> = new Map();
	writes = 0;
	failAt = Number.POSITIVE_INFINITY;
	full = false;

	read(key: string): Uint8Array | undefined {
		return this.records.get(key)?.slice();
	}

	write(key: string, value: Uint8Array): void {
		assert.match(key, /^[a-z0-9._-]+$/);
		assert.ok(key.length <= KEY_LENGTH_MAX && value.length <= VALUE_SIZE_MAX);
		if (this.full) throw new StorageError("full", "no room");
		this.#step();
		this.records.set(key, value.slice());
	}

	delete(key: string): void {
		this.#step();
		this.records.delete(key);
	}

	close(): void {}

	#step(): void {
		if (this.writes >= this.failAt) throw new PowerCut();
		this.writes++;
	}
}

export class PowerCut extends Error {}

/** Waits for `condition`, looking again every few milliseconds. */
export async function until(condition: () => boolean, what: string): Promise<void> {
	const endMs = performance.now() + 10_000;
	while (!condition()) {
		if (performance.now() > endMs) throw new Error(`waited in vain: ${what}`);
		await new Promise((resolve) => setTimeout(resolve, 2));
	}
}

export interface Recorded {
	readonly client: MqttClient;
	readonly messages: MqttMessage[];
	/** Each time it went online: session present or not. */
	readonly onlines: boolean[];
	readonly offlines: string[];
	readonly writable: { count: number };
}

/** A client that keeps what happens to it. Not yet started. */
export function recorded(port: number, options: Partial<MqttOptions> = {}): Recorded {
	const messages: MqttMessage[] = [];
	const onlines: boolean[] = [];
	const offlines: string[] = [];
	const writable = { count: 0 };
	const client = new MqttClient({
		transport: new TcpTransport(),
		clock: realClock,
		random: { fraction: Math.random },
		host: "127.0.0.1",
		port,
		clientId: "client",
		protocol: 4,
		cleanStart: true,
		keepAliveS: 30,
		reconnectMinMs: 20,
		reconnectMaxMs: 100,
		onOnline: (present) => onlines.push(present),
		onOffline: (reason) => offlines.push(reason),
		onMessage: (message) => messages.push(message),
		onWritable: () => {
			writable.count++;
		},
		...options,
	});
	return { client, messages, onlines, offlines, writable };
}

/** Started, and online. */
export async function online(port: number, options: Partial<MqttOptions> = {}): Promise<Recorded> {
	const made = recorded(port, options);
	made.client.start();
	await until(() => made.client.online, "the client to be online");
	return made;
}

export function subscribed(
	client: MqttClient,
	...filters: [string, 0 | 1 | 2][]
): Promise<readonly number[]> {
	return new Promise((resolve) =>
		client.subscribe(
			filters.map(([filter, qos]) => ({ filter, qos })),
			resolve,
		),
	);
}

/** Resolves when the message is acknowledged; fails where it was not taken or not delivered. */
export function published(
	client: MqttClient,
	topic: string,
	text: string,
	options: { qos?: 0 | 1 | 2; retain?: boolean } = {},
): Promise<void> {
	return new Promise((resolve, reject) => {
		const taken = client.publish(topic, Buffer.from(text), options, (error) =>
			error === undefined ? resolve() : reject(error),
		);
		if (!taken) reject(new Error("not taken"));
	});
}

export function closed(client: MqttClient): Promise<void> {
	return new Promise((resolve) => client.close(resolve));
}

export function text(message: MqttMessage): string {
	return Buffer.from(message.payload).toString();
}

export { freePort };

const MOSQUITTO = "/usr/sbin/mosquitto";

/** A Mosquitto of the test's own, in a directory of its own. */
export class Mosquitto {
	readonly port: number;
	readonly #folder: string;
	#configuration: string;
	#child: ChildProcess | undefined;

	private constructor(port: number) {
		this.port = port;
		this.#folder = mkdtempSync(join(tmpdir(), "interlock-mosquitto-"));
		this.#configuration = join(this.#folder, "mosquitto.conf");
	}

	#configure(settings: string): void {
		const lines = [
			`listener ${this.port} 127.0.0.1`,
			...(settings.includes("allow_anonymous") ? [] : ["allow_anonymous true"]),
			"persistence true",
			`persistence_location ${this.#folder}/`,
			"set_tcp_nodelay true",
			"log_type none",
			// Otherwise, started by root, it becomes another user, who may not write to the folder.
			...(process.getuid?.() === 0 ? ["user root"] : []),
			settings,
			"",
		];
		writeFileSync(this.#configuration, lines.join("\n"));
	}

	static get installed(): boolean {
		return existsSync(MOSQUITTO);
	}

	/** @param settings - further lines of its configuration. */
	static async start(settings = ""): Promise<Mosquitto> {
		const broker = new Mosquitto(await freePort());
		broker.#configure(settings);
		await broker.resume();
		return broker;
	}

	/**
	 * With a configuration of somebody else's making.
	 *
	 * @param configure - writes it, for that port, into that folder. @returns its path.
	 */
	static async startWith(
		configure: (port: number, folder: string) => Promise<string>,
	): Promise<Mosquitto> {
		const broker = new Mosquitto(await freePort());
		broker.#configuration = await configure(broker.port, broker.#folder);
		// As above; who starts a real one gives it an owner of its own.
		if (process.getuid?.() === 0) appendFileSync(broker.#configuration, "user root\n");
		await broker.resume();
		return broker;
	}

	get pid(): number | undefined {
		return this.#child?.pid;
	}

	/** After `pause`: what is on its disk is there again. */
	async resume(): Promise<void> {
		const child = spawn(MOSQUITTO, ["-c", this.#configuration], {
			stdio: ["ignore", "ignore", "pipe"],
		});
		// Also where a test failed and stopped nothing.
		const kill = (): boolean => child.kill("SIGKILL");
		process.once("exit", kill);
		child.once("exit", () => process.removeListener("exit", kill));
		let said = "";
		child.stderr.on("data", (bytes) => {
			said += bytes;
		});
		this.#child = child;
		let open = false;
		const knock = (): void => {
			if (child.exitCode !== null || open) return;
			const socket = connect(this.port, "127.0.0.1");
			socket.once("connect", () => {
				open = true;
				socket.destroy();
			});
			socket.once("error", () => setTimeout(knock, 10));
		};
		knock();
		await until(() => open || child.exitCode !== null, "mosquitto to listen");
		assert.equal(child.exitCode, null, `mosquitto did not start: ${said}`);
	}

	/** Stops it; SIGTERM makes it write its sessions to disk, SIGKILL does not. */
	async pause(signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<void> {
		const child = this.#child;
		if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
		const exit = new Promise((resolve) => child.once("exit", resolve));
		child.kill(signal);
		await exit;
	}

	async stop(): Promise<void> {
		await this.pause();
		rmSync(this.#folder, { recursive: true, force: true });
	}
}
