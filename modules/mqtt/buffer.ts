/**
 * The `Buffer` that the bundled mqtt-packet gets (bin/bundle.mjs): Uint8Array and the few methods
 * that its writer calls. Nothing is assigned to a prototype, so it works where intrinsics are
 * frozen.
 *
 * Leaves out everything else of Node's Buffer; the reader's needs are in buffer-list.ts.
 */
import { utf8 } from "../bytes/bytes.js";

/** Bytes of `text` in UTF-8; a lone surrogate counts as U+FFFD. */
export function utf8Size(text: string): number {
	return utf8(text).length;
}

export class Buffer extends Uint8Array {
	/** As Uint8Array's. Without one of its own the engine makes an array of what it is given, and takes that apart. */
	constructor(of: number | ArrayBuffer, offset?: number, length?: number) {
		super(of as ArrayBuffer, offset, length);
	}

	static alloc(size: number): Buffer {
		return new Buffer(size);
	}

	static allocUnsafe(size: number): Buffer {
		return new Buffer(size);
	}

	static isBuffer(value: unknown): boolean {
		return value instanceof Uint8Array;
	}

	static byteLength(value: string | Uint8Array): number {
		return typeof value === "string" ? utf8Size(value) : value.length;
	}

	/** Any Uint8Array will do as a payload or a password. */
	static override [Symbol.hasInstance](value: unknown): boolean {
		return value instanceof Uint8Array;
	}

	writeUInt8(value: number, offset = 0): number {
		this[offset] = value;
		return offset + 1;
	}

	writeUInt32BE(value: number, offset = 0): number {
		this[offset] = value >>> 24;
		this[offset + 1] = value >>> 16;
		this[offset + 2] = value >>> 8;
		this[offset + 3] = value;
		return offset + 4;
	}
}
