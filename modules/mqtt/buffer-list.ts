/**
 * The buffer list (`bl`) that the bundled mqtt-packet reads from (bin/bundle.mjs). The codec feeds
 * it one whole packet at a time, so a list holds one piece at most.
 *
 * Reading outside the packet and text that is not UTF-8 throw here, where mqtt-packet itself looks
 * no further.
 */
import { fromUtf8 } from "../bytes/bytes.js";
import { MqttError } from "./error.js";

export class BufferList {
	#bytes: Uint8Array = new Uint8Array(0);

	get length(): number {
		return this.#bytes.length;
	}

	append(bytes: Uint8Array): void {
		if (this.#bytes.length > 0) throw new Error("one packet at a time");
		this.#bytes = bytes;
	}

	consume(size: number): void {
		this.#bytes = this.#bytes.subarray(size);
	}

	/** @returns a view, which keeps the packet's memory in use. */
	slice(start = 0, end = this.#bytes.length): Uint8Array {
		return this.#bytes.subarray(start, end);
	}

	toString(_encoding: string, start = 0, end = this.#bytes.length): string {
		const text = fromUtf8(this.#bytes.subarray(start, end));
		if (text === undefined) throw new MqttError("malformed", "text that is not UTF-8");
		if (text.indexOf("\0") >= 0) throw new MqttError("malformed", "text with a NUL character");
		return text;
	}

	readUInt8(offset: number): number {
		const byte = this.#bytes[offset];
		if (byte === undefined) throw new MqttError("malformed", "packet cut short");
		return byte;
	}

	readUInt16BE(offset: number): number {
		return this.readUInt8(offset) * 0x100 + this.readUInt8(offset + 1);
	}

	readUInt32BE(offset: number): number {
		return this.readUInt16BE(offset) * 0x10000 + this.readUInt16BE(offset + 2);
	}
}

/** `bl()` as mqtt-packet calls it. */
export function bufferList(): BufferList {
	return new BufferList();
}
