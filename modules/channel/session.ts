/**
 * A session's records and tickets (docs/protocol.md §6, §7), the same class at both ends.
 *
 *   record  0x10 | session id (8) | seq (8) | ciphertext ‖ tag      nonce = iv XOR seq
 *   ticket  0x20 | session id (8) | n (8)   | ciphertext ‖ tag      nonce = ticket iv XOR n
 *
 * The 17 bytes before the ciphertext are the additional data; the counters start at 0 and XOR the IV's last 8
 * bytes. A plaintext is one padded CBOR map. Each direction has its own key, tickets a third.
 *
 * Keys and counters live here and die with the process: they are never stored, since a restored counter would
 * repeat a nonce. Left out: handshakes, and when to give a session up (`expired` only says that it must be).
 */
import { bigEndian, sameBytes, view } from "../bytes/bytes.js";
import {
	decodeMessage,
	decodeTicket,
	encodeMessage,
	encodeTicket,
	MessageError,
	pad,
	unpad,
} from "../messages/codec.js";
import { CONTENT_SIZE_MAX } from "../messages/padding.js";
import type { Message, ServerMessage, StationMessage, Ticket } from "../messages/types.js";
import { NONCE_SIZE, TAG_SIZE } from "../ports/crypto.js";
import { closeKeys, type KeyAndIv, SESSION_ID_SIZE, type SessionKeys } from "./handshake.js";

/** First bytes on the wire; a handshake message is a CBOR array and starts with 0x83 or 0x88. */
export const RECORD_KIND = 0x10;
export const TICKET_KIND = 0x20;
export const RECORD_HEADER_SIZE = 1 + SESSION_ID_SIZE + 8;
/** The largest padded plaintext, header and tag. */
export const RECORD_SIZE_MAX = RECORD_HEADER_SIZE + CONTENT_SIZE_MAX + 1 + TAG_SIZE;
/** A session ends after so many records in one direction. */
export const RECORDS_MAX = 2 ** 32;
/** A session ends after 24 h. */
export const SESSION_LIFETIME_MS = 24 * 3600 * 1000;
/** The server waits longer, so that the station is the first to notice. */
export const SERVER_GRACE_MS = 60_000;

export type Role = "station" | "server";

/** A session as its station holds it. */
export type StationSession = Session<ServerMessage, StationMessage>;
/** A session as the server holds it. */
export type ServerSession = Session<StationMessage, ServerMessage>;

export interface Opened<Received extends Message> {
	readonly message: Received;
	readonly seq: number;
}

export interface SessionOptions {
	/** Which end this is: it says which key seals and which opens. */
	readonly role: Role;
	/** 8 bytes. */
	readonly id: Uint8Array;
	/** The session's from here on: `close` closes them. */
	readonly keys: SessionKeys;
	/** The clock's reading when the keys were derived. */
	readonly startedMs: number;
	/** At most, and by default, {@link RECORDS_MAX}. */
	readonly recordsMax?: number;
}

export class Session<Received extends Message = Message, Sent extends Message = Message> {
	/** 8 bytes. */
	readonly id: Uint8Array;
	readonly role: Role;
	readonly #keys: SessionKeys;
	readonly #recordsMax: number;
	readonly #endsMs: number;
	#confirmed: boolean;
	#closed = false;
	#sealedSeq = 0;
	#openedSeq = -1;
	#tickets = 0;
	#bytesSealed = 0;
	#openFailures = 0;
	#malformed = 0;

	constructor(options: SessionOptions) {
		this.id = options.id;
		this.role = options.role;
		this.#keys = options.keys;
		this.#recordsMax = options.recordsMax ?? RECORDS_MAX;
		const graceMs = options.role === "server" ? SERVER_GRACE_MS : 0;
		this.#endsMs = options.startedMs + SESSION_LIFETIME_MS + graceMs;
		this.#confirmed = options.role === "station";
	}

	/** At the server: the station's first record, `ready`, has opened. At the station: always. */
	get confirmed(): boolean {
		return this.#confirmed;
	}
	/** Records and tickets that arrived for this session and did not open: changed, repeated, out of order. */
	get openFailures(): number {
		return this.#openFailures;
	}
	/** Records and tickets that opened but hold no message of the protocol: the peer is at fault. */
	get malformed(): number {
		return this.#malformed;
	}
	/** Bytes of the records and tickets sealed so far, headers and tags included. */
	get bytesSealed(): number {
		return this.#bytesSealed;
	}
	/** Records sealed so far, tickets not counted. */
	get records(): number {
		return this.#sealedSeq;
	}
	get closed(): boolean {
		return this.#closed;
	}

	/** Whether the session must be given up: 24 h, 2^32 records either way, or closed. */
	expired(nowMs: number): boolean {
		return (
			this.#closed ||
			nowMs >= this.#endsMs ||
			this.#sealedSeq >= this.#recordsMax ||
			this.#tickets >= this.#recordsMax ||
			this.#openedSeq >= this.#recordsMax - 1
		);
	}

	/**
	 * Seals one message under the next `seq`; to repeat a message, seal it again.
	 *
	 * @returns the record and its `seq`.
	 * @throws Error where the session is closed or used up, or at the server before `ready` has opened.
	 */
	seal(message: Sent): { bytes: Uint8Array; seq: number } {
		this.#assertMaySeal(this.#sealedSeq);
		const plaintext = pad(encodeMessage(message));
		const seq = this.#sealedSeq++;
		const key = this.role === "station" ? this.#keys.up : this.#keys.down;
		return { bytes: this.#sealBytes(RECORD_KIND, key, seq, plaintext), seq };
	}

	/**
	 * @returns what the record holds, or `undefined` where it is not this session's, did not open or may not be acted
	 *   on: at the server, anything before `ready`.
	 */
	open(record: Uint8Array): Opened<Received> | undefined {
		const key = this.role === "station" ? this.#keys.down : this.#keys.up;
		const from = this.role === "station" ? "server" : "station";
		const seq = this.#counter(RECORD_KIND, record);
		if (seq === undefined || seq <= this.#openedSeq) return this.#failed();
		const plaintext = this.#openBytes(key, record);
		if (!plaintext) return this.#failed();
		this.#openedSeq = seq;
		const message = this.#decode(() => decodeMessage(unpad(plaintext), from) as Received);
		if (!message) return undefined;
		if (!this.#confirmed) {
			if (message.type !== "ready") return undefined;
			this.#confirmed = true;
		}
		return { message, seq };
	}

	/**
	 * Seals a ticket for this session's station; only the server does.
	 *
	 * @throws Error as {@link Session.seal}, and at a station.
	 */
	sealTicket(ticket: Ticket): Uint8Array {
		if (this.role !== "server") throw new Error("only the server seals tickets");
		this.#assertMaySeal(this.#tickets);
		const plaintext = pad(encodeTicket(ticket));
		return this.#sealBytes(TICKET_KIND, this.#keys.ticket, this.#tickets++, plaintext);
	}

	/** @returns the ticket, or `undefined` where it was not sealed for this session. Repeats open again. */
	openTicket(bytes: Uint8Array): Ticket | undefined {
		if (this.#counter(TICKET_KIND, bytes) === undefined) return this.#failed();
		const plaintext = this.#openBytes(this.#keys.ticket, bytes);
		if (!plaintext) return this.#failed();
		return this.#decode(() => decodeTicket(unpad(plaintext)));
	}

	/** Wipes the keys. May be called twice. */
	close(): void {
		if (this.#closed) return;
		this.#closed = true;
		closeKeys(this.#keys);
	}

	#assertMaySeal(count: number): void {
		if (this.#closed) throw new Error("the session is closed");
		if (!this.#confirmed)
			throw new Error("nothing is sealed before the station's ready has opened");
		if (count >= this.#recordsMax) throw new Error("the session is used up: make a new one");
	}

	#sealBytes(kind: number, key: KeyAndIv, count: number, plaintext: Uint8Array): Uint8Array {
		const header = new Uint8Array(RECORD_HEADER_SIZE);
		header[0] = kind;
		header.set(this.id, 1);
		header.set(bigEndian(count, 8), 1 + SESSION_ID_SIZE);
		const sealed = key.aead.seal(nonceOf(key.iv, header), header, plaintext);
		const bytes = new Uint8Array(header.length + sealed.length);
		bytes.set(header);
		bytes.set(sealed, header.length);
		this.#bytesSealed += bytes.length;
		return bytes;
	}

	#openBytes(key: KeyAndIv, bytes: Uint8Array): Uint8Array | undefined {
		const header = bytes.slice(0, RECORD_HEADER_SIZE);
		return key.aead.open(nonceOf(key.iv, header), header, bytes.slice(RECORD_HEADER_SIZE));
	}

	/** @returns the header's counter where kind, size, session and range are right. */
	#counter(kind: number, bytes: Uint8Array): number | undefined {
		if (this.#closed || bytes[0] !== kind) return undefined;
		if (bytes.length < RECORD_HEADER_SIZE + TAG_SIZE || bytes.length > RECORD_SIZE_MAX)
			return undefined;
		if (!sameBytes(sessionIdOf(bytes), this.id)) return undefined;
		const words = view(bytes);
		const high = words.getUint32(1 + SESSION_ID_SIZE);
		const low = words.getUint32(5 + SESSION_ID_SIZE);
		return high === 0 && low < this.#recordsMax ? low : undefined;
	}

	#decode<T>(decode: () => T): T | undefined {
		try {
			return decode();
		} catch (error) {
			if (!(error instanceof MessageError)) throw error;
			this.#malformed++;
			return undefined;
		}
	}

	#failed(): undefined {
		this.#openFailures++;
		return undefined;
	}
}

/** The session id in a record or ticket (at least 9 bytes), for finding the session. */
export function sessionIdOf(bytes: Uint8Array): Uint8Array {
	return bytes.subarray(1, 1 + SESSION_ID_SIZE);
}

function nonceOf(iv: Uint8Array, header: Uint8Array): Uint8Array {
	const nonce = iv.slice();
	for (let i = 0; i < 8; i++)
		nonce[NONCE_SIZE - 8 + i] =
			(iv[NONCE_SIZE - 8 + i] as number) ^ (header[1 + SESSION_ID_SIZE + i] as number);
	return nonce;
}
