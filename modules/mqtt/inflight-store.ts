/**
 * What an MQTT session must not forget over a restart, in the Storage port's small records:
 *
 *   `session`   version (1) | "<client id>@<host>:<port>": a session exists at that broker
 *   `received`  version (1) | id (2) | id (2) | …: QoS 2 messages taken and not yet released
 *   `m<slot>`   version (1) | stage (1) | flags (1) | parts (1) | id (2) | order (4)
 *               | topic size (2) | body …
 *   `m<slot>.1` … `m<slot>.3`: the rest of a body above one record
 *
 * body = topic ‖ payload; flags = QoS × 2 + retain; stage 0 publish, 1 release. The further parts
 * are written before the first record, which makes the message exist, so a power cut leaves it
 * there whole or not at all; parts left over are deleted at the next start.
 *
 * Bounds: SLOTS_MAX messages of BODY_SIZE_MAX bytes; records of VALUE_SIZE_MAX; keys of 1 to 8
 * characters.
 */
import { bigEndian, concat, fromUtf8, sameBytes, utf8, view } from "../bytes/bytes.js";
import type { Log } from "../ports/log.js";
import { type KeyValue, StorageError, VALUE_SIZE_MAX } from "../ports/storage.js";
import type { QoS } from "./mqtt-packet.js";
import type { Entry } from "./outbox.js";
import type { Effect } from "./session-types.js";
import { topicFault } from "./topics.js";

/** Messages that can be kept. */
export const SLOTS_MAX = 64;
const VERSION = 1;
const HEAD_SIZE = 12;
/** Records one message may take. */
export const PARTS_MAX = 4;
/** Bytes of topic and payload together that can be kept. */
export const BODY_SIZE_MAX = PARTS_MAX * VALUE_SIZE_MAX - HEAD_SIZE;
/** Ids that one record holds. */
export const RECEIVED_MAX = 128;

const SESSION_KEY = "session";
const RECEIVED_KEY = "received";

export interface Restored {
	/** Whether this client has had a session at this broker. */
	readonly known: boolean;
	readonly entries: readonly Entry[];
	readonly received: readonly number[];
	/** Records that could not be read, and were deleted. */
	readonly unreadable: number;
}

function partKey(slot: number, part: number): string {
	return part === 0 ? `m${slot}` : `m${slot}.${part}`;
}

export class InflightStore {
	readonly #records: KeyValue;
	readonly #identity: Uint8Array;
	/** Parts written for a slot, to delete just those. */
	readonly #parts: number[] = new Array<number>(SLOTS_MAX).fill(0);

	/**
	 * @param identity - client id and broker, up to 3,000 bytes; a session of another identity is not
	 * taken up.
	 */
	constructor(records: KeyValue, identity: string) {
		this.#records = records;
		this.#identity = concat(new Uint8Array([VERSION]), utf8(identity));
	}

	/** @throws `StorageError` where the medium fails. */
	load(): Restored {
		const entries: Entry[] = [];
		let unreadable = 0;
		for (let slot = 0; slot < SLOTS_MAX; slot++) {
			const head = this.#records.read(partKey(slot, 0));
			const entry = head === undefined ? undefined : this.#decode(slot, head);
			if (entry !== undefined) entries.push(entry);
			else if (head !== undefined) {
				unreadable++;
				this.#records.delete(partKey(slot, 0));
			}
			// A power cut may have left further parts behind.
			const parts = this.#parts[slot] as number;
			if (this.#records.read(partKey(slot, Math.max(parts, 1))) !== undefined)
				this.#deleteParts(slot, parts, PARTS_MAX);
		}
		const marker = this.#records.read(SESSION_KEY);
		return {
			known: marker !== undefined && sameBytes(marker, this.#identity),
			entries,
			received: this.#received(),
			unreadable,
		};
	}

	/** @throws `StorageError`; then the message is not kept. */
	save(entry: Entry): void {
		const topic = utf8(entry.topic);
		const body = concat(topic, entry.payload);
		const parts = Math.ceil((HEAD_SIZE + body.length) / VALUE_SIZE_MAX);
		if (parts > PARTS_MAX) throw new Error("the message is too large to be kept");
		const before = this.#parts[entry.slot] as number;
		this.#parts[entry.slot] = Math.max(before, parts);
		for (let part = 1; part < parts; part++) {
			const start = part * VALUE_SIZE_MAX - HEAD_SIZE;
			this.#records.write(partKey(entry.slot, part), body.slice(start, start + VALUE_SIZE_MAX));
		}
		const head = concat(
			new Uint8Array([VERSION, entry.stage === "release" ? 1 : 0, flags(entry), parts]),
			bigEndian(entry.id, 2),
			bigEndian(entry.order, 4),
			bigEndian(topic.length, 2),
			body.subarray(0, VALUE_SIZE_MAX - HEAD_SIZE),
		);
		this.#records.write(partKey(entry.slot, 0), head);
		this.#deleteParts(entry.slot, parts, before);
		this.#parts[entry.slot] = parts;
	}

	forget(slot: number): void {
		this.#records.delete(partKey(slot, 0));
		this.#deleteParts(slot, 1, this.#parts[slot] as number);
		this.#parts[slot] = 0;
	}

	/** @param ids - up to RECEIVED_MAX. */
	saveReceived(ids: ReadonlySet<number>): void {
		if (ids.size === 0) {
			this.#records.delete(RECEIVED_KEY);
			return;
		}
		const record = new Uint8Array(1 + 2 * ids.size);
		record[0] = VERSION;
		let offset = 1;
		for (const id of ids) {
			view(record).setUint16(offset, id);
			offset += 2;
		}
		this.#records.write(RECEIVED_KEY, record);
	}

	/** From now on a session at the broker is one that this client knows. */
	saveKnown(): void {
		const marker = this.#records.read(SESSION_KEY);
		if (marker === undefined || !sameBytes(marker, this.#identity))
			this.#records.write(SESSION_KEY, this.#identity);
	}

	/**
	 * Carries out the effects that are for storage. One that fails leaves the older record: at worst
	 * a message is repeated after a restart.
	 */
	record(effect: Effect, log: Log | undefined): void {
		try {
			if (effect.type === "save") this.save(effect.entry);
			else if (effect.type === "forget") this.forget(effect.entry.slot);
			else if (effect.type === "received") this.saveReceived(effect.ids);
			else if (effect.type === "known") this.saveKnown();
		} catch (error) {
			if (!(error instanceof StorageError)) throw error;
			log?.(`mqtt: a stored message was not updated: ${error.message}`);
		}
	}

	#decode(slot: number, head: Uint8Array): Entry | undefined {
		if (head.length < HEAD_SIZE || head[0] !== VERSION) return undefined;
		const fields = view(head);
		const [stage, flag, parts] = [fields.getUint8(1), fields.getUint8(2), fields.getUint8(3)];
		if (stage > 1 || flag < 2 || flag > 5 || parts < 1 || parts > PARTS_MAX) return undefined;
		const pieces = [head.subarray(HEAD_SIZE)];
		for (let part = 1; part < parts; part++) {
			const piece = this.#records.read(partKey(slot, part));
			if (piece === undefined) return undefined;
			pieces.push(piece);
		}
		const body = concat(...pieces);
		const topicSize = fields.getUint16(10);
		const topic = fromUtf8(body.subarray(0, topicSize));
		const id = fields.getUint16(4);
		if (topic === undefined || topicSize > body.length || id === 0) return undefined;
		// Every broker would end the connection for it, time and again.
		if (topicFault(topic) !== undefined) return undefined;
		this.#parts[slot] = parts;
		return {
			slot,
			order: fields.getUint32(6),
			id,
			topic,
			topicSize,
			payload: body.slice(topicSize),
			qos: (flag >> 1) as QoS,
			retain: (flag & 1) === 1,
			stage: stage === 1 ? "release" : "publish",
			due: stage === 0,
			sent: false,
			// It may have been sent before the restart: to say so is never wrong.
			duplicate: true,
			handle: 0,
		};
	}

	/** From the last one down, so that whatever a power cut leaves begins at `first`. */
	#deleteParts(slot: number, first: number, end: number): void {
		for (let part = end - 1; part >= Math.max(first, 1); part--)
			this.#records.delete(partKey(slot, part));
	}

	#received(): number[] {
		const record = this.#records.read(RECEIVED_KEY);
		const ids: number[] = [];
		if (record === undefined || record[0] !== VERSION) return ids;
		const fields = view(record);
		for (let offset = 1; offset + 2 <= record.length && ids.length < RECEIVED_MAX; offset += 2)
			ids.push(fields.getUint16(offset));
		return ids;
	}
}

function flags(entry: Entry): number {
	return entry.qos * 2 + (entry.retain ? 1 : 0);
}
