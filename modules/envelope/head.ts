/**
 * The head of an envelope: all of it but the segments.
 *
 * | bytes | field |
 * | --- | --- |
 * | 4 | "ILK1" |
 * | 1 | suite, 1 |
 * | 1 | flags, 0 |
 * | 2, n | header: CBOR map {1: recipient, 2: recipe id, 3: version, 4: plaintext size, 5: segment size, 6: signer epoch} |
 * | 2, n | content key, wrapped for the recipient (RSA-OAEP, label {@link ENVELOPE_LABEL}) |
 * | 7 | nonce prefix |
 * | 32 | SHA-256 of all sealed segments |
 * | 2, n | signature (RSA-PSS) over everything before its length |
 *
 * Numbers are big-endian. A file is named by the SHA-256 of its whole head. See docs/protocol.md §8.
 */
import { bigEndian, concat } from "../bytes/bytes.js";
import { isPlainName, isStationName } from "../bytes/names.js";
import type { CborMap, CborValue } from "../cbor/cbor.js";
import { CborError } from "../cbor/cbor.js";
import { decode } from "../cbor/decode.js";
import { encode } from "../cbor/encode.js";
import { type Crypto, DIGEST_SIZE, RSA_BITS_MAX, RSA_BITS_MIN } from "../ports/crypto.js";
import { cuttable } from "./sizes.js";

export const ENVELOPE_LABEL = "interlock/1 envelope";
export const PREFIX_SIZE = 7;
const MAGIC = 0x494c_4b31;
const SUITE = 1;
/** Magic, suite, flags, header length. */
const FIXED_SIZE = 8;
export const HEADER_SIZE_MAX = 256;
const RSA_SIZE_MIN = RSA_BITS_MIN / 8;
const RSA_SIZE_MAX = RSA_BITS_MAX / 8;
/** Bytes of the longest head: 1,331. */
export const HEAD_SIZE_MAX =
	FIXED_SIZE + HEADER_SIZE_MAX + 2 + RSA_SIZE_MAX + PREFIX_SIZE + DIGEST_SIZE + 2 + RSA_SIZE_MAX;
const U32_MAX = 0xffff_ffff;

/** What the header says of the file. */
export interface Header {
	/** The station's full name. */
	readonly recipient: string;
	readonly recipeId: string;
	/** From 1. */
	readonly version: number;
	/** Plaintext bytes of the whole file. */
	readonly size: number;
	/** 1 to 4,096 plaintext bytes. */
	readonly segmentSize: number;
	/** Epoch of the credential that signed. */
	readonly signerEpoch: number;
}

/** A head that has the right shape; nothing in it is authentic until openHead said so. */
export interface Head extends Header {
	/** The head itself; the fields below are views into it. */
	readonly bytes: Uint8Array;
	readonly wrappedKey: Uint8Array;
	readonly prefix: Uint8Array;
	readonly segmentsDigest: Uint8Array;
	/** What the key schedule binds: everything before the segments' digest. */
	readonly bound: Uint8Array;
	/** What is signed: everything before the signature's length. */
	readonly signed: Uint8Array;
	readonly signature: Uint8Array;
}

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

/** Where a head's parts begin, as far as the bytes at hand tell. */
interface Layout {
	readonly wrappedAt: number;
	readonly prefixAt: number;
	readonly digestAt: number;
	readonly signatureAt: number;
	readonly end: number;
}

/**
 * How many bytes the head at the start of `bytes` has.
 *
 * @returns `undefined` where `bytes` are too few to tell.
 * @throws {@link EnvelopeError} as soon as `bytes` cannot become a head.
 */
export function headSize(bytes: Uint8Array): number | undefined {
	return layout(bytes)?.end;
}

/**
 * @param bytes - a head and nothing after it. The result keeps views into it: leave it unchanged.
 * @throws {@link EnvelopeError}
 */
export function parseHead(bytes: Uint8Array): Head {
	const parts = layout(bytes);
	if (parts === undefined || parts.end > bytes.length) {
		throw new EnvelopeError("truncated", `${bytes.length} bytes`);
	}
	if (parts.end < bytes.length) {
		throw new EnvelopeError("trailing", `${bytes.length - parts.end} bytes too many`);
	}
	const { wrappedAt, prefixAt, digestAt, signatureAt } = parts;
	return {
		...parseHeader(bytes.subarray(FIXED_SIZE, wrappedAt - 2)),
		bytes,
		wrappedKey: bytes.subarray(wrappedAt, prefixAt),
		prefix: bytes.subarray(prefixAt, digestAt),
		segmentsDigest: bytes.subarray(digestAt, digestAt + DIGEST_SIZE),
		bound: bytes.subarray(0, digestAt),
		signed: bytes.subarray(0, signatureAt - 2),
		signature: bytes.subarray(signatureAt),
	};
}

/** The name of the file, for the head's bytes: 32 bytes. */
export function headDigest(crypto: Crypto, head: Uint8Array): Uint8Array {
	return crypto.sha256(head);
}

/**
 * Everything before the segments' digest.
 *
 * @param wrappedKey - 256 to 512 bytes.
 * @param prefix - 7 bytes.
 * @throws {@link EnvelopeError} `header` or `size`.
 */
export function encodeBound(
	header: Header,
	wrappedKey: Uint8Array,
	prefix: Uint8Array,
): Uint8Array {
	checkHeader(header);
	const map = new Map<number, CborValue>([
		[1, header.recipient],
		[2, header.recipeId],
		[3, header.version],
		[4, header.size],
		[5, header.segmentSize],
		[6, header.signerEpoch],
	]);
	const encoded = encode(map);
	checkSize(wrappedKey.length, RSA_SIZE_MIN, RSA_SIZE_MAX, "wrapped key");
	checkSize(prefix.length, PREFIX_SIZE, PREFIX_SIZE, "nonce prefix");
	const fixed = concat(bigEndian(MAGIC, 4), new Uint8Array([SUITE, 0]));
	return concat(fixed, sized(encoded), sized(wrappedKey), prefix);
}

/** The whole head. @param signed - everything before it. @param signature - 256 to 512 bytes. */
export function completeHead(signed: Uint8Array, signature: Uint8Array): Uint8Array {
	checkSize(signature.length, RSA_SIZE_MIN, RSA_SIZE_MAX, "signature");
	return concat(signed, sized(signature));
}

/** Bytes of the head that {@link completeHead} makes of so many. */
export function completedSize(signedSize: number, signatureSize: number): number {
	return signedSize + 2 + signatureSize;
}

function sized(bytes: Uint8Array): Uint8Array {
	return concat(bigEndian(bytes.length, 2), bytes);
}

function checkSize(size: number, min: number, max: number, what: string): void {
	if (size < min || size > max) {
		throw new EnvelopeError("size", `${what} of ${size} bytes, not ${min} to ${max}`);
	}
}

function layout(bytes: Uint8Array): Layout | undefined {
	for (let i = 0; i < Math.min(bytes.length, 4); i++) {
		if (bytes[i] !== Math.floor(MAGIC / 2 ** (24 - 8 * i)) % 256) {
			throw new EnvelopeError("magic", "it does not begin with ILK1");
		}
	}
	if (bytes.length > 4 && bytes[4] !== SUITE) throw new EnvelopeError("suite", `${bytes[4]}`);
	if (bytes.length > 5 && bytes[5] !== 0) throw new EnvelopeError("suite", `flags ${bytes[5]}`);
	const headerEnd = part(bytes, FIXED_SIZE - 2, 1, HEADER_SIZE_MAX, "header");
	if (headerEnd === undefined) return undefined;
	const prefixAt = part(bytes, headerEnd, RSA_SIZE_MIN, RSA_SIZE_MAX, "wrapped key");
	if (prefixAt === undefined) return undefined;
	const digestAt = prefixAt + PREFIX_SIZE;
	const signedEnd = digestAt + DIGEST_SIZE;
	const end = part(bytes, signedEnd, RSA_SIZE_MIN, RSA_SIZE_MAX, "signature");
	if (end === undefined) return undefined;
	return { wrappedAt: headerEnd + 2, prefixAt, digestAt, signatureAt: signedEnd + 2, end };
}

/** Where the part ends whose length stands at `at`; `undefined` where the length is not there yet. */
function part(
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

function parseHeader(bytes: Uint8Array): Header {
	let map: CborValue;
	try {
		map = decode(bytes);
	} catch (error) {
		if (error instanceof CborError) throw new EnvelopeError("header", error.message);
		throw error;
	}
	if (!(map instanceof Map) || map.size !== 6) throw new EnvelopeError("header", "not its map");
	const fields = map as CborMap;
	const header = {
		recipient: fields.get(1),
		recipeId: fields.get(2),
		version: fields.get(3),
		size: fields.get(4),
		segmentSize: fields.get(5),
		signerEpoch: fields.get(6),
	};
	checkHeader(header);
	return header;
}

function checkHeader(header: { [K in keyof Header]: unknown }): asserts header is Header {
	const { recipient, recipeId, version, size, segmentSize, signerEpoch } = header;
	if (typeof recipient !== "string" || !isStationName(recipient)) {
		throw new EnvelopeError("header", "recipient is not a station's full name");
	}
	if (typeof recipeId !== "string" || !isPlainName(recipeId)) {
		throw new EnvelopeError("header", "recipe id is not 1 to 32 of [a-z0-9-]");
	}
	if (!isCounter(version, 1, U32_MAX)) throw new EnvelopeError("header", "version");
	if (!isCounter(signerEpoch, 0, Number.MAX_SAFE_INTEGER)) {
		throw new EnvelopeError("header", "signer epoch");
	}
	if (typeof size !== "number" || typeof segmentSize !== "number" || !cuttable(size, segmentSize)) {
		throw new EnvelopeError("header", "plaintext size and segment size");
	}
}

function isCounter(value: unknown, min: number, max: number): boolean {
	return Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max;
}
