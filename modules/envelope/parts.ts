/**
 * What sealed files of both directions begin with: four letters, suite, flags, and parts that carry their length.
 * See docs/protocol.md §8.
 */
import { bigEndian, concat } from "../bytes/bytes.js";
import type { CborMap, CborValue } from "../cbor/cbor.js";
import { CborError } from "../cbor/cbor.js";
import { decode } from "../cbor/decode.js";
import { RSA_BITS_MAX, RSA_BITS_MIN } from "../ports/crypto.js";

export const PREFIX_SIZE = 7;
const SUITE = 1;
/** Letters, suite, flags, header length. */
export const FIXED_SIZE = 8;
export const HEADER_SIZE_MAX = 256;
export const RSA_SIZE_MIN = RSA_BITS_MIN / 8;
export const RSA_SIZE_MAX = RSA_BITS_MAX / 8;

/**
 * - `magic`: not an envelope of this version
 * - `suite`: a suite or flag that does not exist
 * - `size`: a part outside its bounds
 * - `truncated`, `trailing`: fewer or more bytes than its fields say
 * - `header`: not the map it should be
 */
export type EnvelopeErrorCode = "magic" | "suite" | "size" | "truncated" | "trailing" | "header";

/** A head of the wrong shape. */
export class EnvelopeError extends Error {
	override readonly name = "EnvelopeError";
	readonly code: EnvelopeErrorCode;
	constructor(code: EnvelopeErrorCode, detail: string) {
		super(`envelope refused (docs/protocol.md §8): ${code}: ${detail}`);
		this.code = code;
	}
}

/** Letters, suite and flags. @param magic - the four letters. */
export function startOf(magic: number): Uint8Array {
	return concat(bigEndian(magic, 4), new Uint8Array([SUITE, 0]));
}

/** @throws {@link EnvelopeError} as soon as `bytes` cannot begin as {@link startOf} says. */
export function checkStart(bytes: Uint8Array, magic: number): void {
	for (let i = 0; i < Math.min(bytes.length, 4); i++) {
		const letter = Math.floor(magic / 2 ** (24 - 8 * i)) % 256;
		if (bytes[i] !== letter)
			throw new EnvelopeError("magic", "it does not begin with the letters of its kind");
	}
	if (bytes.length > 4 && bytes[4] !== SUITE) throw new EnvelopeError("suite", `${bytes[4]}`);
	if (bytes.length > 5 && bytes[5] !== 0) throw new EnvelopeError("suite", `flags ${bytes[5]}`);
}

/** The header's map, of exactly `count` fields. @throws {@link EnvelopeError} `header`. */
export function decodeHeader(bytes: Uint8Array, count: number): CborMap {
	let map: CborValue;
	try {
		map = decode(bytes);
	} catch (error) {
		if (error instanceof CborError) throw new EnvelopeError("header", error.message);
		throw error;
	}
	if (!(map instanceof Map) || map.size !== count) throw new EnvelopeError("header", "not its map");
	return map as CborMap;
}

export function sized(bytes: Uint8Array): Uint8Array {
	return concat(bigEndian(bytes.length, 2), bytes);
}

export function checkSize(size: number, min: number, max: number, what: string): void {
	if (size < min || size > max) {
		throw new EnvelopeError("size", `${what} of ${size} bytes, not ${min} to ${max}`);
	}
}

/** Where the part ends whose length stands at `at`; `undefined` where the length is not there yet. */
export function part(
	bytes: Uint8Array,
	at: number,
	min: number,
	max: number,
	what: string,
): number | undefined {
	const high = bytes[at];
	const low = bytes[at + 1];
	if (high === undefined || low === undefined) return undefined;
	const size = high * 256 + low;
	checkSize(size, min, max, what);
	return at + 2 + size;
}

export function isCounter(value: unknown, min: number, max: number): boolean {
	return Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max;
}
