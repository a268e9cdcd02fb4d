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
	#chunk: Uint8Array = new Uint8Array(0);
	#offset = 0;
	#packet: Uint8Array | undefined;
	#filled = 0;

	constructor(packetSizeMax: number) {
		this.#header = new FixedHeader(packetSizeMax);
	}

	/** @param chunk - is read until `next` gave nothing; not kept after that. */
	push(chunk: Uint8Array): void {
		if (this.#offset < this.#chunk.length) throw new Error("the chunk before is not used up");
		this.#chunk = chunk;
		this.#offset = 0;
	}

	/**
	 * @returns the next whole packet, fixed header included, in a buffer of its own.
	 * @throws {@link MqttError} as {@link FixedHeader.add}.
	 */
	next(): Uint8Array | undefined {
		while (this.#packet === undefined) {
			const byte = this.#chunk[this.#offset];
			if (byte === undefined) return undefined;
			this.#offset++;
			if (!this.#header.add(byte)) continue;
			this.#packet = new Uint8Array(this.#header.size + this.#header.remaining);
			this.#packet.set(this.#header.bytes.subarray(0, this.#header.size));
			this.#filled = this.#header.size;
			this.#header.reset();
		}
		const packet = this.#packet;
		const part = this.#chunk.subarray(this.#offset, this.#offset + packet.length - this.#filled);
		packet.set(part, this.#filled);
		this.#filled += part.length;
		this.#offset += part.length;
		if (this.#filled < packet.length) return undefined;
		this.#packet = undefined;
		return packet;
	}

	/** Forgets what is incomplete: a new connection begins. */
	reset(): void {
		this.#header.reset();
		this.#packet = undefined;
		this.#chunk = new Uint8Array(0);
		this.#offset = 0;
	}
}
