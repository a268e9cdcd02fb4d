/**
 * Messages on their way to the broker, in the order in which they were given: waiting, or sent and
 * not yet acknowledged. Bounded in number and in bytes.
 *
 *   stage     QoS 1                      QoS 2
 *   publish   PUBLISH → PUBACK: done     PUBLISH → PUBREC: release
 *   release                              PUBREL → PUBCOMP: done
 *
 * Pure. Messages are resent only on a new connection, as MQTT 5 §4.4 demands and 3.1.1 allows.
 */

import type { QoS } from "./mqtt-packet.js";

/** Packet ids are 1 to 65,535. */
export const PACKET_ID_MAX = 65535;
/** Messages that may be kept at once, whatever is configured. */
export const QUEUE_LIMIT = 1024;

export interface Entry {
	/** From 0, the lowest that was free; names its place in storage. */
	readonly slot: number;
	/** Grows from message to message. */
	readonly order: number;
	/** 0 for QoS 0. */
	readonly id: number;
	readonly topic: string;
	/** Its bytes in UTF-8: counting them is slow on XS. */
	readonly topicSize: number;
	/** Empty once released. */
	payload: Uint8Array;
	readonly qos: QoS;
	readonly retain: boolean;
	stage: "publish" | "release";
	/** Its PUBLISH is to be sent. */
	due: boolean;
	/** Sent on this connection and not yet done. */
	sent: boolean;
	/** Sent on an earlier connection of the same session. */
	duplicate: boolean;
	/** The sender's name for it, 0 for none. */
	readonly handle: number;
}

/** Gives packet ids from 1 to 65,535 and round again, leaving out those in use. */
export class PacketIds {
	#last = 0;

	/** @param used - must be true for fewer than 65,535 ids. */
	next(used: (id: number) => boolean): number {
		for (let tried = 0; tried < PACKET_ID_MAX; tried++) {
			this.#last = this.#last === PACKET_ID_MAX ? 1 : this.#last + 1;
			if (!used(this.#last)) return this.#last;
		}
		throw new Error("every packet id is in use");
	}

	/** Goes on after `id`. */
	follow(id: number): void {
		this.#last = id;
	}
}

export class Outbox {
	readonly #entries: Entry[] = [];
	/** Which slots are taken. */
	readonly #slots: boolean[] = [];
	readonly #countMax: number;
	readonly #sizeMax: number;
	#size = 0;
	#order = 0;

	/**
	 * @param countMax - messages, 1 to QUEUE_LIMIT.
	 * @param sizeMax - bytes of topics and payloads together.
	 */
	constructor(countMax: number, sizeMax: number) {
		this.#countMax = countMax;
		this.#sizeMax = sizeMax;
	}

	get entries(): readonly Entry[] {
		return this.#entries;
	}

	/** Whether a message of `size` bytes (topic and payload) can be taken now. */
	hasRoom(size: number): boolean {
		return this.#entries.length < this.#countMax && this.#size + size <= this.#sizeMax;
	}

	add(message: {
		topic: string;
		topicSize: number;
		payload: Uint8Array;
		qos: QoS;
		retain: boolean;
		id: number;
		handle: number;
	}): Entry {
		const free = this.#slots.indexOf(false);
		const slot = free < 0 ? this.#slots.length : free;
		const { topic, topicSize, payload, qos, retain, id, handle } = message;
		const entry: Entry = {
			slot,
			order: ++this.#order,
			id,
			topic,
			topicSize,
			payload,
			qos,
			retain,
			stage: "publish",
			due: true,
			sent: false,
			duplicate: false,
			handle,
		};
		this.#append(entry);
		return entry;
	}

	/** Takes back what storage kept; `entries` in any order, before anything was added. */
	restore(entries: readonly Entry[]): void {
		for (const entry of [...entries].sort((a, b) => a.order - b.order)) {
			this.#order = entry.order;
			this.#append(entry);
		}
	}

	find(id: number): Entry | undefined {
		return this.#entries.find((entry) => entry.qos > 0 && entry.id === id);
	}

	remove(entry: Entry): void {
		const index = this.#entries.indexOf(entry);
		if (index < 0) return;
		this.#entries.splice(index, 1);
		this.#slots[entry.slot] = false;
		this.#size -= sizeOf(entry);
	}

	/** PUBREC came: the payload is no longer needed. */
	release(entry: Entry): void {
		this.#size -= entry.payload.length;
		entry.payload = new Uint8Array(0);
		entry.stage = "release";
		entry.due = false;
	}

	/**
	 * @param window - messages of QoS 1 and 2 that may be unacknowledged at once.
	 * @returns the next message whose PUBLISH is to be sent; order is kept, so one that must wait
	 *   holds up the rest.
	 */
	next(window: number): Entry | undefined {
		let unacknowledged = 0;
		// By index: asked after each packet that comes, and an iterator is garbage.
		for (let i = 0; i < this.#entries.length; i++) {
			const entry = this.#entries[i] as Entry;
			if (entry.due) return entry.qos > 0 && unacknowledged >= window ? undefined : entry;
			if (entry.qos > 0) unacknowledged++;
		}
		return undefined;
	}

	/** The connection is gone: what was sent and not acknowledged will be sent again. */
	lost(): void {
		for (const entry of this.#entries) {
			if (entry.sent) entry.duplicate = true;
			entry.sent = false;
			entry.due = entry.stage === "publish";
		}
	}

	/**
	 * The broker no longer has the session: unacknowledged messages become new ones.
	 *
	 * @returns those that the broker had already received (PUBREC) and which are therefore done.
	 */
	renew(): Entry[] {
		const done = this.#entries.filter((entry) => entry.stage === "release");
		for (const entry of done) this.remove(entry);
		for (const entry of this.#entries) entry.duplicate = false;
		return done;
	}

	#append(entry: Entry): void {
		this.#entries.push(entry);
		while (this.#slots.length <= entry.slot) this.#slots.push(false);
		this.#slots[entry.slot] = true;
		this.#size += sizeOf(entry);
	}
}

function sizeOf(entry: Entry): number {
	return entry.topicSize + entry.payload.length;
}
