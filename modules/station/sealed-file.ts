/** One file of the library: verifying its head, where each sealed segment lies in the slot, and opening it. */
import { EnvelopeError, HEAD_SIZE_MAX, type Head, headSize, parseHead } from "../envelope/head.js";
import { openHead, type SegmentOpener } from "../envelope/open.js";
import { sealedSize } from "../envelope/sizes.js";
import { type Crypto, type PrivateKey, TAG_SIZE } from "../ports/crypto.js";
import type { SlotFile } from "./slot-file.js";
import type { Trust } from "./trust.js";

/** Why a file that is good otherwise cannot be kept. */
export const TOO_LARGE = "larger than a slot";

/** What a head is verified with. */
export interface Verifier {
	readonly crypto: Crypto;
	/** This station's key; stays the caller's. */
	readonly unwrap: PrivateKey;
	/** This station's full name. */
	readonly recipient: string;
	/** The server's signing key and its epoch. */
	readonly trust: Pick<Trust, "server" | "signer">;
}

/** Whether a head that was verified once is still of today's server key, and not below the floor of its recipe. */
export function isAccepted(
	{ trust }: Pick<Verifier, "trust">,
	{ signerEpoch, version }: Head,
	versionFloor: number,
): boolean {
	return signerEpoch === trust.server.epoch && version >= versionFloor;
}

/**
 * One public and one private RSA operation.
 *
 * @param versionFloor - of the recipe that `head` names.
 * @returns the file, or why it may not be kept here.
 */
export function verifyFile(
	verifier: Verifier,
	head: Head,
	slot: SlotFile,
	versionFloor: number,
): SealedFile | string {
	const { crypto, recipient, trust, unwrap } = verifier;
	if (head.signerEpoch !== trust.server.epoch) return "signed with another key of the server's";
	const verify = trust.signer;
	const opener = openHead({ crypto, head, recipient, verify, unwrap, versionFloor });
	if (typeof opener === "string") return opener;
	const file = new SealedFile(head, opener, slot);
	if (file.size <= slot.size) return file;
	file.close();
	return TOO_LARGE;
}

/** The head at the start of `bytes`, a copy and unverified; `undefined` where there is none. */
export function parseStart(bytes: Uint8Array): Head | undefined {
	try {
		const size = headSize(bytes);
		if (size === undefined || size > bytes.length) return undefined;
		return parseHead(bytes.slice(0, size));
	} catch (error) {
		if (error instanceof EnvelopeError) return undefined;
		throw error;
	}
}

/** The head that lies in a slot, unverified. */
export function headIn(slot: SlotFile): Head | undefined {
	return parseStart(slot.read(0, Math.min(HEAD_SIZE_MAX, slot.size)));
}

export class SealedFile {
	readonly head: Head;
	readonly #opener: SegmentOpener;
	readonly #slot: SlotFile;

	/** Takes `opener` over. */
	constructor(head: Head, opener: SegmentOpener, slot: SlotFile) {
		this.head = head;
		this.#opener = opener;
		this.#slot = slot;
	}

	get slot(): SlotFile {
		return this.#slot;
	}
	get segments(): number {
		return this.#opener.segments;
	}
	/** Of the head and all sealed segments, in bytes. */
	get size(): number {
		const { bytes, size, segmentSize } = this.head;
		return bytes.length + sealedSize(size, segmentSize);
	}

	/** Where a segment begins; for `segments`, where the file ends. */
	offsetOf(index: number): number {
		if (index >= this.segments) return this.size;
		return this.head.bytes.length + index * (this.head.segmentSize + TAG_SIZE);
	}

	/** A segment as it lies in flash, or up to `count` from there. */
	read(index: number, count = 1): Uint8Array {
		const offset = this.offsetOf(index);
		return this.#slot.read(offset, this.offsetOf(index + count) - offset);
	}

	/**
	 * @param target - SEGMENT_SIZE_MAX bytes; one for many segments makes no garbage.
	 * @returns the plaintext, or `undefined` where `sealed` is not that segment of this file.
	 */
	open(index: number, sealed: Uint8Array, target: Uint8Array): Uint8Array | undefined {
		return this.#opener.open(index, sealed, target);
	}

	/** Wipes the content key. */
	close(): void {
		this.#opener.close();
	}
}
