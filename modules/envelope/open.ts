/**
 * Opening an envelope: the head once, then any segment by itself, in any order.
 *
 * Order of checks: shape (parseHead), recipient, version, signature, content key, then each segment's tag.
 * Memory does not grow with the file. What proves that a *whole* file is the signed one is {@link SegmentsDigest}:
 * a tag alone shows only that its maker knew the content key. See docs/protocol.md §8.
 */
import type { Aead, Crypto, Hash, PrivateKey, PublicKey } from "../ports/crypto.js";
import { TAG_SIZE } from "../ports/crypto.js";
import { ENVELOPE_LABEL, type Head } from "./head.js";
import { placeNonce, segmentKey, segmentNonce } from "./segment.js";
import { plainSegmentSize, segmentCount } from "./sizes.js";

const NONE = new Uint8Array(0);

/** `recipient`: for another station; `version`: below the floor; `unauthentic`: signature or content key. */
export type OpenFailure = "recipient" | "version" | "unauthentic";

export interface OpenOptions {
	readonly crypto: Crypto;
	readonly head: Head;
	/** This station's full name. */
	readonly recipient: string;
	/** The server's signing key of the epoch that `head` names. */
	readonly verify: PublicKey;
	/** This station's key. */
	readonly unwrap: PrivateKey;
	/** The lowest version of this recipe that is still accepted. */
	readonly versionFloor: number;
}

/** One public and one private RSA operation. The result is the caller's to close. */
export function openHead(options: OpenOptions): SegmentOpener | OpenFailure {
	const { crypto, head, recipient, verify, unwrap, versionFloor } = options;
	if (head.recipient !== recipient) return "recipient";
	if (head.version < versionFloor) return "version";
	if (!crypto.verify(verify, head.signed, head.signature)) return "unauthentic";
	const contentKey = crypto.unwrap(unwrap, head.wrappedKey, ENVELOPE_LABEL);
	if (contentKey === undefined) return "unauthentic";
	return new SegmentOpener(head, segmentKey(crypto, head.bound, contentKey));
}

/** Opens the segments of one file. */
export class SegmentOpener {
	readonly segments: number;
	readonly #size: number;
	readonly #segmentSize: number;
	/** Of the segment at hand; one for all makes no garbage. */
	readonly #nonce: Uint8Array;
	readonly #aead: Aead;

	/** Takes `aead` over. */
	constructor(head: Pick<Head, "size" | "segmentSize" | "prefix">, aead: Aead) {
		this.#size = head.size;
		this.#segmentSize = head.segmentSize;
		this.segments = segmentCount(head.size, head.segmentSize);
		this.#nonce = segmentNonce(head.prefix, 0, false);
		this.#aead = aead;
	}

	/**
	 * @param index - 0-based.
	 * @param sealed - one whole segment, ciphertext ‖ tag.
	 * @param target - takes the plaintext: at least a segment's size, and none of `sealed`.
	 * @returns the plaintext, or `undefined` where this is not that segment of this file.
	 */
	open(index: number, sealed: Uint8Array, target?: Uint8Array): Uint8Array | undefined {
		if (!Number.isInteger(index) || index < 0 || index >= this.segments) return undefined;
		const size = plainSegmentSize(this.#size, this.#segmentSize, index);
		if (sealed.length !== size + TAG_SIZE) return undefined;
		placeNonce(this.#nonce, index, index === this.segments - 1);
		return this.#aead.open(this.#nonce, NONE, sealed, target);
	}

	/** Wipes the key. */
	close(): void {
		this.#aead.close();
	}
}

/** Checks that all sealed segments, fed in order, are those whose digest was signed. */
export class SegmentsDigest {
	readonly #crypto: Crypto;
	readonly #head: Head;
	readonly #hash: Hash;

	constructor(crypto: Crypto, head: Head) {
		this.#crypto = crypto;
		this.#head = head;
		this.#hash = crypto.hash();
	}

	/** @param sealed - the next segment, or the next part of one. */
	add(sealed: Uint8Array): void {
		this.#hash.update(sealed);
	}

	/** Ends the check. */
	matches(): boolean {
		return this.#crypto.equal(this.#hash.digest(), this.#head.segmentsDigest);
	}

	close(): void {
		this.#hash.close();
	}
}
