/**
 * The other ends of a bench, each a process of its own as in a plant: a broker, the central server, and who
 * echoes. `close` of {@link Processes} ends them all.
 */
import { type ChildProcess, type ChildProcessByStdio, fork, spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { answers, freePort } from "../host-sim/line/local-port.js";
import { MOSQUITTO } from "../host-sim/line/mosquitto.js";
import { startNodeProcess } from "../host-sim/line/node-process.js";
import type { Child } from "../host-sim/line/supervisor.js";
import { check } from "./measure.js";
import { endsWithThis } from "./temporary.js";

export type BrokerKind = "embedded" | "mosquitto";

const PATIENCE_MS = 20_000;
const KNOCK_MS = 20;

export const BROKERS: readonly BrokerKind[] = MOSQUITTO ? ["embedded", "mosquitto"] : ["embedded"];

export class Processes {
	readonly #directory: string;
	readonly #children: (() => Promise<unknown>)[] = [];
	/** Of the Mosquitto started last. */
	brokerPid = 0;

	/** @param directory - for their files; the caller's. */
	constructor(directory: string) {
		this.#directory = directory;
	}

	/** Anyone may log in: who may is not measured. @returns `mqtt://host:port`. */
	async broker(kind: BrokerKind): Promise<string> {
		return kind === "mosquitto" ? await this.#mosquitto() : await this.#embedded();
	}

	async #embedded(): Promise<string> {
		const event = await this.#command(["broker", "--port", "0", "--json"], "listening");
		return String(event.url);
	}

	async #mosquitto(): Promise<string> {
		const port = await freePort();
		const file = join(this.#directory, `mosquitto-${port}.conf`);
		const lines = [`listener ${port} 127.0.0.1`, "allow_anonymous true", "set_tcp_nodelay true"];
		writeFileSync(file, `${[...lines, "log_type none"].join("\n")}\n`);
		const child = spawn(MOSQUITTO ?? "mosquitto", ["-c", file], { stdio: "ignore" });
		this.#own(child);
		this.brokerPid = child.pid ?? 0;
		const endMs = performance.now() + PATIENCE_MS;
		while (!(await answers(port))) {
			check(child.exitCode === null, `mosquitto ended with status ${child.exitCode}`);
			check(performance.now() < endMs, "mosquitto does not listen");
			await sleep(KNOCK_MS);
		}
		return `mqtt://127.0.0.1:${port}`;
	}

	/**
	 * The central server; resolves when it has reached the broker.
	 *
	 * @param more - options of its command.
	 * @returns its process's id.
	 */
	async server(
		url: string,
		data: string,
		keys: string,
		more: readonly string[] = [],
	): Promise<number> {
		const args = ["server", "--broker", url, "--data", data, "--keys", keys, "--json", ...more];
		const { pid } = await this.#command(args, "online");
		return pid as number;
	}

	/** Who echoes (echo-peer.ts); resolves when it has subscribed. */
	async echo(url: string): Promise<void> {
		await this.peer("./echo-peer.js", [url]);
	}

	/**
	 * A compiled module beside this one, as a process; resolves when it sends its first message.
	 *
	 * @returns its process's id.
	 */
	async peer(module: string, args: readonly string[]): Promise<number> {
		const child = fork(fileURLToPath(new URL(module, import.meta.url)), args);
		this.#own(child);
		await new Promise((resolve, reject) => {
			child.once("message", resolve);
			child.once("exit", () => reject(new Error(`${module} ended`)));
		});
		return child.pid ?? 0;
	}

	/** Another program, ended with the rest. Its standard error is this process's. */
	program(file: string, args: readonly string[]): ChildProcessByStdio<Writable, Readable, null> {
		const child = spawn(file, args, { stdio: ["pipe", "pipe", "inherit"] });
		this.#own(child);
		return child;
	}

	/** Runs bin/interlock and waits for one of its events. */
	#command(args: readonly string[], awaited: string): Promise<Record<string, unknown>> {
		return new Promise((resolve, reject) => {
			const said: string[] = [];
			const child: Child = startNodeProcess({
				args,
				onEvent: (event) => {
					if (event.event === awaited) resolve({ ...event, pid: child.pid });
				},
				onText: (line) => said.push(line),
			});
			this.#children.push(async () => {
				child.stop();
				await child.ended;
			});
			void child.ended.then(() => reject(new Error(`${args[0]} ended: ${said.join("; ")}`)));
		});
	}

	#own(child: ChildProcess): void {
		endsWithThis(child);
		const exit = new Promise((resolve) => child.once("exit", resolve));
		this.#children.push(async () => {
			child.kill("SIGTERM");
			if (child.exitCode === null && child.signalCode === null) await exit;
		});
	}

	async close(): Promise<void> {
		for (const end of this.#children.splice(0).reverse()) await end();
	}
}
