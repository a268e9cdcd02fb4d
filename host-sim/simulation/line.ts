/**
 * A whole line in simulated time: the stations' firmware and the central server as they are, over a modelled broker,
 * network, flash, clock and store. Nothing happens that {@link SimulatedLine.time} has not drawn from the seed.
 */
import { createHash } from "node:crypto";
import { utf8 } from "../../modules/bytes/bytes.js";
import type { Trial } from "../../modules/ports/fixture.js";
import { releasedUnit } from "../../server/core/unit.js";
import { checkRecipe } from "../../server/recipe-check.js";
import { type Server, startServer } from "../../server/server.js";
import { hash32 } from "../plant/random.js";
import { SimulatedBoard } from "./board.js";
import { type Courier, type Message, SimulatedBroker } from "./broker.js";
import { SimulatedCrypto } from "./crypto.js";
import { Dice } from "./dice.js";
import { IdealKeys, type RsaPair } from "./ideal-keys.js";
import { type Listener, Network } from "./network.js";
import type { Observation, Observe } from "./observation.js";
import { BEGIN_S, SimulatedPlant } from "./plant.js";
import { MemoryStore } from "./store.js";
import { Tables } from "./tables.js";
import { type Pace, Process, settled, VirtualTime } from "./time.js";

export const LINE = "line";
export const SERVER = "server";
export const RECIPE = "trim";
/** Of a segment: small recipes shall have several. */
export const SEGMENT_SIZE = 1024;

export interface LineOptions {
	readonly seed: number;
	readonly stations: number;
	readonly courier: Courier;
	/** Part of all attempts that pass, about. */
	readonly yield: number;
	/** Makes a real RSA key pair in place of a modelled one; all keys are then real. */
	readonly realPair?: () => RsaPair;
	readonly observe: Observe;
	/** Something that must not happen: a party threw, or ended by itself. */
	readonly onFailure: (party: string, error: unknown) => void;
	/** Sees each message first; false: it is swallowed. */
	readonly intercept?: (message: Message) => boolean;
	/** Real time, and something that listens in place of the modelled broker. */
	readonly real?: { readonly pace: Pace; readonly listener: (bridge: BridgeEnd) => Listener };
}

/** What a listener in place of the broker needs of the line. */
export interface BridgeEnd {
	readonly time: VirtualTime;
	readonly onPublish: (message: Message) => boolean;
}

/** When and how the server dies by itself. */
export interface Crash {
	/** Commits before the one in which it dies. */
	commits: number;
	readonly isBefore: boolean;
}

export class SimulatedLine {
	readonly time: VirtualTime;
	readonly tables = new Tables();
	readonly network: Network;
	/** Nobody is connected to it where the line has a real one. */
	readonly broker: SimulatedBroker;
	readonly plant: SimulatedPlant;
	readonly boards: readonly SimulatedBoard[];
	/** Whoever does things to the line; never dies. */
	readonly operator: Process;
	/** How far the server's time of day is off, milliseconds. */
	timeOffMs = 0;
	/** How long a commit and a private RSA operation take at the server. */
	commitMs = 0;
	rsaMs = 1;
	crash: Crash | undefined;
	/** A board or the server has died by itself: told after the instant in which it did. */
	onDeath: (party: string) => void = () => undefined;
	readonly #options: LineOptions;
	readonly #ideal: IdealKeys | undefined;
	#serverProcess: Process | undefined;
	#server: Server | undefined;
	#newKeys = false;
	readonly #serverDice: Dice;
	/** Makers of random bytes so far: each has its own. */
	#cryptos = 0;
	readonly #versions = new Map<string, number>();

	constructor(options: LineOptions) {
		const { seed, stations, courier, observe, intercept = () => true, onFailure } = options;
		const dice = (label: string) => new Dice(seed, label);
		this.#options = options;
		this.time = new VirtualTime(options.real?.pace);
		const ideal = options.realPair ? undefined : new IdealKeys(dice("keys"));
		this.#ideal = ideal;
		this.#serverDice = dice("server");
		const root = new SimulatedCrypto(dice("root"), ideal, () => undefined);
		const pair = options.realPair ?? (() => (ideal as IdealKeys).pair());
		this.plant = new SimulatedPlant(LINE, stations, root, pair);
		this.operator = new Process({
			name: "operator",
			isAsync: true,
			onDeath: () => undefined,
			onFailure: (error) => onFailure("operator", error),
		});
		this.network = new Network(this.time, dice("network"));
		const onPublish = (message: Message): boolean => {
			observe({ type: "published", message });
			return intercept(message);
		};
		const { time } = this;
		this.broker = new SimulatedBroker({ time, courier, onPublish });
		this.network.listener = options.real?.listener({ time, onPublish }) ?? this.broker;
		this.boards = this.plant.stations.map((name) => this.#board(name, dice(`board ${name}`)));
	}

	/** A party's Crypto, watched under its name. */
	crypto(name: string, rsaTime?: () => Promise<void>): SimulatedCrypto {
		const { seed, observe } = this.#options;
		const watch = (use: (Observation & { type: "key" })["use"]) =>
			observe({ type: "key", by: name, use });
		const dice = new Dice(seed, `crypto ${name} ${this.#cryptos++}`);
		return new SimulatedCrypto(dice, this.#ideal, watch, rsaTime);
	}

	#board(name: string, dice: Dice): SimulatedBoard {
		const { time, network, plant } = this;
		const { observe, onFailure } = this.#options;
		return new SimulatedBoard({
			name,
			time,
			network,
			plant,
			crypto: this.crypto(name),
			dice,
			observe,
			measure: (trial) => this.#measure(name, trial),
			onDeath: () => this.onDeath(name),
			onFailure: (error) => onFailure(name, error),
		});
	}

	/** `q` says whether the unit is good, `x` only which attempt it was; both follow from what was tried. */
	#measure(station: string, { serial, attempt, values }: Trial) {
		const set = values.map(({ name, value }) => `${name}=${value}`).join();
		const of = (what: string) =>
			hash32(`${this.#options.seed}/${station}/${serial}/${what}`) / 2 ** 32;
		return [
			{ name: "q", value: of(set) },
			{ name: "x", value: of(`${attempt}`) },
		];
	}

	/** Switches everything on. */
	async start(): Promise<void> {
		await this.startServer();
		for (const board of this.boards) board.powerOn();
	}

	get isServerOn(): boolean {
		return this.#serverProcess?.isAlive === true;
	}

	async startServer(): Promise<void> {
		if (this.isServerOn) return;
		const { observe, onFailure } = this.#options;
		const process = new Process({
			name: SERVER,
			isAsync: true,
			onDeath: () => this.onDeath(SERVER),
			onFailure: (error) => onFailure(SERVER, error),
		});
		const isAlive = () => process.isAlive;
		const wait = (delayMs: number) =>
			new Promise<void>((resolve) => {
				if (delayMs > 0) this.time.after(delayMs, process, resolve);
				else resolve();
			});
		this.#serverProcess = process;
		observe({ type: "power", party: SERVER, isOn: true });
		const store = new MemoryStore(this.tables, {
			isAlive,
			beforeCommit: async () => {
				await wait(this.commitMs);
				this.#crashAt(process, true);
			},
			afterCommit: (changes) => {
				observe({ type: "committed", changes });
				this.#crashAt(process, false);
			},
		});
		this.#newKeys = false;
		void startServer({
			brokerUrl: "mqtt://broker",
			keys: this.plant.serverKeys(),
			changedKeys: () => {
				if (!this.#newKeys) return undefined;
				this.#newKeys = false;
				return this.plant.serverKeys();
			},
			store,
			clock: this.time.clock(process, 1),
			random: this.#serverDice,
			transport: this.network.transport(process),
			crypto: this.crypto(SERVER, () => wait(this.rsaMs)),
			timeMs: () => BEGIN_S * 1000 + this.time.nowMs + this.timeOffMs,
			segmentSize: SEGMENT_SIZE,
			onEvent: (event) => {
				if (isAlive()) observe({ type: "event", event });
			},
		}).then(
			(server) => {
				this.#server = server;
				void server.ended.then((error) => {
					if (isAlive()) onFailure(SERVER, error ?? new Error("ended"));
				});
			},
			(error) => {
				if (isAlive()) onFailure(SERVER, error);
			},
		);
		await settled();
	}

	#crashAt(process: Process, isBefore: boolean): void {
		const { crash } = this;
		if (!crash || crash.isBefore !== isBefore || crash.commits-- > 0) return;
		this.crash = undefined;
		process.kill();
		this.onDeath(SERVER);
	}

	/** Dies at once. @param isHeard - the broker hears of it. */
	killServer(isHeard: boolean): void {
		if (!this.#serverProcess) return;
		this.#serverProcess.kill();
		this.#serverProcess = undefined;
		this.#server = undefined;
		this.crash = undefined;
		this.tables.abandon();
		if (isHeard) this.broker.drop(SERVER, false);
		this.#options.observe({ type: "power", party: SERVER, isOn: false });
	}

	/** The keys in the plant's directory have changed: the server finds out by itself. */
	announceKeys(): void {
		this.#newKeys = true;
	}

	/** Somebody else's way to the database, as the command line has it. */
	get #people(): MemoryStore {
		const { observe } = this.#options;
		return new MemoryStore(this.tables, {
			afterCommit: (changes) => observe({ type: "committed", changes }),
		});
	}

	/** The next version of a station's recipe. */
	async releaseRecipe(station: string, text: string): Promise<void> {
		const version = (this.#versions.get(station) ?? 0) + 1;
		this.#versions.set(station, version);
		const bytes = utf8(text);
		const recipe = {
			station,
			id: RECIPE,
			version,
			limits: `# q\nmax= ${this.#options.yield}\n`,
			sets: checkRecipe(bytes).sets,
			attemptsMax: undefined,
			releasedMs: 0,
			size: bytes.length,
			textDigest: createHash("sha256").update(bytes).digest(),
		};
		const data = { id: RECIPE, version };
		await this.#people.write(async (tx) => {
			const file = await tx.addFile(0);
			await tx.addPiece(file, 0, bytes);
			await tx.addRecipe({ ...recipe, file });
			await tx.append({ atMs: 0, kind: "recipe", station, data });
		});
	}

	async releaseUnits(serials: readonly string[]): Promise<void> {
		const dice = new Dice(this.#options.seed, `proofs ${serials.join()}`);
		await this.#people.write(async (tx) => {
			for (const serial of serials) {
				await tx.addUnit(releasedUnit(serial, LINE, dice.bytes(16)), 0);
				await tx.append({ atMs: 0, kind: "released", serial, data: {} });
			}
		});
	}

	/** The server looks at the database now, not only in half a second. */
	async refresh(): Promise<void> {
		void this.#server?.refresh();
		await settled();
	}
}
