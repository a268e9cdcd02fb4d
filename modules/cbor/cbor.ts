/**
 * CBOR in one deterministic form: what the encoder writes is all that the decoder takes.
 *
 * | value | major type | form |
 * | --- | --- | --- |
 * | integral number, magnitude up to 2^53 - 1 | 0, 1 | shortest |
 * | other number | 7, f9 fa fb | shortest float that keeps it; no NaN, infinity or negative zero |
 * | `Uint8Array`, string | 2, 3 | definite, shortest length; UTF-8 without lone surrogates |
 * | array, map | 4, 5 | definite; map keys integers or text, ascending by their bytes, each once |
 * | `Tagged` | 6 | shortest |
 * | false, true, null | 7, f4 f5 f6 | |
 *
 * Source: RFC 8949, §4.2.1. Leaves out: indefinite lengths, undefined, other simple values, 64-bit integers.
 * See docs/protocol.md §2.
 */

/** Nested arrays, maps and tags. */
export const DEPTH_MAX = 8;
/** Bytes of one encoded value: a list of 1,024 names and numbers fits. */
export const CBOR_SIZE_MAX = 131_072;

/** A value with a tag number (0 to 2^53 - 1) before it. */
export class Tagged {
	readonly tag: number;
	readonly value: CborValue;
	constructor(tag: number, value: CborValue) {
		this.tag = tag;
		this.value = value;
	}
}

export type CborKey = number | string;
export type CborMap = ReadonlyMap<CborKey, CborValue>;
export type CborValue =
	| number
	| boolean
	| null
	| string
	| Uint8Array
	| readonly CborValue[]
	| CborMap
	| Tagged;

/**
 * - `truncated`, `trailing`: the bytes end within the value, or go on after it
 * - `form`: not the shortest form
 * - `order`, `duplicate`: a map's keys
 * - `type`: a kind of item (or, in encoding, of value) that is not in the table above
 * - `number`: NaN, an infinity, negative zero, or an integer beyond 2^53 - 1
 * - `text`: not well-formed Unicode
 * - `depth`, `size`: more than {@link DEPTH_MAX} or {@link CBOR_SIZE_MAX}
 */
export type CborErrorCode =
	| "truncated"
	| "trailing"
	| "form"
	| "order"
	| "duplicate"
	| "type"
	| "number"
	| "text"
	| "depth"
	| "size";

/** What cannot be encoded or decoded. `offset` is in bytes, of the item at fault. */
export class CborError extends Error {
	override readonly name = "CborError";
	readonly code: CborErrorCode;
	readonly offset: number;
	constructor(code: CborErrorCode, offset: number) {
		super(`CBOR: ${code} at byte ${offset}`);
		this.code = code;
		this.offset = offset;
	}
}
