/**
 * Sealing an envelope as a stream: segments first, as they come; the head last, since it holds their digest.
 * The content key is fresh for each envelope. Signing is the caller's, so that it may be done elsewhere.
 * See docs/protocol.md §8.
 */
import { concat } from "../bytes/bytes.js";
import {
	type Aead,
	type Crypto,
	DIGEST_SIZE,
	type Hash,
	type PublicKey,
	type Secret,
} from "../ports/crypto.js";
import { ENVELOPE_LABEL, encodeBound, type Header, PREFIX_SIZE } from "./head.js";
import { segmentKey, segmentNonce } from "./segment.js";
import { plainSegmentSize, segmentCount } from "./sizes.js";

const NONE = new Uint8Array(0);

export interface SealOptions {
	readonly crypto: Crypto;
	readonly header: Header;
	readonly recipientKey: PublicKey;
	/** Fresh, and taken over: for whoever keeps a copy, to make segments again. Left out: one is drawn. */
	readonly contentKey?: Secret | undefined;
}

export class SegmentSealer {
	/** How many segments the file has. */
	readonly segments: number;
	readonly #header: Header;
	readonly #bound: Uint8Array;
	readonly #prefix: Uint8Array;
	readonly #aead: Aead;
	readonly #hash: Hash;
	#next = 0;

	/** @throws EnvelopeError `header` where the header's fields are outside their ranges. */
	constructor({ crypto, header, recipientKey, contentKey = crypto.secret() }: SealOptions) {
		this.#header = header;
		this.segments = segmentCount(header.size, header.segmentSize);
		this.#prefix = crypto.random(PREFIX_SIZE);
		try {
			const wrapped = crypto.wrap(recipientKey, contentKey, ENVELOPE_LABEL);
			this.#bound = encodeBound(header, wrapped, this.#prefix);
			this.#aead = segmentKey(crypto, this.#bound, contentKey);
		} finally {
			contentKey.close();
		}
		this.#hash = crypto.hash();
	}

	/** Bytes of what {@link finish} gives. */
	get signedSize(): number {
		return this.#bound.length + DIGEST_SIZE;
	}

	/** Plaintext bytes that the next {@link seal} takes; `undefined` after the last. */
	get expected(): number | undefined {
		if (this.#next === this.segments) return undefined;
		return plainSegmentSize(this.#header.size, this.#header.segmentSize, this.#next);
	}

	/** Seals the next segment: ciphertext ‖ tag. @param plaintext - {@link expected} bytes. */
	seal(plaintext: Uint8Array): Uint8Array {
		if (plaintext.length !== this.expected) {
			throw new Error(`segment ${this.#next} of ${plaintext.length} bytes, not ${this.expected}`);
		}
		const index = this.#next++;
		const nonce = segmentNonce(this.#prefix, index, this.#next === this.segments);
		const sealed = this.#aead.seal(nonce, NONE, plaintext);
		this.#hash.update(sealed);
		return sealed;
	}

	/** After the last segment: the bytes to sign. Wipes the key. May be called once. */
	finish(): Uint8Array {
		if (this.#next !== this.segments) {
			throw new Error(`${this.#next} of ${this.segments} segments are sealed`);
		}
		this.#aead.close();
		return concat(this.#bound, this.#hash.digest());
	}

	/** Wipes the key; for giving up. */
	close(): void {
		this.#aead.close();
		this.#hash.close();
	}
}
