/**
 * Seals a recipe for one station as a stream: at most one segment and one piece of the source are in memory.
 * The signature is made off the event loop. Layout: modules/envelope/head.ts.
 */
import { completedSize, completeHead } from "../modules/envelope/head.js";
import { SegmentSealer } from "../modules/envelope/seal.js";
import { type PrivateKey, type PublicKey, type Secret, TAG_SIZE } from "../modules/ports/crypto.js";
import type { NodeCrypto } from "./crypto.js";

export interface SealRecipeOptions {
	readonly crypto: NodeCrypto;
	/** In pieces of any size. */
	readonly plaintext: AsyncIterable<Uint8Array> | Uint8Array;
	/** Bytes of the whole plaintext. */
	readonly size: number;
	/** The station's full name. */
	readonly recipient: string;
	/** The station's wrapping key. */
	readonly recipientKey: PublicKey;
	readonly recipeId: string;
	/** From 1. */
	readonly version: number;
	/** 1 to 4,096. */
	readonly segmentSize: number;
	/** Epoch of the server's credential. */
	readonly signerEpoch: number;
	/** The server's signing key. */
	readonly signKey: PrivateKey;
	/** See SealOptions in modules/envelope/seal.ts. */
	readonly contentKey?: Secret;
}

export interface SealedSegment {
	readonly index: number;
	/** Where it lies in the envelope. */
	readonly offset: number;
	/** ciphertext ‖ tag */
	readonly bytes: Uint8Array;
}

/** `source`: the plaintext has another size than was said. */
export class SealError extends Error {
	override readonly name = "SealError";
	readonly code: "source";
	constructor(code: SealError["code"], message: string) {
		super(message);
		this.code = code;
	}
}

/**
 * Yields the sealed segments in order and returns the head.
 *
 * @throws {@link SealError}; EnvelopeError `header` where an option is outside its range.
 */
export async function* sealRecipe(
	options: SealRecipeOptions,
): AsyncGenerator<SealedSegment, Uint8Array, void> {
	const { crypto, plaintext, recipientKey, signKey, contentKey, ...header } = options;
	const sealer = new SegmentSealer({ crypto, header, recipientKey, contentKey });
	const headSize = completedSize(sealer.signedSize, signKey.size);
	try {
		let index = 0;
		for await (const segment of cut(plaintext, () => sealer.expected, header.size)) {
			const offset = headSize + index * (header.segmentSize + TAG_SIZE);
			yield { index: index++, offset, bytes: sealer.seal(segment) };
		}
		const signed = sealer.finish();
		return completeHead(signed, await crypto.signAsync(signKey, signed));
	} finally {
		sealer.close();
	}
}

/** The head alone: its segments are made again when they are wanted (segments.ts). @throws As {@link sealRecipe}. */
export async function sealedHead(options: SealRecipeOptions): Promise<Uint8Array> {
	const sealing = sealRecipe(options);
	for (;;) {
		const next = await sealing.next();
		if (next.done) return next.value;
	}
}

/** Cuts the pieces of `source` into segments of the sizes that `expected` gives in turn. */
async function* cut(
	source: AsyncIterable<Uint8Array> | Uint8Array,
	expected: () => number | undefined,
	size: number,
): AsyncGenerator<Uint8Array, void, void> {
	let wanted = expected();
	let segment = new Uint8Array(wanted ?? 0);
	let filled = 0;
	let total = 0;
	for await (const piece of source instanceof Uint8Array ? [source] : source) {
		total += piece.length;
		if (total > size) throw new SealError("source", `more than the ${size} bytes announced`);
		for (let offset = 0; offset < piece.length; ) {
			const part = piece.subarray(offset, offset + segment.length - filled);
			segment.set(part, filled);
			filled += part.length;
			offset += part.length;
			if (filled < segment.length) continue;
			yield segment;
			wanted = expected();
			segment = new Uint8Array(wanted ?? 0);
			filled = 0;
		}
	}
	if (total !== size) throw new SealError("source", `${total} bytes of the ${size} announced`);
	if (size === 0) yield segment;
}
