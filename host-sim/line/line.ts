/**
 * A whole line on this machine: a broker, the central server and the stations, each a process of its own,
 * kept running until every unit is accounted for. It only watches and restarts: what the units do
 * is between server and stations. Whether they are accounted for is read from the server's database, so
 * that nothing depends on an event that a killed process did not get to send.
 */

import { join } from "node:path";
import { stationDirectory } from "../../keys/keys.js";
import type { Timer } from "../../modules/ports/clock.js";
import { openStore } from "../../server/store/sqlite.js";
import type { Store } from "../../server/store/store.js";
import { type BoardKind, slotSizeOf } from "../board-kind.js";
import { setUp } from "../set-up.js";
import { SimulatedBoard } from "./board.js";
import { BOARDS_DEFAULT, boardsFor } from "./boards.js";
import type { LineEvent } from "./events.js";
import type { LineOptions } from "./line-options.js";
import { listening, prepareMosquitto, startMosquitto } from "./mosquitto.js";
import { startNodeProcess } from "./node-process.js";
import {
	DataDirectory,
	fullName,
	LineError,
	readRecipes,
	serialOf,
	shortName,
	stationId,
} from "./prepare.js";
import { type LineReport, makeReport, type Outcome } from "./report.js";
import { prepareKeys, prepareStore, readProgress } from "./setup-data.js";
import { addressOf, engineName, startStation } from "./station.js";
import { Supervisor, type SupervisorEvent, type SupervisorOptions } from "./supervisor.js";
import { LineView } from "./view.js";

export type { LineOptions } from "./line-options.js";

/** How often the database is asked who is accounted for. */
const PROGRESS_INTERVAL_MS = 500;
/** Without any movement for so long, a run has stalled. */
const STALL_MS = 120_000;
/** How long stations wait to be started for the server to be ready. */
const ONLINE_PATIENCE_MS = 5_000;
/** From its start until a broker of our own says where it listens. */
const LISTEN_TIMEOUT_MS = 30_000;

/**
 * Runs a line to its end.
 *
 * @returns the report; its `outcome` says whether every unit is accounted for.
 * @throws {@link LineError}, and typed errors of keys, store and recipes, before any unit has moved.
 */
export async function runLine(options: LineOptions): Promise<LineReport> {
	const directory = DataDirectory.take(options.data);
	const run = new Run(options, directory);
	try {
		const outcome = await run.run();
		return await run.report(outcome);
	} finally {
		await run.close();
		directory.release();
	}
}

class Run {
	readonly #options: LineOptions;
	readonly #directory: DataDirectory;
	readonly #view: LineView;
	readonly #supervisors = new Map<string, Supervisor>();
	readonly #boards: SimulatedBoard[] = [];
	#finish: (outcome: Outcome) => void = () => {};
	#timer: Timer | undefined;
	#store: Store | undefined;
	/** Stopping processes report no trouble. */
	#stopping = false;

	constructor(options: LineOptions, directory: DataDirectory) {
		this.#options = options;
		this.#directory = directory;
		this.#view = new LineView(options.clock.nowMs());
	}

	async run(): Promise<Outcome> {
		const { asked, fallback, recipes, signal } = this.#options;
		const finished = new Promise<Outcome>((resolve) => {
			this.#finish = resolve;
		});
		signal.addEventListener("abort", () => this.#finish("interrupted"), { once: true });
		const plan = this.#directory.plan(asked, fallback);
		const ids = Array.from({ length: plan.stations }, (_, index) => stationId(index));
		const serials = Array.from({ length: plan.units }, (_, index) => serialOf(index));
		const boards = boardsFor(plan.boards ?? BOARDS_DEFAULT, plan.stations);
		const files = readRecipes(recipes, ids);
		// Making keys takes a while: what cannot work is said before.
		const { broker } = this.#options;
		if (typeof broker === "object") await addressOf(new URL(broker.url).hostname);
		await prepareKeys(this.#directory.keys, ids);
		this.#store = await openStore(this.#directory.database);
		const { slotSize } = this.#options;
		const slotSizes = new Map(
			ids.map((id, at) => [id, slotSize ?? slotSizeOf(kindAt(boards, at))]),
		);
		await prepareStore(this.#store, files, serials, slotSizes);
		if (boards.includes("mcu")) await setUp("mcu", this.#options.showsSetUp);
		if (signal.aborted) return "interrupted";

		const url = await this.#brokerUrl();
		const { seed } = plan;
		this.#emit({ event: "line", seed, stations: ids, boards, units: serials, broker: url });
		await this.#readProgress();
		if (this.#view.complete) return "complete";
		await this.#startServer(url);
		for (const [at, id] of ids.entries())
			await this.#startStation(id, url, seed, kindAt(boards, at));
		this.#options.network?.watch((isCut) =>
			this.#log("line")(`the chips' network cables are ${isCut ? "out" : "in again"}`),
		);
		this.#watchProgress();
		return await finished;
	}

	async report(outcome: Outcome): Promise<LineReport> {
		const endedAtMs = this.#options.clock.nowMs();
		await this.stop();
		await this.#readProgress();
		return makeReport(this.#view, { outcome, engine: engineName(), nowMs: endedAtMs });
	}

	/** Stations first, so that what they last say is still heard; may be called again. */
	async stop(): Promise<void> {
		this.#stopping = true;
		this.#timer?.cancel();
		for (const board of this.#boards) board.close();
		const named = [...this.#supervisors];
		const stop = (wanted: (name: string) => boolean) =>
			Promise.all(named.filter(([name]) => wanted(name)).map(([, one]) => one.stop()));
		await stop((name) => name !== "server" && name !== "broker");
		await stop((name) => name === "server");
		await stop((name) => name === "broker");
	}

	/** Ends everything and lets go of the database; may be called in any state. */
	async close(): Promise<void> {
		await this.stop();
		await this.#store?.close();
	}

	#emit(event: LineEvent): void {
		this.#view.apply(event, this.#options.clock.nowMs());
		this.#options.onEvent(event, this.#view);
		if (this.#view.complete) this.#finish("complete");
	}

	#supervise(name: string, start: SupervisorOptions["start"]): Supervisor {
		const supervisor = new Supervisor({
			...this.#options.supervision,
			start,
			clock: this.#options.clock,
			onEvent: (event) => this.#onProcess(name, event),
		});
		this.#supervisors.set(name, supervisor);
		supervisor.start();
		return supervisor;
	}

	#onProcess(name: string, event: SupervisorEvent): void {
		if (this.#stopping) return;
		this.#emit({ event: "process", process: name, ...event });
		if (event.state === "given-up") this.#finish("failed");
	}

	#log(name: string): (line: string) => void {
		return (line) => this.#emit({ event: "log", process: name, line });
	}

	async #brokerUrl(): Promise<string> {
		const { broker } = this.#options;
		if (typeof broker === "object") return broker.url;
		return broker === "mosquitto" ? await this.#startMosquitto() : await this.#startBroker();
	}

	async #startMosquitto(): Promise<string> {
		const files = await prepareMosquitto(this.#directory.keys);
		this.#supervise("broker", () => startMosquitto(files, this.#log("broker")));
		const patience = new AbortController();
		const timer = this.#options.clock.set(LISTEN_TIMEOUT_MS, () => patience.abort());
		await listening(files.port, patience.signal);
		timer.cancel();
		if (patience.signal.aborted) throw new LineError("broker", "Mosquitto did not start listening");
		return `mqtt://127.0.0.1:${files.port}`;
	}

	/** @returns its address; a restarted broker listens on the same port. */
	#startBroker(): Promise<string> {
		return new Promise((resolve, reject) => {
			let port = 0;
			const patience = this.#options.clock.set(LISTEN_TIMEOUT_MS, () =>
				reject(new LineError("broker", "the broker did not start listening")),
			);
			this.#supervise("broker", () =>
				startNodeProcess({
					args: ["broker", "--port", String(port), "--keys", this.#directory.keys, "--json"],
					onEvent: ({ event, url, port: listening }) => {
						if (event !== "listening" || typeof url !== "string") return;
						port = Number(listening);
						patience.cancel();
						resolve(url);
					},
					onText: this.#log("broker"),
				}),
			);
		});
	}

	/** Waits a while for it to be in touch with the broker: a station that comes first only waits longer. */
	#startServer(url: string): Promise<void> {
		const { path, keys } = this.#directory;
		return new Promise((resolve) => {
			const patience = this.#options.clock.set(ONLINE_PATIENCE_MS, resolve);
			this.#supervise("server", () =>
				startNodeProcess({
					args: ["server", "--broker", url, "--data", path, "--keys", keys, "--json"],
					onEvent: (record) => {
						// A station's own console says its state sooner than its polls of the server do.
						if (record.event !== "state") this.#emit(fromServer(record));
						if (record.event !== "online") return;
						patience.cancel();
						resolve();
					},
					onText: this.#log("server"),
				}),
			);
		});
	}

	async #startStation(id: string, url: string, seed: number, kind: BoardKind): Promise<void> {
		const flash = this.#directory.flash(id);
		const bundle = stationDirectory(this.#directory.keys, fullName(id));
		const { settleMs, logSize, slotSize, profiles, countsInstructions, clock } = this.#options;
		const { faults, network } = this.#options;
		const log = this.#log(id);
		const board = await SimulatedBoard.make({
			...{ bundle, url, flash, slotSize, clock, log },
			board: kind,
		});
		this.#boards.push(board);
		const supervisor = this.#supervise(id, (previous) => {
			board.provision();
			const child = startStation({
				flash,
				previous,
				seed,
				settleMs,
				logSize,
				board: kind,
				countsInstructions,
				fault: faults?.get(id),
				profile: profiles && join(profiles, `${id}.json`),
				// Of transfers the server tells, as it does where boards are real.
				onEvent: (event) => event.event !== "transfer" && this.#emit({ ...event, station: id }),
				onText: this.#log(id),
			});
			network?.attach(id, child);
			return child;
		});
		board.watch(() => supervisor.child?.stop());
	}

	#watchProgress(): void {
		this.#timer = this.#options.clock.set(PROGRESS_INTERVAL_MS, async () => {
			await this.#readProgress();
			if (this.#options.clock.nowMs() - this.#view.progressAtMs > STALL_MS) this.#finish("stalled");
			if (!this.#stopping) this.#watchProgress();
		});
	}

	async #readProgress(): Promise<void> {
		if (this.#store === undefined) return;
		this.#view.correct(await readProgress(this.#store), this.#options.clock.nowMs());
		if (this.#view.complete) this.#finish("complete");
	}
}

function kindAt(boards: readonly BoardKind[], at: number): BoardKind {
	return boards[at] ?? "linux";
}

/** A server's event with the line's short names. */
function fromServer(record: Record<string, unknown>): LineEvent {
	const short = (key: string) => {
		const name = record[key];
		return typeof name === "string" ? { [key]: shortName(name) } : {};
	};
	return { ...record, ...short("station"), ...short("to") } as unknown as LineEvent;
}
