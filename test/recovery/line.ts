/**
 * A line for the recovery tests: the real server, real stations on XS and a real broker, each a process of its own
 * behind a tap (tap.ts), any of which a test may kill and start again at an exact moment.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startNodeProcess } from "../../host-sim/line/node-process.js";
import { fullName, LINE_NAME, serialOf } from "../../host-sim/line/prepare.js";
import { prepareStation } from "../../host-sim/line/station.js";
import type { Child } from "../../host-sim/line/supervisor.js";
import { spawnStation } from "../../host-sim/station-process.js";
import { stationDirectory } from "../../keys/keys.js";
import { lineReport, releaseRecipe, releaseUnits } from "../../server/operations.js";
import { openStore } from "../../server/store/sqlite.js";
import type { Store } from "../../server/store/store.js";
import { freePort, type Mosquitto } from "../mqtt/support.js";
import { plantMosquitto } from "../support/plant-mosquitto.js";
import { RECIPES, recipeOf, SEED, STATIONS } from "./plant.js";
import { type Fate, type Passing, Tap } from "./tap.js";

export type BrokerKind = "the embedded broker" | "Mosquitto";
export const NODES = [...STATIONS, "server", "broker"] as const;
export type NodeName = (typeof NODES)[number];

const build = fileURLToPath(new URL("../..", import.meta.url));
const SERVER = join(build, "test/recovery/announcing-server.js");
const SETTLE_MS = 2;
const POLL_MS = 50;
/** Console lines kept, for a test that fails. */
const TAIL_MAX = 120;

export interface RecoveryLineOptions {
	readonly keys: string;
	readonly broker: BrokerKind;
	/** Units released at the start. */
	readonly units: number;
	/** Decides about every message; `line` is there by then. */
	readonly decide?: (line: RecoveryLine, passing: Passing) => Promise<Fate>;
	/** The write to flash in which each start of a station is to die, by its number from 0; `undefined`: none. */
	readonly crashAtFlashWrite?: (node: string, start: number) => number | undefined;
	/** [step, times]: see announcing-server.ts. */
	readonly crashServer?: readonly (readonly [string, number])[];
}

export class RecoveryLine {
	readonly directory = mkdtempSync(join(tmpdir(), "interlock-recovery-"));
	readonly #options: RecoveryLineOptions;
	readonly #children = new Map<NodeName, Child>();
	readonly #starts = new Map<NodeName, number>();
	readonly #states = new Map<NodeName, string>();
	readonly #tail: string[] = [];
	readonly #startedMs = performance.now();
	#tap: Tap | undefined;
	#mosquitto: Mosquitto | undefined;
	#port = 0;
	#listening: (() => void) | undefined;
	#store: Store | undefined;
	#stopping = false;
	/** Processes that died by themselves. */
	ownDeaths = 0;
	#fault: Error | undefined;

	private constructor(options: RecoveryLineOptions) {
		this.#options = options;
	}

	static async start(options: RecoveryLineOptions): Promise<RecoveryLine> {
		const line = new RecoveryLine(options);
		try {
			await line.#start();
		} catch (error) {
			await line.close();
			throw error;
		}
		return line;
	}

	get store(): Store {
		if (this.#store === undefined) throw new Error("the line has no store yet");
		return this.#store;
	}

	flash(station: string): string {
		return join(this.directory, `${station}.flash`);
	}

	/** What went wrong, with the last lines of every console. */
	report(what: string): Error {
		return new Error(`${what}\n${this.#tail.join("\n")}`);
	}

	/** Kills a node (SIGKILL). Resolves when it is dead and was started again. */
	async kill(node: NodeName, whenDead: () => Promise<void> = async () => {}): Promise<void> {
		this.note(`${node} is killed`);
		if (node === "broker" && this.#mosquitto) {
			await this.#mosquitto.pause("SIGKILL");
			await whenDead();
			await this.#mosquitto.resume();
			return;
		}
		const child = this.#children.get(node);
		if (child?.pid === undefined) throw this.report(`${node} is not there to be killed`);
		this.#children.delete(node);
		child.kill();
		await child.ended;
		await whenDead();
		if (!this.#stopping) this.#run(node);
	}

	async release(count: number, from = 0): Promise<void> {
		const serials = Array.from({ length: count }, (_, i) => serialOf(from + i));
		await releaseUnits(this.store, LINE_NAME, serials);
	}

	/** Waits until every unit has left the line and every station's place is free. */
	async settled(timeoutMs: number): Promise<void> {
		const endMs = performance.now() + timeoutMs;
		for (;;) {
			const fault = this.#fault ?? this.#tap?.fault;
			if (fault) throw this.report(fault.message);
			if (await this.#isSettled()) return;
			if (performance.now() > endMs) throw this.report(`waited in vain\n${await this.#standing()}`);
			await new Promise((resolve) => setTimeout(resolve, POLL_MS));
		}
	}

	/** Stops the stations, so that their flashes can be read, then everything else. */
	async stop(): Promise<void> {
		this.#stopping = true;
		const stop = async (names: readonly NodeName[]): Promise<void> => {
			const children = names.flatMap((name) => this.#children.get(name) ?? []);
			for (const child of children) child.stop();
			await Promise.all(children.map(({ ended }) => ended));
		};
		await stop(STATIONS);
		await stop(["server"]);
		await stop(["broker"]);
		await this.#mosquitto?.stop();
		await this.#tap?.close();
	}

	async close(): Promise<void> {
		await this.stop();
		await this.#store?.close();
		rmSync(this.directory, { recursive: true, force: true });
	}

	async #isSettled(): Promise<boolean> {
		const { units } = await lineReport(this.store, LINE_NAME);
		const areOff = units.every(({ stage }) => stage === "finished" || stage === "rejected");
		return areOff && STATIONS.every((name) => this.#states.get(name) === "Idle");
	}

	async #standing(): Promise<string> {
		const { units } = await lineReport(this.store, LINE_NAME);
		const where = units.map(({ serial, stage, step }) => `${serial} ${stage} at ${step}`);
		const states = [...this.#states].map(([name, state]) => `${name} ${state}`);
		return [...where, ...states].join(", ");
	}

	async #start(): Promise<void> {
		const { broker, units, decide, keys, crashServer } = this.#options;
		this.#store = await openStore(join(this.directory, "interlock.sqlite"));
		for (const index of RECIPES.keys()) {
			const { station, id, text, limits } = recipeOf(index);
			await releaseRecipe(this.#store, { station, id, text, limitsText: limits });
		}
		await this.release(units);
		const names = ["test/on-xs/announcing-station", "test/on-xs/announcement"];
		const lines = names.map((name) => `module ${name} load ${join(build, `${name}.js`)}\n`);
		writeFileSync(this.#moduleTable, lines.join(""));
		if (crashServer) writeFileSync(this.#crashFile, JSON.stringify(crashServer));
		if (broker === "Mosquitto") await this.#startMosquitto();
		else await this.#startEmbedded();
		this.#tap = await Tap.start(
			() => this.#port,
			async (passing) => (await decide?.(this, passing)) ?? "pass",
		);
		this.#run("server");
		for (const station of STATIONS) {
			const bundle = stationDirectory(keys, fullName(station));
			await prepareStation({ bundle, url: this.#tap.url, flash: this.flash(station) });
			this.#run(station);
		}
	}

	async #startMosquitto(): Promise<void> {
		this.#mosquitto = await plantMosquitto(this.#options.keys);
		this.#port = this.#mosquitto.port;
	}

	async #startEmbedded(): Promise<void> {
		this.#port = await freePort();
		const listening = new Promise<void>((resolve) => {
			this.#listening = resolve;
		});
		this.#run("broker");
		await listening;
	}

	get #crashFile(): string {
		return join(this.directory, "crash.json");
	}

	#run(node: NodeName): void {
		const start = this.#starts.get(node) ?? 0;
		this.#starts.set(node, start + 1);
		const child = node === "server" || node === "broker" ? this.#node(node) : this.#station(node);
		this.#children.set(node, child);
		child.ended.then(({ code, signal }) => {
			if (this.#stopping || this.#children.get(node) !== child) return;
			this.ownDeaths++;
			const { crashAtFlashWrite, crashServer } = this.#options;
			const isMeant = signal === "SIGKILL" && (crashAtFlashWrite ?? crashServer) !== undefined;
			if (!isMeant) this.#fault ??= new Error(`${node} ended: ${code ?? signal}`);
			else this.#run(node);
		});
	}

	#node(node: "server" | "broker"): Child {
		const url = this.#tap?.url ?? "";
		const { keys, crashServer } = this.#options;
		return startNodeProcess({
			...(node === "server" && { main: SERVER }),
			...(node === "server" && crashServer && { environment: { CRASH_FILE: this.#crashFile } }),
			args:
				node === "server"
					? ["server", "--broker", url, "--data", this.directory, "--keys", keys, "--json"]
					: ["broker", "--port", String(this.#port), "--keys", keys, "--json"],
			onEvent: (event) => {
				if (event.event === "listening") this.#listening?.();
				this.#said(node, JSON.stringify(event));
			},
			onText: (line) => this.#said(node, line),
		});
	}

	#station(node: string): Child {
		const start = (this.#starts.get(node as NodeName) ?? 1) - 1;
		const crashAtFlashWrite = this.#options.crashAtFlashWrite?.(node, start);
		this.#states.delete(node as NodeName);
		const station = spawnStation({
			flash: this.flash(node),
			table: this.#moduleTable,
			main: "test/on-xs/announcing-station",
			options: { seed: String(SEED), settleMs: String(SETTLE_MS) },
			...(crashAtFlashWrite !== undefined && { crashAtFlashWrite }),
			onEvent: (event) => {
				if (event.kind === "log") this.#said(node as NodeName, event.line);
			},
		});
		return {
			pid: station.pid,
			ended: station.exited.then(({ code, signal, message }) => {
				if (message !== "") this.#said(node as NodeName, message);
				return { code, signal };
			}),
			stop: () => station.stop(),
			kill: () => station.kill(),
		};
	}

	/** Beside the firmware's modules, those of the test. */
	get #moduleTable(): string {
		return join(this.directory, "modules.txt");
	}

	#said(node: NodeName, line: string): void {
		if (this.#tap?.announce(line)) {
			this.note(`${node}: ${line.slice(42)}`);
			return;
		}
		const state = /^state (\w+)$/.exec(line)?.[1];
		if (state !== undefined) this.#states.set(node, state);
		this.note(`${node}: ${line}`);
	}

	/** A line for the report. */
	note(text: string): void {
		this.#tail.push(`${Math.round(performance.now() - this.#startedMs)} ms ${text}`);
		if (this.#tail.length > TAIL_MAX) this.#tail.shift();
	}
}
