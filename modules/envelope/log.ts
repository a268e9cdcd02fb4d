/**
 * A measurement log, sealed by a station for the server: its opening, and its segments one after another while it is
 * being written, so that its size is known only at its end.
 *
 * | bytes | field |
 * | --- | --- |
 * | 4 | "ILL1" |
 * | 1 | suite, 1 |
 * | 1 | flags, 0 |
 * | 2, n | header: CBOR map {1: sender, 2: segment size, 3: server epoch} |
 * | 2, n | content key, wrapped for the server (RSA-OAEP, label {@link LOG_LABEL}) |
 * | 7 | nonce prefix |
 *
 * The SHA-256 of the opening names the log and is the salt of its key. Nobody has signed it: a session says which attempt
 * it is of and how long it is, and only the station and the server know its key. Nothing of the unit is in it, since
 * everybody can read it. See docs/protocol.md §8.
 */
import { concat } from "../bytes/bytes.js";
import { isStationName } from "../bytes/names.js";
import type { CborValue } from "../cbor/cbor.js";
import { encode } from "../cbor/encode.js";
import type { Aead, Crypto, PublicKey, Secret } from "../ports/crypto.js";
import { TAG_SIZE } from "../ports/crypto.js";
import {
	checkSize,
	checkStart,
	decodeHeader,
	EnvelopeError,
	FIXED_SIZE,
	HEADER_SIZE_MAX,
	isCounter,
	PREFIX_SIZE,
	part,
	RSA_SIZE_MAX,
	RSA_SIZE_MIN,
	sized,
	startOf,
} from "./parts.js";
import { logSegmentKey, segmentNonce } from "./segment.js";
import { plainSegmentSize, SEGMENT_SIZE_MAX, segmentCount } from "./sizes.js";

export const LOG_LABEL = "interlock/1 log";
const MAGIC = 0x494c_4c31;
/** Bytes of the longest opening: 785. */
export const OPENING_SIZE_MAX = FIXED_SIZE + HEADER_SIZE_MAX + 2 + RSA_SIZE_MAX + PREFIX_SIZE;
const NONE = new Uint8Array(0);

/** Who sealed it, and how it is cut. */
export interface LogHeader {
	/** The station's full name. */
	readonly sender: string;
	/** 1 to 4,096 plaintext bytes. */
	readonly segmentSize: number;
	/** Epoch of the server's credential whose key the content key is wrapped for. */
	readonly serverEpoch: number;
}

/** An opening that has the right shape. */
export interface Opening extends LogHeader {
	/** The opening itself; the fields below are views into it. */
	readonly bytes: Uint8Array;
	readonly wrappedKey: Uint8Array;
	readonly prefix: Uint8Array;
}

/** @throws {@link EnvelopeError} `header` or `size`. */
export function encodeOpening(
	header: LogHeader,
	wrappedKey: Uint8Array,
	prefix: Uint8Array,
): Uint8Array {
	checkHeader(header);
	const map = new Map<number, CborValue>([
		[1, header.sender],
		[2, header.segmentSize],
		[3, header.serverEpoch],
	]);
	checkSize(wrappedKey.length, RSA_SIZE_MIN, RSA_SIZE_MAX, "wrapped key");
	checkSize(prefix.length, PREFIX_SIZE, PREFIX_SIZE, "nonce prefix");
	return concat(startOf(MAGIC), sized(encode(map)), sized(wrappedKey), prefix);
}

/**
 * @param bytes - begins with an opening; what follows it is left alone. The result keeps views into it.
 * @throws {@link EnvelopeError}
 */
export function parseOpening(bytes: Uint8Array): Opening {
	checkStart(bytes, MAGIC);
	const headerEnd = part(bytes, FIXED_SIZE - 2, 1, HEADER_SIZE_MAX, "header");
	const prefixAt = headerEnd && part(bytes, headerEnd, RSA_SIZE_MIN, RSA_SIZE_MAX, "wrapped key");
	if (!headerEnd || !prefixAt || prefixAt + PREFIX_SIZE > bytes.length)
		throw new EnvelopeError("truncated", `${bytes.length} bytes`);
	const end = prefixAt + PREFIX_SIZE;
	return {
		...parseHeader(bytes.subarray(FIXED_SIZE, headerEnd)),
		bytes: bytes.subarray(0, end),
		wrappedKey: bytes.subarray(headerEnd + 2, prefixAt),
		prefix: bytes.subarray(prefixAt, end),
	};
}

function parseHeader(bytes: Uint8Array): LogHeader {
	const fields = decodeHeader(bytes, 3);
	const header = {
		sender: fields.get(1),
		segmentSize: fields.get(2),
		serverEpoch: fields.get(3),
	};
	checkHeader(header);
	return header;
}

function checkHeader(header: { [K in keyof LogHeader]: unknown }): asserts header is LogHeader {
	const { sender, segmentSize, serverEpoch } = header;
	if (typeof sender !== "string" || !isStationName(sender))
		throw new EnvelopeError("header", "sender is not a station's full name");
	if (!isCounter(segmentSize, 1, SEGMENT_SIZE_MAX))
		throw new EnvelopeError("header", "segment size");
	if (!isCounter(serverEpoch, 0, Number.MAX_SAFE_INTEGER))
		throw new EnvelopeError("header", "server epoch");
}

export interface LogSealOptions {
	readonly crypto: Crypto;
	readonly header: LogHeader;
	/** The server's `kem` key of the epoch that the header names. */
	readonly serverKey: PublicKey;
}

/** Seals the segments of one log as they come; one public RSA operation. The content key is fresh and never leaves it. */
export class LogSealer {
	readonly opening: Uint8Array;
	/** Names the log: 32 bytes. */
	readonly digest: Uint8Array;
	readonly #prefix: Uint8Array;
	readonly #aead: Aead;
	#next = 0;

	/** @throws {@link EnvelopeError} `header` where the header's fields are outside their ranges. */
	constructor({ crypto, header, serverKey }: LogSealOptions) {
		this.#prefix = crypto.random(PREFIX_SIZE);
		const contentKey = crypto.secret();
		try {
			const wrapped = crypto.wrap(serverKey, contentKey, LOG_LABEL);
			this.opening = encodeOpening(header, wrapped, this.#prefix);
			this.digest = crypto.sha256(this.opening);
			this.#aead = logSegmentKey(crypto, this.digest, contentKey);
		} finally {
			contentKey.close();
		}
	}

	/** How many segments are sealed. */
	get segments(): number {
		return this.#next;
	}

	/**
	 * Seals the next segment: ciphertext ‖ tag.
	 *
	 * @param plaintext - the segment size, of the last one 1 byte to that.
	 * @param target - takes the result.
	 */
	seal(plaintext: Uint8Array, isLast: boolean, target: Uint8Array): Uint8Array {
		const nonce = segmentNonce(this.#prefix, this.#next++, isLast);
		return this.#aead.seal(nonce, NONE, plaintext, target);
	}

	/** Wipes the key. May be called twice. */
	close(): void {
		this.#aead.close();
	}
}

/** Opens the segments of one log, each by itself, in any order. */
export class LogOpener {
	readonly segments: number;
	readonly #size: number;
	readonly #segmentSize: number;
	readonly #prefix: Uint8Array;
	readonly #aead: Aead;

	/**
	 * @param size - plaintext bytes of the whole log, as its station has said in a session.
	 * @param contentKey - unwrapped from the opening; closed here.
	 */
	constructor(crypto: Crypto, opening: Opening, size: number, contentKey: Secret) {
		this.#size = size;
		this.#segmentSize = opening.segmentSize;
		this.segments = segmentCount(size, opening.segmentSize);
		this.#prefix = opening.prefix.slice();
		this.#aead = logSegmentKey(crypto, crypto.sha256(opening.bytes), contentKey);
	}

	/** @returns the plaintext, or `undefined` where this is not that segment of this log. */
	open(index: number, sealed: Uint8Array): Uint8Array | undefined {
		if (index >= this.segments) return undefined;
		const size = plainSegmentSize(this.#size, this.#segmentSize, index);
		if (sealed.length !== size + TAG_SIZE) return undefined;
		const nonce = segmentNonce(this.#prefix, index, index === this.segments - 1);
		return this.#aead.open(nonce, NONE, sealed);
	}

	/** Wipes the key. */
	close(): void {
		this.#aead.close();
	}
}
