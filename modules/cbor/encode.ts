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
function compareKeys(a: Uint8Array, b: Uint8Array): number {
	const shared = Math.min(a.length, b.length);
	for (let i = 0; i < shared; i++) {
		const difference = (a[i] as number) - (b[i] as number);
		if (difference !== 0) return difference;
	}
	return a.length - b.length;
}

/** The order of {@link compareKeys}, told without encoding: integers from 0, then negative ones, then text. */
export function inOrder(a: CborKey, b: CborKey): number {
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
	/** Most messages fit. */
	#buffer = new Uint8Array(256);
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
				for (let i = 0; i < value.length; i++) this.value(value[i] as CborValue, depth + 1);
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
		let isSorted = true;
		for (let i = 0; i < keys.length; i++) {
			const key = keys[i] as CborKey;
			if (!Number.isSafeInteger(key) && typeof key !== "string") throw this.#error("type");
			isSorted &&= i === 0 || inOrder(keys[i - 1] as CborKey, key) < 0;
		}
		if (!isSorted) keys.sort(inOrder);
		this.#head(5, keys.length);
		for (let i = 0; i < keys.length; i++) {
			const key = keys[i] as CborKey;
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
			this.#reserve(3);
			this.#byte(0xf9);
			this.#byte(half >> 8);
			this.#byte(half & 255);
			return;
		}
		const size = single ? 4 : 8;
		this.#reserve(1 + size);
		this.#byte(single ? 0xfa : 0xfb);
		if (single) view(this.#buffer).setFloat32(this.#size, value);
		else view(this.#buffer).setFloat64(this.#size, value);
		this.#size += size;
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
		this.#reserve(1 + size);
		this.#byte(type | (size === 1 ? 24 : size === 2 ? 25 : size === 4 ? 26 : 27));
		for (let i = this.#size + size - 1; i >= this.#size; i--) {
			this.#buffer[i] = argument % 256;
			argument = Math.floor(argument / 256);
		}
		this.#size += size;
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
