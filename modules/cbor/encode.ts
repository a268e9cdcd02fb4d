/** The CBOR encoder; the form it writes is the table in cbor.ts. */
import { utf8, view } from "../bytes/bytes.js";
import {
	CBOR_SIZE_MAX,
	CborError,
	type CborErrorCode,
	type CborKey,
	type CborMap,
	type CborValue,
	DEPTH_MAX,
	Tagged,
} from "./cbor.js";
import { toHalf } from "./float.js";

/** @throws {@link CborError}; `offset` is where the value at fault would have been written. */
export function encode(value: CborValue): Uint8Array {
	const writer = new Writer();
	writer.value(value, 0);
	return writer.bytes();
}

/** Orders encoded keys byte by byte, a prefix first. */
export function compareKeys(a: Uint8Array, b: Uint8Array): number {
	const shared = Math.min(a.length, b.length);
	for (let i = 0; i < shared; i++) {
		const difference = (a[i] as number) - (b[i] as number);
		if (difference !== 0) return difference;
	}
	return a.length - b.length;
}

/** The order of {@link compareKeys}, told without encoding: integers from 0, then negative ones, then text. */
function inOrder(a: CborKey, b: CborKey): number {
	if (typeof a === "number" && typeof b === "number") {
		return a >= 0 && b >= 0 ? a - b : b - a;
	}
	if (typeof a === "number") return -1;
	if (typeof b === "number") return 1;
	const [first, second] = [utf8(a), utf8(b)];
	return first.length - second.length || compareKeys(first, second);
}

function wellFormed(text: string): boolean {
	for (const character of text) {
		const code = character.codePointAt(0) as number;
		if (code >= 0xd800 && code < 0xe000) return false;
	}
	return true;
}

class Writer {
	#buffer = new Uint8Array(64);
	#size = 0;

	bytes(): Uint8Array {
		return this.#buffer.slice(0, this.#size);
	}

	value(value: CborValue, depth: number): void {
		if (typeof value === "number") this.#number(value);
		else if (typeof value === "string") this.#text(value);
		else if (value === false) this.#byte(0xf4);
		else if (value === true) this.#byte(0xf5);
		else if (value === null) this.#byte(0xf6);
		else if (value instanceof Uint8Array) {
			this.#head(2, value.length);
			this.#append(value);
		} else {
			if (depth >= DEPTH_MAX) throw this.#error("depth");
			if (Array.isArray(value)) {
				this.#head(4, value.length);
				for (const item of value as readonly CborValue[]) this.value(item, depth + 1);
			} else if (value instanceof Map) this.#map(value, depth);
			else if (value instanceof Tagged) {
				if (!Number.isSafeInteger(value.tag) || value.tag < 0) throw this.#error("number");
				this.#head(6, value.tag);
				this.value(value.value, depth + 1);
			} else throw this.#error("type");
		}
	}

	#map(map: CborMap, depth: number): void {
		const keys = [...map.keys()];
		for (const key of keys)
			if (!Number.isSafeInteger(key) && typeof key !== "string") throw this.#error("type");
		this.#head(5, keys.length);
		for (const key of keys.sort(inOrder)) {
			this.value(key, depth + 1);
			this.value(map.get(key) as CborValue, depth + 1);
		}
	}

	#number(value: number): void {
		if (!Number.isFinite(value) || Object.is(value, -0)) throw this.#error("number");
		if (Number.isSafeInteger(value)) {
			if (value >= 0) this.#head(0, value);
			else this.#head(1, -1 - value);
			return;
		}
		const single = Math.fround(value) === value;
		// What single precision changes, half precision does.
		const half = single ? toHalf(value) : undefined;
		if (half !== undefined) {
			this.#append(new Uint8Array([0xf9, half >> 8, half & 255]));
			return;
		}
		const bytes = new Uint8Array(single ? 5 : 9);
		bytes[0] = single ? 0xfa : 0xfb;
		if (single) view(bytes).setFloat32(1, value);
		else view(bytes).setFloat64(1, value);
		this.#append(bytes);
	}

	#text(text: string): void {
		const bytes = utf8(text);
		// As many bytes as characters: ASCII.
		if (bytes.length !== text.length && !wellFormed(text)) throw this.#error("text");
		this.#head(3, bytes.length);
		this.#append(bytes);
	}

	#head(major: number, argument: number): void {
		const type = major << 5;
		if (argument < 24) {
			this.#byte(type | argument);
			return;
		}
		const size = argument < 0x100 ? 1 : argument < 0x1_0000 ? 2 : argument < 0x1_0000_0000 ? 4 : 8;
		const bytes = new Uint8Array(1 + size);
		bytes[0] = type | (size === 1 ? 24 : size === 2 ? 25 : size === 4 ? 26 : 27);
		for (let i = size; i > 0; i--) {
			bytes[i] = argument % 256;
			argument = Math.floor(argument / 256);
		}
		this.#append(bytes);
	}

	#byte(byte: number): void {
		this.#reserve(1);
		this.#buffer[this.#size++] = byte;
	}

	#append(bytes: Uint8Array): void {
		this.#reserve(bytes.length);
		this.#buffer.set(bytes, this.#size);
		this.#size += bytes.length;
	}

	#reserve(more: number): void {
		const needed = this.#size + more;
		if (needed > CBOR_SIZE_MAX) throw this.#error("size");
		if (needed <= this.#buffer.length) return;
		const grown = new Uint8Array(Math.max(needed, 2 * this.#buffer.length));
		grown.set(this.#buffer.subarray(0, this.#size));
		this.#buffer = grown;
	}

	#error(code: CborErrorCode): CborError {
		return new CborError(code, this.#size);
	}
}
