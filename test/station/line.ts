/**
 * A whole line in one process for the station's tests: a real broker, the real server over a real database, and
 * stations that are the real firmware over storage in memory, where power can be cut.
 */
import { createPrivateKey } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { enrol, initPlant, loadBundle, loadServerKeys, type ServerKeys } from "../../keys/keys.js";
import type { Clock } from "../../modules/ports/clock.js";
import type { Fixture, Trial, TrialOutcome } from "../../modules/ports/fixture.js";
import type { Connection, Transport, TransportEvents } from "../../modules/ports/transport.js";
import { StationRunner } from "../../modules/station/runner.js";
import { type Broker, startBroker } from "../../server/broker.js";
import { systemClock, systemRandom } from "../../server/clock.js";
import { NodeCrypto } from "../../server/crypto.js";
import type { ServerEvent } from "../../server/events.js";
import {
	type LineReport,
	lineReport,
	releaseRecipe,
	releaseUnits,
} from "../../server/operations.js";
import { type Server, startServer } from "../../server/server.js";
import { openStore } from "../../server/store/sqlite.js";
import type { Store } from "../../server/store/store.js";
import { TcpTransport } from "../../server/transport.js";
import { MemoryKeyValue, MemoryPartition } from "./memory.js";

export const LINE = "line-1";

/** Keys of one plant, made once for all tests of a file. */
export interface TestPlant {
	readonly directory: string;
	readonly keys: ServerKeys;
	remove(): void;
}

export async function makePlant(stations: number): Promise<TestPlant> {
	const parent = mkdtempSync(join(tmpdir(), "interlock-station-"));
	const directory = join(parent, "plant");
	await initPlant({ directory, line: LINE, rsaBits: 2048 });
	const names = Array.from({ length: stations }, (_, i) => `station-${i + 1}`);
	await enrol({ directory, stations: names, rsaBits: 2048 });
	const keys = loadServerKeys(directory);
	return { directory, keys, remove: () => rmSync(parent, { recursive: true }) };
}

/** Measures what a function says; keeps what it was asked. */
export class TestFixture implements Fixture {
	readonly trials: Trial[] = [];
	stops = 0;
	/** Its trials log. */
	writesLogs = false;
	/** A trial does not end until it is let. */
	blocked = false;
	readonly #measure: (trial: Trial) => TrialOutcome;
	#finish: (() => void) | undefined;

	constructor(measure: (trial: Trial) => TrialOutcome) {
		this.#measure = measure;
	}

	run(trial: Trial, done: (outcome: TrialOutcome) => void): void {
		this.trials.push(trial);
		this.#finish = () => done(this.#measure(trial));
		if (!this.blocked) setImmediate(() => this.finish());
	}
	/** Ends the trial that is under way. */
	finish(): void {
		const finish = this.#finish;
		this.#finish = undefined;
		finish?.();
	}
	stop(): void {
		this.stops++;
		this.#finish = undefined;
	}
}

/** TCP until the power is cut: then nothing goes out, and nothing comes in. */
class CuttableTransport implements Transport {
	readonly #tcp = new TcpTransport();
	readonly #connections = new Set<Connection>();
	#isCut = false;

	connect(host: string, port: number, events: TransportEvents): Connection {
		const connection = this.#tcp.connect(host, port, {
			opened: () => this.#isCut || events.opened(),
			room: (sizeMax) => events.room(sizeMax),
			received: (bytes) => this.#isCut || events.received(bytes),
			writable: () => this.#isCut || events.writable(),
			closed: (reason) => this.#isCut || events.closed(reason),
		});
		this.#connections.add(connection);
		return {
			write: (bytes) => (this.#isCut ? bytes.length : connection.write(bytes)),
			close: () => connection.close(),
		};
	}
	cut(): void {
		this.#isCut = true;
		for (const connection of this.#connections) connection.close();
	}
}

/** A board: what survives a power cut, and the firmware that runs on it now. */
export class Board {
	readonly name: string;
	readonly state = new MemoryKeyValue();
	readonly slots = Array.from({ length: 4 }, () => new MemoryPartition());
	readonly logs = Array.from({ length: 2 }, () => new MemoryPartition());
	readonly fixture: TestFixture;
	readonly lines: string[] = [];
	readonly crypto = new NodeCrypto();
	clock: Clock = systemClock;
	runner: StationRunner | undefined;
	#transport = new CuttableTransport();
	readonly #directory: string;
	readonly #port: () => number;

	constructor(directory: string, name: string, port: () => number, fixture: TestFixture) {
		this.#directory = join(directory, "stations", name);
		this.name = name;
		this.#port = port;
		this.fixture = fixture;
	}

	powerOn(): StationRunner {
		this.state.isDead = false;
		this.#transport = new CuttableTransport();
		const bundle = loadBundle(this.#directory);
		const der = createPrivateKey({ key: Buffer.from(bundle.kem), format: "der", type: "pkcs1" });
		this.runner = new StationRunner({
			crypto: this.crypto,
			privateKey: NodeCrypto.privateKey(der, "unwrap"),
			config: {
				station: bundle.station,
				host: "127.0.0.1",
				port: this.#port(),
				username: bundle.username,
				password: bundle.password,
				credential: bundle.credential.bytes,
				server: bundle.server.bytes,
				roots: bundle.roots,
			},
			state: this.state,
			slots: this.slots,
			logs: this.logs,
			transport: this.#transport,
			clock: this.clock,
			random: systemRandom,
			resetReason: "power-on",
			fixture: this.fixture,
			log: (line) => this.lines.push(line),
		});
		this.runner.start();
		return this.runner;
	}

	/** Only what is in storage is left. */
	powerOff(): void {
		this.state.isDead = true;
		this.#transport.cut();
		this.runner?.close();
		this.runner = undefined;
	}

	/**
	 * Cuts the power at write `atWrite` (from 1) from now on, before or after it has been done, and switches the
	 * board on again.
	 *
	 * @param onCut - called before it is switched on.
	 */
	cutPowerAt(atWrite: number, losesLast: boolean, onCut: () => void): void {
		this.state.writesToPowerCut = atWrite;
		this.state.losesLast = losesLast;
		this.state.onPowerCut = () => {
			this.#transport.cut();
			this.fixture.stop();
			setImmediate(() => {
				this.powerOff();
				onCut();
				this.powerOn();
			});
		};
	}

	/** Waits for a line on the console that has not been waited for. */
	async untilLine(what: string): Promise<void> {
		while (!this.lines.includes(what)) await new Promise((resolve) => setTimeout(resolve, 5));
		this.lines.splice(0, this.lines.indexOf(what) + 1);
	}
}

export class TestLine {
	readonly plant: TestPlant;
	readonly events: ServerEvent[] = [];
	readonly boards: Board[] = [];
	readonly #directory = mkdtempSync(join(tmpdir(), "interlock-line-"));
	broker!: Broker;
	store!: Store;
	server: Server | undefined;
	#waiting: (() => void)[] = [];

	constructor(plant: TestPlant) {
		this.plant = plant;
	}

	async start(): Promise<void> {
		this.broker = await startBroker();
		this.store = await openStore(join(this.#directory, "interlock.db"));
		await this.startServer();
	}

	async startServer(): Promise<void> {
		this.server = await startServer({
			brokerUrl: this.broker.url,
			keys: this.plant.keys,
			store: this.store,
			onEvent: (event) => {
				this.events.push(event);
				for (const wake of this.#waiting.splice(0)) wake();
			},
		});
	}

	async stopServer(): Promise<void> {
		await this.server?.close();
		this.server = undefined;
	}

	board(index: number, measure: (trial: Trial) => TrialOutcome): Board {
		const name = this.plant.keys.plant.stations[index] as string;
		const port = (): number => this.broker.port;
		const board = new Board(this.plant.directory, name, port, new TestFixture(measure));
		this.boards.push(board);
		return board;
	}

	async release(index: number, text: string, limitsText: string): Promise<void> {
		const station = this.plant.keys.plant.stations[index] as string;
		await releaseRecipe(this.store, { station, id: "trim", text, limitsText });
		await this.server?.refresh();
	}

	async releaseUnits(...serials: string[]): Promise<void> {
		await releaseUnits(this.store, LINE, serials);
		await this.server?.refresh();
	}

	/** Waits for the server to tell of something that has not been waited for. */
	async until(what: (event: ServerEvent) => boolean): Promise<ServerEvent> {
		for (;;) {
			const found = this.events.findIndex(what);
			if (found >= 0) return this.events.splice(0, found + 1).at(-1) as ServerEvent;
			await new Promise<void>((resolve) => this.#waiting.push(resolve));
		}
	}

	async untilUnit(serial: string): Promise<string> {
		const event = await this.until((each) => each.event === "unit" && each.serial === serial);
		return event.event === "unit" ? event.outcome : "";
	}

	report(): Promise<LineReport> {
		return lineReport(this.store, LINE);
	}

	async close(): Promise<void> {
		for (const board of this.boards) board.powerOff();
		await this.stopServer();
		await this.store.close();
		await this.broker.close();
		rmSync(this.#directory, { recursive: true });
	}
}
