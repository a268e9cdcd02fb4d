/**
 * The central server: composes the channel, the store, the sealed files and an MQTT client, and keeps what the
 * broker retains up to date. What it answers is decided in core/ and stored before it leaves (requests.ts).
 *
 * The database says everything; this process keeps only sessions. Another process (the command line) may release
 * units and recipes meanwhile: the store is asked twice a second whether something changed, and so are the keys.
 */

import { setImmediate as others } from "node:timers/promises";
import type { ServerKeys } from "../keys/keys.js";
import { SERVER_SUBJECT } from "../modules/channel/credential.js";
import { Responder } from "../modules/channel/responder.js";
import { MqttClient } from "../modules/mqtt/client.js";
import type { Clock, Timer } from "../modules/ports/clock.js";
import type { Log } from "../modules/ports/log.js";
import type { Random } from "../modules/ports/random.js";
import type { Transport } from "../modules/ports/transport.js";
import { stationTopics } from "../modules/station/topics.js";
import { type BrokerAddress, brokerAddress, ServerError } from "./address.js";
import { Announcer } from "./announcer.js";
import { systemClock, systemRandom } from "./clock.js";
import { routeChange } from "./core/line.js";
import { NodeCrypto } from "./crypto.js";
import type { OnEvent } from "./events.js";
import { Files } from "./files.js";
import { type KeyChange, Keyring } from "./keyring.js";
import { Logs } from "./logs.js";
import { Requests } from "./requests.js";
import { Retained } from "./retained.js";
import { Starts } from "./starts.js";
import { Stations } from "./stations.js";
import { type Store, StoreError, type StoreWriter } from "./store/store.js";
import { Transfers } from "./transfers.js";
import { TcpTransport } from "./transport.js";

/** How often the store is asked whether another process changed something. */
const CHANGES_MS = 500;
/** How long after work that could not be stored, for want of room or a lock, it is tried again. */
const AGAIN_MS = 5000;
/** Between two words about a credential that is over. */
const EXPIRED_TELL_MS = 60_000;
/** A file that nothing refers to may still be filled for so long. */
const UNUSED_MS = 24 * 60 * 60_000;
const KEEP_ALIVE_S = 30;
/** A broker that has restarted is of use to nobody without the server. */
const RECONNECT_MIN_MS = 100;
const RECONNECT_MAX_MS = 1000;
/** Messages waiting for the broker, and their bytes: room for a file block to each of many stations. */
const QUEUE_MAX = 1024;
const QUEUE_SIZE_MAX = 8 * 1024 * 1024;
const INFLIGHT_MAX = 256;

export { ServerError };

export interface ServerOptions {
	/** `mqtt://[user[:password]@]host[:port]`; the user is the plant's, where none is given. */
	readonly brokerUrl: string;
	readonly keys: ServerKeys;
	/**
	 * Asked twice a second: the keys, where they have changed since it was last asked (keys/watch.ts). What it throws
	 * is told; the server goes on with the keys it has.
	 */
	readonly changedKeys?: () => ServerKeys | undefined;
	/** Stays the caller's: closed after the server. */
	readonly store: Store;
	readonly log?: Log;
	readonly onEvent?: OnEvent;
	readonly clock?: Clock;
	readonly random?: Random;
	/** The way to the broker; TCP. */
	readonly transport?: Transport;
	readonly crypto?: NodeCrypto;
	/** Milliseconds since 1970-01-01. */
	readonly timeMs?: () => number;
	/** Plaintext bytes of a sealed file's segments, 1 to 4,096; SEGMENT_SIZE of files.ts. */
	readonly segmentSize?: number;
}

export interface Server {
	/** Something was changed in this process, through the same store: look at once. */
	refresh(): Promise<void>;
	/** Resolves when the server has ended or is about to: with the reason where it was not asked to. */
	readonly ended: Promise<Error | undefined>;
	/** Ends cleanly; may be called twice. */
	close(): Promise<void>;
}

/**
 * Takes the lease of the database, seals what is to be sealed and goes online; does not wait for the broker.
 *
 * @throws {@link ServerError}, StoreError.
 */
export async function startServer(options: ServerOptions): Promise<Server> {
	const address = brokerAddress(options.brokerUrl, options.keys.broker);
	const { store, keys, timeMs = Date.now } = options;
	const fence = await store.takeLease();
	await takeRoute(store, fence, keys, timeMs());
	const route = keys.plant.stations;
	const { keyring, problems } = await Keyring.open({ store, fence, route, timeMs }, keys);
	const server = new CentralServer(options, address, fence, keyring);
	await server.start(problems);
	return server;
}

/** Remembers the route that steps are counted on. */
async function takeRoute(
	store: Store,
	fence: number,
	keys: ServerKeys,
	atMs: number,
): Promise<void> {
	const { line, stations } = keys.plant;
	await store.write(async (tx) => {
		const text = await tx.meta(`route/${line}`);
		const before = text === undefined ? undefined : (JSON.parse(text) as string[]);
		const fault = routeChange(before, stations, await tx.openUnits(line));
		if (fault) throw new ServerError("route", `line ${line}: ${fault}`);
		const after = JSON.stringify(stations);
		if (after === text) return;
		await tx.setMeta(`route/${line}`, after);
		await tx.append({ atMs, kind: "route", data: { line, stations } });
	}, fence);
}

class CentralServer implements Server {
	readonly #options: ServerOptions;
	readonly #fence: number;
	readonly #route: readonly string[];
	readonly #line: string;
	readonly #clock: Clock;
	readonly #keyring: Keyring;
	readonly #responder: Responder;
	readonly #files: Files;
	readonly #logs: Logs;
	readonly #stations: Stations;
	readonly #mqtt: MqttClient;
	readonly #retained: Retained;
	readonly #announcer: Announcer;
	/** Of stations, by the topics they publish to. */
	readonly #names: ReadonlyMap<string, string>;
	readonly #logNames: ReadonlyMap<string, string>;
	readonly ended: Promise<Error | undefined>;
	#end: (error: Error | undefined) => void = () => undefined;
	#timer: Timer | undefined;
	#refreshing: Promise<void> | undefined;
	#again = false;
	/** When it may next be told that the credential is over. */
	#expiredTellMs = 0;
	/** Work is left over: when to look at it again. */
	#leftOverMs = Number.POSITIVE_INFINITY;
	#closing: Promise<void> | undefined;
	#clearing: Promise<unknown> | undefined;
	/** Changed keys that could not be stored yet. */
	#newKeys: ServerKeys | undefined;
	/** Those with a good credential when it was last looked. */
	#goodStations: string | undefined;
	/** Told already. */
	#keyProblems: ReadonlySet<string> = new Set();

	constructor(options: ServerOptions, address: BrokerAddress, fence: number, keyring: Keyring) {
		const { keys, store, clock = systemClock, timeMs = Date.now, onEvent = () => {} } = options;
		const { crypto = new NodeCrypto() } = options;
		this.#options = options;
		this.#fence = fence;
		this.#clock = clock;
		this.#keyring = keyring;
		this.#line = keys.plant.line;
		this.#route = keys.plant.stations;
		this.ended = new Promise((resolve) => {
			this.#end = resolve;
		});
		this.#names = new Map(this.#route.map((name) => [stationTopics(name).up, name]));
		this.#logNames = new Map(this.#route.map((name) => [stationTopics(name).log, name]));
		const stationCredential = (name: string) => keyring.station(name);
		this.#responder = new Responder({
			crypto,
			get credential() {
				return keyring.own.credential;
			},
			unwrap: (wrapped, label) => crypto.unwrapAsync(keyring.own.kem, wrapped, label),
			stationCredential,
			clock,
		});
		const shared = { store, fence, crypto, route: this.#route, timeMs };
		this.#files = new Files({
			...shared,
			get credential() {
				return keyring.own.credential;
			},
			get signKey() {
				return keyring.own.sign;
			},
			stationCredential,
			segmentSize: options.segmentSize,
		});
		const requests = new Requests({
			...shared,
			line: this.#line,
			files: this.#files,
			hasSession: (station) => this.#responder.session(station) !== undefined,
		});
		this.#mqtt = this.#client(address);
		this.#announcer = new Announcer({
			clock,
			server: () => keyring.own.credential,
			station: stationCredential,
			publish: (topic, payload, retain) => this.#mqtt.publish(topic, payload, { qos: 1, retain }),
		});
		this.#retained = new Retained({
			route: this.#route,
			files: (station) => this.#files.retained(station),
			publish: (topic, payload) => this.#mqtt.publish(topic, payload, { qos: 1, retain: true }),
		});
		const transfers = new Transfers({
			clock,
			timeMs,
			onEvent,
			save: (row) => store.write((tx) => tx.putDownload(row), fence),
		});
		this.#logs = new Logs({
			...shared,
			line: this.#line,
			clock,
			kem: (epoch) => keyring.kem(epoch),
			send: (name, message) => this.#stations.say(name, message),
			onRefused: (name, reason, serial) => this.#stations.refuse(name, reason, serial),
			onMoved: (transfer) => void transfers.moved(transfer),
			onEvent,
			onFailure: (error) => this.#failed(error),
		});
		this.#stations = new Stations({
			route: this.#route,
			responder: this.#responder,
			requests,
			files: this.#files,
			logs: this.#logs,
			transfers,
			starts: new Starts({ store, fence, clock, timeMs, onEvent }),
			clock,
			timeMs,
			publish: (topic, payload, qos) => this.#mqtt.publish(topic, payload, { qos }),
			onEvent,
			credentials: (name) => ({
				server: keyring.own.credential,
				station: keyring.station(name),
			}),
			onHelloRefused: (name) => this.#announcer.help(name),
			onFailure: (error) => this.#failed(error),
		});
	}

	/**
	 * Is this server's own credential over, by this machine's time of day? Then it answers nothing: stations keep the
	 * latest time they are told, for good, and would never again believe this credential if the clock only jumped.
	 */
	#isExpired(): boolean {
		const { timeMs = Date.now, onEvent } = this.#options;
		const { expiresS } = this.#keyring.own.credential;
		if (timeMs() < expiresS * 1000) return false;
		if (this.#clock.nowMs() >= this.#expiredTellMs) {
			this.#expiredTellMs = this.#clock.nowMs() + EXPIRED_TELL_MS;
			onEvent?.({ event: "expired", expiresS });
		}
		return true;
	}

	#client(address: BrokerAddress): MqttClient {
		const { log, onEvent, random = systemRandom } = this.#options;
		return new MqttClient({
			...address,
			transport: this.#options.transport ?? new TcpTransport(),
			clock: this.#clock,
			random,
			clientId: address.username,
			protocol: 4,
			cleanStart: true,
			keepAliveS: KEEP_ALIVE_S,
			queueMax: QUEUE_MAX,
			queueSizeMax: QUEUE_SIZE_MAX,
			inflightMax: INFLIGHT_MAX,
			reconnectMinMs: RECONNECT_MIN_MS,
			reconnectMaxMs: RECONNECT_MAX_MS,
			...(log && { log }),
			onOnline: () => {
				onEvent?.({ event: "online" });
				this.#announcer.announce();
				this.#retained.forget();
				void this.refresh();
			},
			onWritable: () => void this.refresh(),
			onOffline: (reason) => onEvent?.({ event: "offline", reason }),
			onMessage: (message) => {
				const name = this.#names.get(message.topic);
				const logName = this.#logNames.get(message.topic);
				if (this.#isExpired()) return;
				if (name !== undefined) this.#stations.received(name, message);
				if (logName !== undefined) this.#stations.receivedBlock(logName, message);
			},
		});
	}

	/** @param problems - with the keys it begins with. */
	async start(problems: readonly string[]): Promise<void> {
		this.#tellKeyProblems(problems);
		await this.#seal();
		this.#mqtt.subscribe([
			{ filter: `interlock/1/${this.#line}/+/up`, qos: 1 },
			{ filter: `interlock/1/${this.#line}/+/log`, qos: 0 },
		]);
		this.#mqtt.start();
		this.#watch();
		this.#clearing = this.#store(() => this.#clear());
	}

	/** Drops files that were begun and never used, a few pieces in a transaction. */
	async #clear(): Promise<void> {
		const { store, timeMs = Date.now } = this.#options;
		const beforeMs = timeMs() - UNUSED_MS;
		const clearSome = async (tx: StoreWriter): Promise<boolean> => {
			const file = await tx.unusedFile(beforeMs);
			if (file !== undefined) await tx.dropFile(file);
			return file !== undefined;
		};
		while (!this.#closing && (await store.write(clearSome, this.#fence))) await others();
	}

	async refresh(): Promise<void> {
		this.#again = true;
		this.#refreshing ??= this.#refresh().finally(() => {
			this.#refreshing = undefined;
		});
		await this.#refreshing;
	}

	/** Brings what follows from the database up to date: sealed files, what the broker retains, a first ticket. */
	async #refresh(): Promise<void> {
		while (this.#again && !this.#closing) {
			this.#again = false;
			this.#leftOverMs = Number.POSITIVE_INFINITY;
			const done = await this.#store(async () => {
				// Nothing is written: a server that took over has another fence.
				await this.#options.store.write(async () => undefined, this.#fence);
				await this.#seal();
				if (this.#mqtt.online) await this.#retained.update();
				await this.#stations.offerFirst();
				return true;
			});
			if (!done) this.#leftOverMs = this.#clock.nowMs() + AGAIN_MS;
		}
	}

	async #seal(): Promise<void> {
		for (const { station, id: recipe, version } of await this.#files.sealMissing()) {
			this.#options.onEvent?.({ event: "sealed", station, recipe, version });
			this.#stations.offer(station);
		}
	}

	#watch(): void {
		this.#timer = this.#clock.set(CHANGES_MS, async () => {
			const changed = await this.#store(() => this.#options.store.changedElsewhere());
			const rekeyed = await this.#takeKeys();
			const isLeftOver = this.#clock.nowMs() >= this.#leftOverMs;
			if (changed || rekeyed || isLeftOver || this.#hasOtherStations()) await this.refresh();
			if (!this.#closing) this.#watch();
		});
	}

	/** A credential begins or ceases to be good as time passes, and when a clock is put right: files wait for theirs. */
	#hasOtherStations(): boolean {
		const good = this.#route.filter((name) => this.#keyring.station(name)).join();
		if (good === this.#goodStations) return false;
		this.#goodStations = good;
		return true;
	}

	/** Looks whether the plant's keys have changed. @returns whether there are others now. */
	async #takeKeys(): Promise<boolean> {
		if (this.#closing) return false;
		try {
			this.#newKeys = this.#options.changedKeys?.() ?? this.#newKeys;
			if (!this.#newKeys) return false;
			const { changes, problems } = await this.#keyring.take(this.#newKeys);
			this.#newKeys = undefined;
			this.#tellKeyProblems(problems);
			for (const change of changes) this.#onKeyChange(change);
			return changes.length > 0;
		} catch (error) {
			if (error instanceof StoreError) {
				this.#failed(error);
			} else {
				this.#newKeys = undefined;
				this.#tellKeyProblems([error instanceof Error ? error.message : String(error)]);
			}
			return false;
		}
	}

	#onKeyChange(change: KeyChange): void {
		const { subject } = change;
		this.#options.onEvent?.({ event: "keys", ...change });
		if (subject === SERVER_SUBJECT) {
			this.#announcer.announce();
			for (const name of this.#route) this.#stations.announce(name);
		} else if (change.change === "renewed") this.#stations.announce(subject);
		else this.#stations.dismiss(subject);
	}

	#tellKeyProblems(problems: readonly string[]): void {
		for (const message of problems)
			if (!this.#keyProblems.has(message))
				this.#options.onEvent?.({ event: "keys-problem", message });
		this.#keyProblems = new Set(problems);
	}

	/** Work on the store outside a request. */
	async #store<T>(work: () => Promise<T>): Promise<T | undefined> {
		try {
			return await work();
		} catch (error) {
			this.#failed(error);
			return undefined;
		}
	}

	/** Trouble with room or a lock passes; everything else ends this server, and nothing is lost by that. */
	#failed(error: unknown): void {
		if (this.#closing) return;
		if (error instanceof StoreError) {
			const { code, message } = error;
			this.#options.onEvent?.({ event: "store", code, message });
			if (code === "full" || code === "locked") return;
		}
		this.#end(error instanceof Error ? error : new Error(String(error)));
		void this.close();
	}

	async close(): Promise<void> {
		this.#closing ??= this.#close();
		await this.#closing;
	}

	async #close(): Promise<void> {
		this.#timer?.cancel();
		await this.#stations.close();
		await this.#logs.close();
		await this.#refreshing;
		await this.#clearing;
		this.#responder.close();
		await new Promise<void>((resolve) => this.#mqtt.close(resolve));
		this.#end(undefined);
	}
}
