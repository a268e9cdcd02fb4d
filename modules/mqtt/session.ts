/**
 * The client's side of an MQTT 3.1.1 or 5 session as a state machine without input, output or
 * clock: packets and instants in, packets and effects out. client.ts carries the effects out.
 *
 * session-types.ts has the phases and the table of what is accepted in which; delivery.ts the
 * messages, requests.ts the subscriptions, keep-alive.ts the pings. Packets are pulled by `output`
 * when the transport has room, so nothing is encoded before it can be written.
 *
 * Sources: MQTT 3.1.1, MQTT 5 (OASIS). Leaves out: AUTH, topic aliases, subscription identifiers
 * and options, and a time limit for the broker's acknowledgements (the keep-alive only shows that
 * it lives).
 */
import { Codec } from "./codec.js";
import { Delivery } from "./delivery.js";
import { MqttError } from "./error.js";
import { RECEIVED_MAX, type Restored } from "./inflight-store.js";
import { KeepAlive } from "./keep-alive.js";
import type { Connack, Connect, PacketIn, PacketOut, Publish, QoS } from "./mqtt-packet.js";
import type { Entry } from "./outbox.js";
import { reasonText } from "./reasons.js";
import { type Request, Requests, requestPacket } from "./requests.js";
import { type Effect, OPEN, type Phase, RECEIVES, type SessionOptions } from "./session-types.js";

/** From the start of a connection to its CONNACK. */
export const CONNECT_TIMEOUT_MS = 15_000;

export class Session {
	readonly #options: SessionOptions;
	readonly #codec: Codec;
	/** The payload of the packet that has begun to go out. */
	#tail: Uint8Array | undefined;
	readonly #delivery: Delivery;
	readonly #requests: Requests = new Requests();
	readonly #keepAlive: KeepAlive = new KeepAlive();
	#effects: Effect[] = [];
	#phase: Phase = "down";
	/** Whether a session at the broker would be this client's own. */
	#known: boolean;
	/** This connection only clears away a session that is not known. */
	#purging = false;
	#deadlineMs = 0;

	/** @param restored - from the in-flight store, if there is one. */
	constructor(options: SessionOptions, restored?: Restored) {
		this.#options = options;
		this.#codec = new Codec(options.protocol);
		this.#delivery = new Delivery(options, restored, (effect) => this.#effects.push(effect));
		this.#known = restored?.known ?? false;
	}

	get phase(): Phase {
		return this.#phase;
	}

	/** Messages accepted and not yet done. */
	get queued(): number {
		return this.#delivery.queued;
	}

	get counters(): Readonly<Delivery["counters"]> {
		return this.#delivery.counters;
	}

	/** When `tick` wants to be called, if nothing else happens. */
	get dueAtMs(): number | undefined {
		if (this.#phase === "opening" || this.#phase === "connect" || this.#phase === "connack")
			return this.#deadlineMs;
		return this.#phase === "online" ? this.#keepAlive.dueAtMs : undefined;
	}

	/** Whether there is something to carry out. */
	get pending(): boolean {
		return this.#effects.length > 0;
	}

	/** @returns what is to be carried out, in order, and forgets it. */
	take(): readonly Effect[] {
		const effects = this.#effects;
		if (effects.length > 0) this.#effects = [];
		return effects;
	}

	// The connection

	/** A connection is being made. */
	opening(nowMs: number): void {
		this.#phase = "opening";
		this.#deadlineMs = nowMs + CONNECT_TIMEOUT_MS;
	}

	/** The transport is open: CONNECT is due. */
	opened(): void {
		this.#phase = "connect";
	}

	/** The connection is gone, whoever ended it. */
	closed(): void {
		this.#phase = "down";
		this.#tail = undefined;
		this.#delivery.lost();
		this.#requests.lost();
	}

	/** Says goodbye: what is due is still sent, then DISCONNECT, after which `phase` is `left`. */
	leave(): void {
		if (this.#phase === "online") this.#phase = "leaving";
	}

	tick(nowMs: number): void {
		if (nowMs < (this.dueAtMs ?? Number.POSITIVE_INFINITY)) return;
		if (this.#phase !== "online") this.#drop("the broker did not answer CONNECT in time");
		else if (!this.#keepAlive.tick(nowMs)) this.#drop("the broker no longer answers");
	}

	/** The DISCONNECT that tells an MQTT 5 broker why the connection is closed; 3.1.1 has none. */
	complaint(error: MqttError): Uint8Array | undefined {
		if (this.#options.protocol === 4 || !OPEN.includes(this.#phase)) return undefined;
		return this.#codec.encode({ cmd: "disconnect", reasonCode: error.reason });
	}

	// Asked for by the application

	/**
	 * @param options - `handle` names the message in `published`; 0 for none.
	 * @returns the message as it is queued, or `undefined` where there is no room (`writable`
	 *   follows).
	 */
	publish(
		topic: string,
		payload: Uint8Array,
		options: { qos: QoS; retain: boolean; handle: number },
	): Entry | undefined {
		return this.#delivery.add(topic, payload, options, (id) => this.#requests.uses(id));
	}

	/** Takes back a message that could not be stored. */
	withdraw(entry: Entry): void {
		this.#delivery.withdraw(entry);
	}

	/** @throws {@link MqttError} `quota` where too much is waiting or subscribed. */
	request(kind: Request["kind"], filters: Request["filters"], handle: number): void {
		const names = filters.map(({ filter }) => filter);
		if (this.#requests.full || (kind === "subscribe" && !this.#requests.hasRoom(names)))
			throw new MqttError("quota", "too many subscriptions, or requests not yet answered");
		this.#requests.add({ kind, filters, handle, id: 0 });
	}

	// What is to be written

	/**
	 * @returns what is to be written next, whole: a packet, or one without its large payload, which then comes next;
	 *   `undefined` where nothing is due.
	 */
	output(nowMs: number): Uint8Array | undefined {
		const tail = this.#tail;
		this.#tail = undefined;
		if (tail !== undefined) return tail;
		for (;;) {
			const packet = this.#nextPacket();
			if (packet === undefined) return undefined;
			const entry = "entry" in packet ? packet.entry : undefined;
			const sent = "entry" in packet ? publishPacket(packet.entry) : packet;
			const { head, tail } = this.#codec.encodeParts(sent);
			const size = head.length + (tail?.length ?? 0);
			if (entry !== undefined && !this.#delivery.sending(entry, size)) continue;
			this.#keepAlive.sent(nowMs);
			this.#tail = tail;
			return head;
		}
	}

	/**
	 * Answers first, which the broker waits for; a message of the outbox as such, for it may yet
	 * fail.
	 */
	#nextPacket(): PacketOut | { readonly entry: Entry } | undefined {
		if (this.#phase === "connect") {
			this.#phase = "connack";
			return this.#connectPacket();
		}
		if (!OPEN.includes(this.#phase)) return undefined;
		const answer = this.#delivery.nextAnswer();
		if (answer !== undefined) return answer;
		const request = this.#requests.next();
		if (request !== undefined) {
			request.id = this.#delivery.newId((id) => this.#requests.uses(id));
			return requestPacket(request);
		}
		const entry = this.#delivery.nextMessage();
		if (entry !== undefined) return { entry };
		if (this.#phase === "leaving") {
			this.#phase = "left";
			return { cmd: "disconnect", reasonCode: 0 };
		}
		return this.#keepAlive.takePing() ? { cmd: "pingreq" } : undefined;
	}

	#connectPacket(): Connect {
		const { clientId, username, password, protocol, keepAliveS, will } = this.#options;
		const { cleanStart, sessionExpiryS, packetSizeMax } = this.#options;
		const properties = {
			sessionExpiryInterval: cleanStart ? 0 : sessionExpiryS,
			receiveMaximum: RECEIVED_MAX,
			maximumPacketSize: packetSizeMax,
		};
		return {
			cmd: "connect",
			protocolVersion: protocol,
			clean: cleanStart || this.#purging,
			keepalive: keepAliveS,
			clientId,
			...(username === undefined ? {} : { username }),
			...(password === undefined ? {} : { password }),
			...(will === undefined ? {} : { will }),
			...(protocol === 4 ? {} : { properties }),
		};
	}

	// What has come

	/**
	 * @param bytes - one whole packet.
	 * @throws {@link MqttError}: the connection is to be closed.
	 */
	packet(bytes: Uint8Array, nowMs: number): void {
		if (this.#phase === "left") return;
		const packet = this.#codec.decode(bytes);
		if (!RECEIVES[packet.cmd].includes(this.#phase))
			throw new MqttError("protocol", `${packet.cmd} in phase ${this.#phase}`);
		this.#keepAlive.received(nowMs);
		if (packet.cmd === "connack") this.#connack(packet, nowMs);
		else this.#dispatch(packet);
	}

	#dispatch(packet: Exclude<PacketIn, Connack>): void {
		switch (packet.cmd) {
			case "publish":
				this.#message(packet);
				break;
			case "puback":
			case "pubcomp":
				this.#delivery.acknowledged(packet);
				break;
			case "pubrec":
				this.#delivery.receivedByBroker(packet);
				break;
			case "pubrel":
				this.#delivery.released(packet);
				break;
			case "suback":
			case "unsuback":
				this.#answered(packet.cmd, packet.messageId, packet.granted);
				break;
			case "disconnect":
				this.#dismissed(packet.reasonCode ?? 0);
				break;
		}
	}

	#connack(packet: Connack, nowMs: number): void {
		const { protocol, cleanStart } = this.#options;
		const code = (protocol === 5 ? packet.reasonCode : packet.returnCode) ?? 0;
		if (code !== 0) {
			if (packet.sessionPresent) throw new MqttError("protocol", "refused, with a session");
			this.#drop(`the broker refused: ${reasonText(code, protocol)}`);
			return;
		}
		if (packet.sessionPresent && (cleanStart || this.#purging))
			throw new MqttError("protocol", "a session where a clean start was asked for");
		if (packet.sessionPresent && !this.#known) {
			this.#purging = true;
			this.#reconnect("the broker holds a session that this client does not know");
			return;
		}
		if (!cleanStart && !this.#known) {
			this.#known = true;
			this.#effects.push({ type: "known" });
		}
		if (this.#purging) {
			this.#purging = false;
			// MQTT 3.1.1 ends a clean session with its connection: only the next one can be kept.
			if (protocol === 4) {
				this.#reconnect("the broker's old session is cleared away");
				return;
			}
		}
		this.#online(packet, nowMs);
	}

	#online(connack: Connack, nowMs: number): void {
		this.#phase = "online";
		const ordered = connack.properties?.serverKeepAlive;
		this.#keepAlive.start(ordered ?? this.#options.keepAliveS, nowMs);
		const { sessionPresent } = connack;
		this.#effects.push({ type: "online", sessionPresent });
		this.#delivery.online(connack);
		if (!sessionPresent) this.#requests.renew();
	}

	#message(packet: Publish): void {
		if (packet.properties?.topicAlias !== undefined)
			throw new MqttError("protocol", "a topic alias where none was offered", 0x94);
		// While leaving nobody is there to take it: not acknowledged, the broker keeps it.
		if (this.#phase === "online") this.#delivery.message(packet);
	}

	#answered(cmd: "suback" | "unsuback", id: number, granted: readonly number[] = []): void {
		const kind = cmd === "suback" ? "subscribe" : "unsubscribe";
		const request = this.#requests.answered(id, kind);
		if (request === undefined) throw new MqttError("protocol", `${cmd} that nothing asked for`);
		const plain = cmd === "unsuback" && this.#options.protocol === 4;
		const codes = plain ? request.filters.map(() => 0) : granted;
		if (codes.length !== request.filters.length)
			throw new MqttError("protocol", `${cmd} with ${codes.length} answers`);
		this.#requests.settle(request, codes);
		this.#effects.push({ type: "granted", handle: request.handle, codes });
	}

	#dismissed(code: number): void {
		if (this.#options.protocol === 4)
			throw new MqttError("protocol", "disconnect from an MQTT 3.1.1 broker");
		this.#drop(`the broker closed: ${reasonText(code, 5)}`);
	}

	#drop(reason: string): void {
		this.#effects.push({ type: "drop", reason, again: "later" });
	}

	/**
	 * Leaves an accepted connection for a new one; without DISCONNECT the broker would publish the
	 * will.
	 */
	#reconnect(reason: string): void {
		const farewell = this.#codec.encode({ cmd: "disconnect", reasonCode: 0 });
		this.#effects.push({ type: "drop", reason, again: "now", farewell });
	}
}

function publishPacket(entry: Entry): Publish {
	const { topic, payload, qos, retain, id } = entry;
	const dup = qos > 0 && entry.duplicate;
	return { cmd: "publish", topic, payload, qos, retain, dup, ...(qos > 0 && { messageId: id }) };
}
