/**
 * Cuts a byte stream into MQTT packets and refuses one that is too large before anything of it is
 * kept.
 *
 *   fixed header: type and flags (1) | remaining length (1 to 4, 7 bits each, lowest first)
 *   packet:       fixed header | remaining length bytes
 *
 * Source: MQTT 3.1.1 §2.2, MQTT 5 §2.1 and §1.5.5. What is inside a packet is for codec.ts.
 */
import { MqttError } from "./error.js";

/** Bytes of the longest fixed header. */
export const FIXED_HEADER_SIZE_MAX = 5;

const NONE = new Uint8Array(0);

/** Collects a fixed header byte by byte. */
export class FixedHeader {
	readonly bytes: Uint8Array = new Uint8Array(FIXED_HEADER_SIZE_MAX);
	/** Bytes so far. */
	size = 0;
	/** The remaining length, as far as it is known. */
	remaining = 0;
	readonly #packetSizeMax: number;

	/** @param packetSizeMax - bytes of a whole packet, fixed header included. */
	constructor(packetSizeMax: number) {
		this.#packetSizeMax = packetSizeMax;
	}

	/**
	 * @returns whether the header is complete.
	 * @throws {@link MqttError} `malformed` (length in more bytes than it needs), `too-large`.
	 */
	add(byte: number): boolean {
		this.bytes[this.size++] = byte;
		if (this.size === 1) return false;
		const place = this.size - 2;
		this.remaining += (byte & 0x7f) * 128 ** place;
		if (byte & 0x80) {
			if (this.size < FIXED_HEADER_SIZE_MAX) return false;
			throw new MqttError("malformed", "packet length of more than four bytes");
		}
		if (byte === 0 && place > 0)
			throw new MqttError("malformed", "packet length written in more bytes than it needs");
		if (this.size + this.remaining > this.#packetSizeMax)
			throw new MqttError(
				"too-large",
				`packet of ${this.size + this.remaining} bytes where ${this.#packetSizeMax} are taken`,
			);
		return true;
	}

	reset(): void {
		this.size = 0;
		this.remaining = 0;
	}
}

/** `push` one chunk, then `next` until it gives nothing; an error ends the connection. */
export class Framer {
	readonly #header: FixedHeader;
	/** Where packets are put together that are only on loan; grows to the longest one. */
	#room: Uint8Array | undefined;
	/** Where a packet's first bytes are read to. */
	readonly #start: Uint8Array = new Uint8Array(FIXED_HEADER_SIZE_MAX);
	#chunk: Uint8Array = NONE;
	#offset = 0;
	#packet: Uint8Array | undefined;
	#filled = 0;

	/** @param isOnLoan - packets are put together in one place, so that they make no garbage. */
	constructor(packetSizeMax: number, isOnLoan = false) {
		this.#header = new FixedHeader(packetSizeMax);
		this.#room = isOnLoan ? NONE : undefined;
	}

	/** Where the next chunk may be read to: the rest of a packet in its place, or a header's worth; `sizeMax` at most. */
	room(sizeMax: number): Uint8Array {
		const filled = this.#filled;
		const packet = this.#packet;
		if (packet) return packet.subarray(filled, Math.min(packet.length, filled + sizeMax));
		return sizeMax < FIXED_HEADER_SIZE_MAX ? this.#start.subarray(0, sizeMax) : this.#start;
	}

	/** @param chunk - is read until `next` gave nothing; not kept after that. In a packet's own memory only as `room` says. */
	push(chunk: Uint8Array): void {
		if (this.#offset < this.#chunk.length) throw new Error("the chunk before is not used up");
		this.#chunk = chunk;
		this.#offset = 0;
	}

	/**
	 * @returns the next whole packet, fixed header included, in a buffer of its own; on loan, until the next call.
	 * @throws {@link MqttError} as {@link FixedHeader.add}.
	 */
	next(): Uint8Array | undefined {
		while (this.#packet === undefined) {
			const byte = this.#chunk[this.#offset];
			if (byte === undefined) return undefined;
			this.#offset++;
			if (!this.#header.add(byte)) continue;
			this.#packet = this.#newPacket(this.#header.size + this.#header.remaining);
			this.#filled = this.#header.size;
			for (let i = 0; i < this.#filled; i++) this.#packet[i] = this.#header.bytes[i] as number;
			this.#header.reset();
		}
		const packet = this.#packet;
		this.#filled += this.#copy(packet);
		if (this.#filled < packet.length) return undefined;
		this.#packet = undefined;
		return packet;
	}

	/** Forgets what is incomplete: a new connection begins. */
	reset(): void {
		this.#header.reset();
		this.#packet = undefined;
		this.#chunk = NONE;
		this.#offset = 0;
		if (this.#room) this.#room = NONE;
	}

	/** What the chunk has of `packet`, unless it was read to its place. @returns its size. */
	#copy(packet: Uint8Array): number {
		const chunk = this.#chunk;
		const start = this.#offset;
		const size = Math.min(chunk.length - start, packet.length - this.#filled);
		this.#offset += size;
		if (chunk.buffer === packet.buffer) return size;
		if (size < FIXED_HEADER_SIZE_MAX)
			// No view of it: what was read with a header comes with each packet.
			for (let i = 0; i < size; i++) packet[this.#filled + i] = chunk[start + i] as number;
		else packet.set(chunk.subarray(start, start + size), this.#filled);
		return size;
	}

	#newPacket(size: number): Uint8Array {
		if (!this.#room) return new Uint8Array(size);
		if (this.#room.length < size) this.#room = new Uint8Array(size);
		return this.#room.length === size ? this.#room : this.#room.subarray(0, size);
	}
}
