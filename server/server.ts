/**
 * The central server: composes the channel, the store, the sealed files and an MQTT client, and keeps what the
 * broker retains up to date. What it answers is decided in core/ and stored before it leaves (requests.ts).
 *
 * The database says everything; this process keeps only sessions. Another process (the command line) may release
 * units and recipes meanwhile: the store is asked twice a second whether something changed.
 */

import type { ServerKeys } from "../keys/keys.js";
import type { Credential } from "../modules/channel/credential.js";
import { Responder } from "../modules/channel/responder.js";
import { MqttClient } from "../modules/mqtt/client.js";
import type { Clock, Timer } from "../modules/ports/clock.js";
import type { Log } from "../modules/ports/log.js";
import type { Random } from "../modules/ports/random.js";
import { SERVER_TOPIC, stationTopics } from "../modules/station/topics.js";
import { type BrokerAddress, brokerAddress, ServerError } from "./address.js";
import { systemClock, systemRandom } from "./clock.js";
import { routeChange } from "./core/line.js";
import { NodeCrypto } from "./crypto.js";
import type { OnEvent } from "./events.js";
import { Files } from "./files.js";
import { Requests } from "./requests.js";
import { Retained } from "./retained.js";
import { Stations } from "./stations.js";
import { type Store, StoreError } from "./store/store.js";
import { TcpTransport } from "./transport.js";

/** How often the store is asked whether another process changed something. */
const CHANGES_MS = 500;
const KEEP_ALIVE_S = 30;
/** Messages waiting for the broker, and their bytes: room for a file block to each of many stations. */
const QUEUE_MAX = 1024;
const QUEUE_SIZE_MAX = 8 * 1024 * 1024;
const INFLIGHT_MAX = 256;

export { ServerError };

export interface ServerOptions {
	/** `mqtt://[user[:password]@]host[:port]`; the user is the plant's, where none is given. */
	readonly brokerUrl: string;
	readonly keys: ServerKeys;
	/** Stays the caller's: closed after the server. */
	readonly store: Store;
	readonly log?: Log;
	readonly onEvent?: OnEvent;
	readonly clock?: Clock;
	readonly random?: Random;
	/** Milliseconds since 1970-01-01. */
	readonly timeMs?: () => number;
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
	const server = new CentralServer(options, address, fence);
	await server.start();
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
	readonly #responder: Responder;
	readonly #files: Files;
	readonly #stations: Stations;
	readonly #mqtt: MqttClient;
	readonly #retained: Retained;
	readonly #names: ReadonlyMap<string, string>;
	readonly ended: Promise<Error | undefined>;
	#end: (error: Error | undefined) => void = () => undefined;
	#timer: Timer | undefined;
	#refreshing: Promise<void> | undefined;
	#again = false;
	#closing: Promise<void> | undefined;

	constructor(options: ServerOptions, address: BrokerAddress, fence: number) {
		const { keys, store, clock = systemClock, timeMs = Date.now, onEvent = () => {} } = options;
		const crypto = new NodeCrypto();
		this.#options = options;
		this.#fence = fence;
		this.#clock = clock;
		this.#line = keys.plant.line;
		this.#route = keys.plant.stations;
		this.ended = new Promise((resolve) => {
			this.#end = resolve;
		});
		this.#names = new Map(this.#route.map((name) => [stationTopics(name).up, name]));
		const stationCredential = (name: string): Credential | undefined => {
			const credential = keys.stations.get(name);
			return credential && credential.expiresS * 1000 > timeMs() ? credential : undefined;
		};
		this.#responder = new Responder({
			crypto,
			credential: keys.credential,
			unwrap: (wrapped, label) => crypto.unwrapAsync(keys.kem, wrapped, label),
			stationCredential,
			clock,
		});
		const shared = { store, fence, crypto, route: this.#route, timeMs };
		const { credential, sign: signKey } = keys;
		this.#files = new Files({ ...shared, credential, signKey, stationCredential });
		const requests = new Requests({
			...shared,
			line: this.#line,
			files: this.#files,
			hasSession: (station) => this.#responder.session(station) !== undefined,
		});
		this.#mqtt = this.#client(address);
		this.#retained = new Retained({
			route: this.#route,
			files: (station) => this.#files.retained(station),
			publish: (topic, payload) => this.#mqtt.publish(topic, payload, { qos: 1, retain: true }),
		});
		this.#stations = new Stations({
			route: this.#route,
			responder: this.#responder,
			requests,
			files: this.#files,
			clock,
			timeMs,
			publish: (topic, payload, qos) => this.#mqtt.publish(topic, payload, { qos }),
			onEvent,
			onFailure: (error) => this.#failed(error),
		});
	}

	#client(address: BrokerAddress): MqttClient {
		const { log, onEvent, random = systemRandom } = this.#options;
		return new MqttClient({
			...address,
			transport: new TcpTransport(),
			clock: this.#clock,
			random,
			clientId: address.username,
			protocol: 4,
			cleanStart: true,
			keepAliveS: KEEP_ALIVE_S,
			queueMax: QUEUE_MAX,
			queueSizeMax: QUEUE_SIZE_MAX,
			inflightMax: INFLIGHT_MAX,
			...(log && { log }),
			onOnline: () => {
				onEvent?.({ event: "online" });
				this.#mqtt.publish(SERVER_TOPIC, this.#options.keys.credential.bytes, {
					qos: 1,
					retain: true,
				});
				this.#retained.forget();
				void this.refresh();
			},
			onWritable: () => void this.refresh(),
			onOffline: (reason) => onEvent?.({ event: "offline", reason }),
			onMessage: (message) => {
				const name = this.#names.get(message.topic);
				if (name !== undefined) this.#stations.received(name, message);
			},
		});
	}

	async start(): Promise<void> {
		for (const { station, message } of this.#options.keys.problems)
			this.#options.log?.(`server: ${station} is left out: ${message}`);
		await this.#seal();
		this.#mqtt.subscribe([{ filter: `interlock/1/${this.#line}/+/up`, qos: 1 }]);
		this.#mqtt.start();
		this.#watch();
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
			await this.#store(async () => {
				// Nothing is written: a server that took over has another fence.
				await this.#options.store.write(async () => undefined, this.#fence);
				await this.#seal();
				if (this.#mqtt.online) await this.#retained.update();
				await this.#stations.offerFirst();
			});
		}
	}

	async #seal(): Promise<void> {
		for (const { station, id: recipe, version } of await this.#files.sealMissing())
			this.#options.onEvent?.({ event: "sealed", station, recipe, version });
	}

	#watch(): void {
		this.#timer = this.#clock.set(CHANGES_MS, async () => {
			const changed = await this.#store(() => this.#options.store.changedElsewhere());
			if (changed) await this.refresh();
			if (!this.#closing) this.#watch();
		});
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
		await this.#refreshing;
		this.#responder.close();
		await new Promise<void>((resolve) => this.#mqtt.close(resolve));
		this.#end(undefined);
	}
}
