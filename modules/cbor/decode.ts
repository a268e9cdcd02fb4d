/** The CBOR decoder: takes what encode.ts writes and nothing else; the table is in cbor.ts. */
import { fromUtf8, view } from "../bytes/bytes.js";
import {
	CBOR_SIZE_MAX,
	CborError,
	type CborKey,
	type CborMap,
	type CborValue,
	DEPTH_MAX,
	Tagged,
} from "./cbor.js";
import { inOrder } from "./encode.js";
import { fromHalf, toHalf } from "./float.js";

/**
 * @param bytes - one encoded value and nothing after it. The result shares no memory with it.
 * @throws {@link CborError}
 */
export function decode(bytes: Uint8Array): CborValue {
	if (bytes.length > CBOR_SIZE_MAX) throw new CborError("size", CBOR_SIZE_MAX);
	const reader = new Reader(bytes);
	const value = reader.value(0);
	reader.end();
	return value;
}

class Reader {
	#bytes: Uint8Array;
	#offset = 0;

	constructor(bytes: Uint8Array) {
		this.#bytes = bytes;
	}

	end(): void {
		if (this.#offset !== this.#bytes.length) throw new CborError("trailing", this.#offset);
	}

	value(depth: number): CborValue {
		const at = this.#offset;
		const initial = this.#bytes[at];
		if (initial === undefined) throw new CborError("truncated", at);
		this.#offset++;
		const major = initial >> 5;
		const info = initial & 31;
		if (major === 7) return this.#simple(info, at);
		const argument = this.#argument(info, at);
		if (major === 0) return argument;
		if (major === 1) {
			if (argument === Number.MAX_SAFE_INTEGER) throw new CborError("number", at);
			return -1 - argument;
		}
		if (major === 2) return this.#take(argument, at).slice();
		if (major === 3) {
			const text = fromUtf8(this.#take(argument, at));
			if (text === undefined) throw new CborError("text", at);
			return text;
		}
		if (depth >= DEPTH_MAX) throw new CborError("depth", at);
		if (major === 4) return this.#array(argument, depth, at);
		if (major === 5) return this.#map(argument, depth, at);
		return new Tagged(argument, this.value(depth + 1));
	}

	#array(count: number, depth: number, at: number): CborValue[] {
		this.#holds(count, at);
		const items: CborValue[] = [];
		for (let i = 0; i < count; i++) items.push(this.value(depth + 1));
		return items;
	}

	#map(count: number, depth: number, at: number): CborMap {
		this.#holds(2 * count, at);
		const map = new Map<CborKey, CborValue>();
		let last: CborKey | undefined;
		for (let i = 0; i < count; i++) {
			const keyAt = this.#offset;
			const key = this.value(DEPTH_MAX);
			if (typeof key !== "string" && !Number.isSafeInteger(key)) {
				throw new CborError("type", keyAt);
			}
			// In the shortest form, in which alone they are taken, their bytes have the same order.
			const order = last === undefined ? -1 : inOrder(last, key as CborKey);
			if (order >= 0) throw new CborError(order === 0 ? "duplicate" : "order", keyAt);
			last = key as CborKey;
			map.set(last, this.value(depth + 1));
		}
		return map;
	}

	/** An argument below 2^53 in its shortest form; `info` is the initial byte's lower 5 bits. */
	#argument(info: number, at: number): number {
		if (info < 24) return info;
		if (info > 27) throw new CborError("type", at);
		const size = 1 << (info - 24);
		if (size > this.#bytes.length - this.#offset) throw new CborError("truncated", at);
		let value = 0;
		for (let i = 0; i < size; i++) value = value * 256 + (this.#bytes[this.#offset++] as number);
		const least = size === 1 ? 24 : size === 2 ? 0x100 : size === 4 ? 0x1_0000 : 0x1_0000_0000;
		if (value < least) throw new CborError("form", at);
		if (value > Number.MAX_SAFE_INTEGER) throw new CborError("number", at);
		return value;
	}

	#simple(info: number, at: number): CborValue {
		if (info === 20) return false;
		if (info === 21) return true;
		if (info === 22) return null;
		if (info < 25 || info > 27) throw new CborError("type", at);
		const size = 1 << (info - 24);
		const bytes = view(this.#take(size, at));
		const value =
			size === 2
				? fromHalf(bytes.getUint16(0))
				: size === 4
					? bytes.getFloat32(0)
					: bytes.getFloat64(0);
		if (!Number.isFinite(value) || Object.is(value, -0)) throw new CborError("number", at);
		const shorter =
			size === 2 ? false : size === 4 ? toHalf(value) !== undefined : Math.fround(value) === value;
		if (shorter || Number.isSafeInteger(value)) throw new CborError("form", at);
		return value;
	}

	#take(size: number, at: number): Uint8Array {
		if (size > this.#bytes.length - this.#offset) throw new CborError("truncated", at);
		const taken = this.#bytes.subarray(this.#offset, this.#offset + size);
		this.#offset += size;
		return taken;
	}

	/** Refuses at once a count that the bytes left cannot hold: every item takes one at least. */
	#holds(items: number, at: number): void {
		if (items > this.#bytes.length - this.#offset) throw new CborError("truncated", at);
	}
}
