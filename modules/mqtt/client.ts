/**
 * The MQTT client: carries out what session.ts decides, over a Transport, a Clock and, where
 * in-flight messages are to survive a restart, small records.
 *
 * Callbacks never come before the method that caused them has returned, and none comes after
 * `close()` but its own. A message given to `onMessage` is acknowledged when that call has
 * returned.
 *
 * Bounds, beside those of session.ts: `packetSizeMax` for a packet from the broker, checked before
 * anything of it is kept; `queueMax` and `queueSizeMax` for messages to it; one packet half
 * written.
 */
import type { Timer } from "../ports/clock.js";
import { StorageError } from "../ports/storage.js";
import type { Connection } from "../ports/transport.js";
import { Backoff } from "./backoff.js";
import { MqttError } from "./error.js";
import { Framer } from "./framer.js";
import { InflightStore } from "./inflight-store.js";
import type { QoS } from "./mqtt-packet.js";
import { checkFilters, checkMessage, checkOptions, DEFAULTS, type MqttOptions } from "./options.js";
import { Outcomes } from "./outcomes.js";
import { Session } from "./session.js";
import type { Effect } from "./session-types.js";

export { MqttError } from "./error.js";
export type { QoS } from "./mqtt-packet.js";
export type { MqttOptions } from "./options.js";
export type { Message as MqttMessage, Will as MqttWill } from "./session-types.js";

/** A connection that lasted so long counts as working: the next back-off starts low again. */
export const STABLE_MS = 2000;
/** For what is due, DISCONNECT included, to be written after `close()`. */
export const CLOSE_TIMEOUT_MS = 1000;

export class MqttClient {
	readonly #options: MqttOptions;
	readonly #session: Session;
	readonly #store: InflightStore | undefined;
	readonly #framer: Framer;
	readonly #backoff: Backoff;
	readonly #outcomes: Outcomes;
	#started = false;
	#closed = false;
	#connection: Connection | undefined;
	/** What the transport has not yet taken of a packet. */
	#rest: Uint8Array | undefined;
	#onlineAtMs: number | undefined;
	#busy = false;
	#retry: Timer | undefined;
	#soon: Timer | undefined;
	#due: Timer | undefined;
	#dueAtMs = 0;
	#closing: Timer | undefined;
	readonly #closeDone: (() => void)[] = [];

	/**
	 * @throws {@link MqttError} `argument` for options that MQTT or this client cannot carry;
	 *   `StorageError` where `store` cannot be read.
	 */
	constructor(options: MqttOptions) {
		checkOptions(options);
		this.#options = options;
		const { store, clientId, host, port, random, log } = options;
		this.#store = store && new InflightStore(store, `${clientId}@${host}:${port}`);
		const restored = this.#store?.load();
		if (restored !== undefined && restored.unreadable > 0)
			log?.(`mqtt: ${restored.unreadable} unreadable stored messages dropped`);
		this.#outcomes = new Outcomes(log);
		this.#session = new Session({ ...DEFAULTS, ...options }, restored);
		this.#framer = new Framer(
			options.packetSizeMax ?? DEFAULTS.packetSizeMax,
			options.payloadsOnLoan,
		);
		this.#backoff = new Backoff(
			options.reconnectMinMs ?? DEFAULTS.reconnectMinMs,
			options.reconnectMaxMs ?? DEFAULTS.reconnectMaxMs,
			random,
		);
	}

	get online(): boolean {
		return this.#session.phase === "online" && !this.#closed;
	}

	/**
	 * Messages (PUBLISH packets) written and taken, repetitions included; acknowledgements of
	 * nothing.
	 */
	get counters(): Readonly<{ sent: number; received: number; unmatched: number }> {
		return this.#session.counters;
	}

	/** Messages accepted and not yet acknowledged (QoS 0: sent). */
	get queued(): number {
		return this.#session.queued;
	}

	/** Connects, and from now on reconnects, until `close`. */
	start(): void {
		if (this.#started) return;
		this.#started = true;
		if (!this.#closed) this.#connect();
	}

	/**
	 * Subscribes, now or when next online, and again wherever the broker has lost the session.
	 *
	 * @param filters - 1 to 64.
	 * @param done - gets what SUBACK says, one code a filter: 0 to 2, or from 128 on a refusal.
	 * @throws {@link MqttError} `argument`, `quota`.
	 */
	subscribe(
		filters: readonly { readonly filter: string; readonly qos: QoS }[],
		done?: (granted: readonly number[]) => void,
	): void {
		if (this.#closed) return;
		checkFilters(filters.map(({ filter }) => filter));
		const handle = this.#outcomes.handle();
		this.#session.request("subscribe", [...filters], handle);
		this.#outcomes.onGranted(handle, done);
		this.#touch();
	}

	/** @throws {@link MqttError} `argument`, `quota`. */
	unsubscribe(filters: readonly string[]): void {
		if (this.#closed) return;
		checkFilters(filters);
		const asked = filters.map((filter) => ({ filter, qos: 0 as const }));
		this.#session.request("unsubscribe", asked, this.#outcomes.handle());
		this.#touch();
	}

	/**
	 * Queues a message, which goes out now or when next online.
	 *
	 * @param payload - not to be changed afterwards.
	 * @param done - called once: acknowledged (QoS 0: written), or failed. Not called for what is
	 *   restored from storage, nor after `close`.
	 * @returns false where the queue is full: nothing was taken, and `onWritable` will follow.
	 * @throws {@link MqttError} `argument`, `too-large`; `StorageError` where the medium fails.
	 */
	publish(
		topic: string,
		payload: Uint8Array,
		options: { readonly qos?: QoS; readonly retain?: boolean } = {},
		done?: (error?: MqttError) => void,
	): boolean {
		const { qos = 0, retain = false } = options;
		checkMessage(topic, payload, qos, this.#options);
		if (this.#closed) return false;
		const handle = this.#outcomes.handle();
		const entry = this.#session.publish(topic, payload, { qos, retain, handle });
		if (entry === undefined) return false;
		try {
			if (qos > 0) this.#store?.save(entry);
		} catch (error) {
			this.#session.withdraw(entry);
			if (error instanceof StorageError && error.code === "full") return false;
			throw error;
		}
		this.#outcomes.onPublished(handle, done);
		this.#touch();
		return true;
	}

	/**
	 * Sends what is due, then DISCONNECT, and closes; unacknowledged messages stay in `store`.
	 * May be called twice.
	 *
	 * @param done - called once the connection is closed, at most CLOSE_TIMEOUT_MS later.
	 */
	close(done?: () => void): void {
		if (done !== undefined) this.#closeDone.push(done);
		if (this.#closed) {
			if (this.#closing === undefined) this.#finish();
			return;
		}
		this.#closed = true;
		this.#outcomes.clear();
		this.#retry?.cancel();
		this.#soon?.cancel();
		this.#due?.cancel();
		this.#session.leave();
		if (this.#session.phase !== "leaving") {
			this.#finish();
			return;
		}
		this.#closing = this.#options.clock.set(CLOSE_TIMEOUT_MS, () => this.#finish());
		// Within a callback: after it, for it may be taking a message that is then acknowledged.
		if (!this.#busy) this.#write();
	}

	#finish(): void {
		this.#closing?.cancel();
		this.#closing = undefined;
		this.#connection?.close();
		this.#connection = undefined;
		this.#session.closed();
		for (const effect of this.#session.take()) this.#store?.record(effect, this.#options.log);
		for (const done of this.#closeDone.splice(0)) this.#options.clock.set(0, done);
	}

	#connect(): void {
		const { transport, host, port, clock } = this.#options;
		this.#retry = undefined;
		this.#session.opening(clock.nowMs());
		this.#framer.reset();
		this.#rest = undefined;
		const connection: Connection = transport.connect(host, port, {
			opened: () => {
				if (this.#connection !== connection) return;
				this.#session.opened();
				this.#settle();
			},
			room: (sizeMax) => this.#framer.room(sizeMax),
			received: (bytes) => this.#receive(connection, bytes),
			writable: () => {
				if (this.#connection === connection) this.#settle();
			},
			closed: (reason) => {
				if (this.#connection === connection) this.#lost(reason, "later");
			},
		});
		this.#connection = connection;
		this.#arm();
	}

	#receive(connection: Connection, bytes: Uint8Array): void {
		if (this.#connection !== connection) return;
		this.#framer.push(bytes);
		for (;;) {
			try {
				const packet = this.#framer.next();
				if (packet === undefined) return;
				this.#session.packet(packet, this.#options.clock.nowMs());
			} catch (error) {
				if (!(error instanceof MqttError)) throw error;
				this.#fail(error);
				return;
			}
			this.#settle();
			if (this.#connection !== connection) return;
		}
	}

	/** The broker broke the protocol. */
	#fail(error: MqttError): void {
		const complaint = this.#session.complaint(error);
		if (complaint !== undefined && this.#rest === undefined) this.#connection?.write(complaint);
		this.#lost(error.message, "later");
		this.#settle();
	}

	#lost(reason: string, again: "now" | "later"): void {
		if (this.#closed) {
			this.#finish();
			return;
		}
		const { clock, log, onOffline } = this.#options;
		const nowMs = clock.nowMs();
		this.#connection?.close();
		this.#connection = undefined;
		this.#rest = undefined;
		this.#session.closed();
		if (this.#onlineAtMs !== undefined && nowMs - this.#onlineAtMs >= STABLE_MS)
			this.#backoff.reset();
		this.#onlineAtMs = undefined;
		const delayMs = again === "now" ? 0 : this.#backoff.nextDelayMs();
		this.#retry = clock.set(delayMs, () => this.#connect());
		log?.(`mqtt: ${reason}; connecting again in ${delayMs} ms`);
		if (again === "later") onOffline.call(this.#options, reason);
	}

	/** After an event: effects, then packets, until neither is left. */
	#settle(): void {
		if (this.#busy) return;
		this.#busy = true;
		try {
			let effects = this.#session.take();
			do {
				// By index: an iterator for each message would be garbage.
				for (let i = 0; i < effects.length; i++) this.#carryOut(effects[i] as Effect);
				this.#write();
				effects = this.#session.take();
			} while (effects.length > 0);
		} finally {
			this.#busy = false;
		}
		this.#arm();
	}

	/** After a call from outside: packets now, effects only once the caller has been returned to. */
	#touch(): void {
		if (this.#busy) return;
		this.#write();
		if (!this.#session.pending) return;
		this.#soon ??= this.#options.clock.set(0, () => {
			this.#soon = undefined;
			this.#settle();
		});
	}

	#write(): void {
		const connection = this.#connection;
		while (connection !== undefined) {
			this.#rest ??= this.#session.output(this.#options.clock.nowMs());
			if (this.#rest === undefined) break;
			const taken = connection.write(this.#rest);
			if (taken < this.#rest.length) {
				this.#rest = this.#rest.subarray(taken);
				return;
			}
			this.#rest = undefined;
		}
		if (this.#closing !== undefined && this.#session.phase === "left") this.#finish();
	}

	/**
	 * One timer for the session's next deadline; where that has moved on, it is set again when it
	 * fires.
	 */
	#arm(): void {
		const dueAtMs = this.#session.dueAtMs;
		if (this.#closed || dueAtMs === undefined) return;
		if (this.#due !== undefined) {
			if (this.#dueAtMs <= dueAtMs) return;
			this.#due.cancel();
		}
		this.#setDue(dueAtMs);
	}

	/** Apart from `#arm`, which every packet passes: what has a closure in it makes garbage each time. */
	#setDue(dueAtMs: number): void {
		const { clock } = this.#options;
		this.#dueAtMs = dueAtMs;
		this.#due = clock.set(Math.max(0, Math.ceil(dueAtMs - clock.nowMs())), () => {
			this.#due = undefined;
			this.#session.tick(clock.nowMs());
			this.#settle();
		});
	}

	#carryOut(effect: Effect): void {
		this.#store?.record(effect, this.#options.log);
		if (this.#closed) return;
		const options = this.#options;
		switch (effect.type) {
			case "online":
				this.#onlineAtMs = options.clock.nowMs();
				options.log?.(`mqtt: online${effect.sessionPresent ? ", session resumed" : ""}`);
				options.onOnline(effect.sessionPresent);
				break;
			case "message":
				options.onMessage(effect.message);
				break;
			case "published":
				this.#outcomes.published(effect.handle, effect.error);
				break;
			case "granted":
				this.#outcomes.granted(effect.handle, effect.codes);
				break;
			case "writable":
				options.onWritable?.();
				break;
			case "drop":
				if (this.#connection === undefined) break;
				if (effect.farewell !== undefined && this.#rest === undefined)
					this.#connection.write(effect.farewell);
				this.#lost(effect.reason, effect.again);
				break;
		}
	}
}
