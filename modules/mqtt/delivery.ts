/**
 * Messages of QoS 0, 1 and 2 in both directions, and the acknowledgements that they need (MQTT
 * 3.1.1 and 5, §4.3 and §4.4): the part of a session that outlives a connection.
 *
 *            to the broker (outbox.ts)   from the broker
 *   QoS 1    PUBLISH → PUBACK            PUBLISH: hand over, PUBACK
 *   QoS 2    PUBLISH → PUBREC: PUBREL    PUBLISH: hand over and note the id unless noted, PUBREC
 *            PUBREL → PUBCOMP            PUBREL: forget the id, PUBCOMP
 *
 * Pure; part of session.ts. Bounds: ANSWERS_MAX acknowledgements waiting to be written,
 * RECEIVED_MAX noted ids.
 */
import { utf8Size } from "./buffer.js";
import { MqttError } from "./error.js";
import { RECEIVED_MAX, type Restored } from "./inflight-store.js";
import type { Acknowledgement, Connack, Publish, QoS } from "./mqtt-packet.js";
import { type Entry, Outbox, PacketIds } from "./outbox.js";
import { reasonText } from "./reasons.js";
import { REFUSAL } from "./requests.js";
import type { Effect, SessionOptions } from "./session-types.js";

/** Acknowledgements that wait to be written; more means that the broker does not read. */
export const ANSWERS_MAX = 256;

/** What the broker said in CONNACK (MQTT 5), or the protocol's own limits. */
interface ServerLimits {
	readonly window: number;
	readonly packetSizeMax: number;
	readonly qosMax: number;
	readonly retain: boolean;
}

export class Delivery {
	readonly #emit: (effect: Effect) => void;
	readonly #inflightMax: number;
	readonly #outbox: Outbox;
	readonly #ids: PacketIds = new PacketIds();
	/** Messages of QoS 2 taken from the broker and not yet released. */
	readonly #received: Set<number>;
	readonly #answers: Acknowledgement[] = [];
	/** A message was refused: somebody waits for room. */
	#refused = false;
	#server: ServerLimits;
	/**
	 * Messages written and taken, repetitions included; and acknowledgements that matched nothing.
	 */
	readonly counters: { sent: number; received: number; unmatched: number } = {
		sent: 0,
		received: 0,
		unmatched: 0,
	};

	constructor(
		options: SessionOptions,
		restored: Restored | undefined,
		emit: (effect: Effect) => void,
	) {
		this.#emit = emit;
		this.#inflightMax = options.inflightMax;
		this.#outbox = new Outbox(options.queueMax, options.queueSizeMax);
		this.#outbox.restore(restored?.entries ?? []);
		this.#ids.follow(this.#outbox.entries.at(-1)?.id ?? 0);
		this.#received = new Set(restored?.received ?? []);
		this.#server = this.#limits(undefined);
	}

	get queued(): number {
		return this.#outbox.entries.length;
	}

	/** A packet id that neither a message nor, as `used` says, a request has. */
	newId(used: (id: number) => boolean): number {
		return this.#ids.next((id) => this.#outbox.find(id) !== undefined || used(id));
	}

	// The connection

	/** Online, with the session or without it. */
	online(connack: Connack): void {
		this.#server = this.#limits(connack);
		if (connack.sessionPresent) {
			for (const entry of this.#outbox.entries)
				if (entry.stage === "release") this.#answer("pubrel", entry.id);
			return;
		}
		if (this.#received.size > 0) {
			this.#received.clear();
			this.#emit({ type: "received", ids: this.#received });
		}
		for (const entry of this.#outbox.renew()) this.#finished(entry);
	}

	lost(): void {
		this.#answers.length = 0;
		this.#outbox.lost();
	}

	#limits(connack: Connack | undefined): ServerLimits {
		const said = connack?.properties ?? {};
		return {
			window: Math.min(this.#inflightMax, said.receiveMaximum ?? 65535),
			packetSizeMax: said.maximumPacketSize ?? 268_435_460,
			qosMax: said.maximumQoS ?? 2,
			retain: said.retainAvailable ?? true,
		};
	}

	// To the broker

	/**
	 * @returns the message as it is queued, or `undefined` where there is no room (`writable`
	 * follows).
	 */
	add(
		topic: string,
		payload: Uint8Array,
		options: { qos: QoS; retain: boolean; handle: number },
		used: (id: number) => boolean,
	): Entry | undefined {
		const topicSize = utf8Size(topic);
		if (!this.#outbox.hasRoom(topicSize + payload.length)) {
			this.#refused = true;
			return undefined;
		}
		const id = options.qos === 0 ? 0 : this.newId(used);
		const { qos, retain, handle } = options;
		return this.#outbox.add({ topic, topicSize, payload, qos, retain, id, handle });
	}

	/** Takes back a message that could not be stored. */
	withdraw(entry: Entry): void {
		this.#outbox.remove(entry);
		this.#refused = true;
	}

	/** The next acknowledgement to be written. */
	nextAnswer(): Acknowledgement | undefined {
		return this.#answers.shift();
	}

	/** The next message to be written, if the broker takes one now. */
	nextMessage(): Entry | undefined {
		return this.#outbox.next(this.#server.window);
	}

	/** @param size - of its packet, bytes. @returns whether it may be sent; if not, it has failed. */
	sending(entry: Entry, size: number): boolean {
		const fault = this.#unacceptable(entry, size);
		if (fault !== undefined) {
			this.#finish(entry, fault);
			return false;
		}
		this.counters.sent++;
		entry.due = false;
		entry.sent = true;
		if (entry.qos === 0) this.#finish(entry);
		return true;
	}

	/** @returns why the broker cannot be sent this message. */
	#unacceptable(entry: Entry, size: number): MqttError | undefined {
		const { packetSizeMax, qosMax, retain } = this.#server;
		if (size > packetSizeMax)
			return new MqttError("too-large", `the broker takes packets of ${packetSizeMax} bytes`);
		if (entry.qos > qosMax)
			return new MqttError("unsupported", `the broker has QoS up to ${qosMax}`);
		if (entry.retain && !retain)
			return new MqttError("unsupported", "the broker keeps no retained messages", 0x9a);
		return undefined;
	}

	/** PUBACK or PUBCOMP. */
	acknowledged({ cmd, messageId, reasonCode = 0 }: Acknowledgement): void {
		const entry = this.#outbox.find(messageId);
		if (entry === undefined) {
			this.counters.unmatched++;
			return;
		}
		const expected = entry.qos === 1 ? "puback" : "pubcomp";
		const inTurn = entry.qos === 1 ? wasSent(entry) : entry.stage === "release";
		if (cmd !== expected || !inTurn)
			throw new MqttError("protocol", `${cmd} for a message that does not await it`);
		this.#finish(entry, refusal(reasonCode));
	}

	/** PUBREC. */
	receivedByBroker({ messageId, reasonCode = 0 }: Acknowledgement): void {
		const entry = this.#outbox.find(messageId);
		if (entry === undefined) {
			this.counters.unmatched++;
			if (reasonCode < REFUSAL) this.#answer("pubrel", messageId, 0x92);
			return;
		}
		if (entry.qos !== 2 || (entry.stage === "publish" && !wasSent(entry)))
			throw new MqttError("protocol", "pubrec for a message that does not await it");
		if (reasonCode >= REFUSAL) {
			this.#finish(entry, refusal(reasonCode));
			return;
		}
		if (entry.stage === "publish") {
			this.#outbox.release(entry);
			this.#emit({ type: "save", entry });
			this.#roomAgain();
		}
		this.#answer("pubrel", messageId);
	}

	#finish(entry: Entry, error?: MqttError): void {
		this.#outbox.remove(entry);
		this.#finished(entry, error);
	}

	#finished(entry: Entry, error?: MqttError): void {
		if (entry.qos > 0) this.#emit({ type: "forget", entry });
		const { handle } = entry;
		this.#emit({ type: "published", handle, ...(error === undefined ? {} : { error }) });
		this.#roomAgain();
	}

	#roomAgain(): void {
		if (!this.#refused) return;
		this.#refused = false;
		this.#emit({ type: "writable" });
	}

	// From the broker

	/** PUBLISH. */
	message({ topic, payload, qos, retain, dup, messageId = 0 }: Publish): void {
		this.counters.received++;
		const handOver: Effect = {
			type: "message",
			message: { topic, payload, qos, retain, duplicate: dup },
		};
		if (qos < 2) this.#emit(handOver);
		else if (!this.#received.has(messageId)) {
			if (this.#received.size >= RECEIVED_MAX)
				throw new MqttError("quota", `more than ${RECEIVED_MAX} messages of QoS 2 at once`);
			this.#received.add(messageId);
			this.#emit(handOver);
			// After the message: a restart in between repeats it, where the other order would lose it.
			this.#emit({ type: "received", ids: this.#received });
		}
		if (qos > 0) this.#answer(qos === 1 ? "puback" : "pubrec", messageId);
	}

	/** PUBREL. */
	released({ messageId }: Acknowledgement): void {
		const known = this.#received.delete(messageId);
		if (known) this.#emit({ type: "received", ids: this.#received });
		this.#answer("pubcomp", messageId, known ? 0 : 0x92);
	}

	#answer(cmd: Acknowledgement["cmd"], messageId: number, reasonCode = 0): void {
		if (this.#answers.length >= ANSWERS_MAX)
			throw new MqttError("quota", "the broker does not read what it is answered");
		this.#answers.push({ cmd, messageId, reasonCode });
	}
}

/** On this connection, or on an earlier one of the same session. */
function wasSent(entry: Entry): boolean {
	return entry.sent || entry.duplicate;
}

function refusal(code: number): MqttError | undefined {
	if (code < REFUSAL) return undefined;
	return new MqttError("refused", `the broker refused: ${reasonText(code, 5)}`, code);
}
