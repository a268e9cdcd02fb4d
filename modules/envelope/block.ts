/**
 * File blocks: what travels on a station's `file` topic, in the clear around what is sealed already.
 *
 * | block | bytes |
 * | --- | --- |
 * | head | 0x30, digest (32), the envelope's head |
 * | segment | 0x31, digest (32), index (4, big-endian), one sealed segment |
 *
 * Nothing here is authentic: a head is checked against its digest, a segment by its tag. See docs/protocol.md §8.
 */
import { bigEndian, concat, view } from "../bytes/bytes.js";
import { DIGEST_SIZE, TAG_SIZE } from "../ports/crypto.js";
import { HEAD_SIZE_MAX } from "./head.js";
import { SEGMENT_SIZE_MAX, SEGMENTS_MAX } from "./sizes.js";

const HEAD = 0x30;
const SEGMENT = 0x31;
const HEAD_AT = 1 + DIGEST_SIZE;
const SEGMENT_AT = HEAD_AT + 4;
/** Bytes of the longest block: 4,149. */
export const BLOCK_SIZE_MAX = SEGMENT_AT + SEGMENT_SIZE_MAX + TAG_SIZE;

export type Block =
	| { readonly kind: "head"; readonly digest: Uint8Array; readonly head: Uint8Array }
	| {
			readonly kind: "segment";
			readonly digest: Uint8Array;
			readonly index: number;
			readonly sealed: Uint8Array;
	  };

/** @param digest - of the head, 32 bytes. @param head - up to HEAD_SIZE_MAX bytes. */
export function encodeHeadBlock(digest: Uint8Array, head: Uint8Array): Uint8Array {
	return concat(new Uint8Array([HEAD]), digest, head);
}

/** @param index - 0 to SEGMENTS_MAX - 1. @param sealed - 16 to 4,112 bytes. */
export function encodeSegmentBlock(
	digest: Uint8Array,
	index: number,
	sealed: Uint8Array,
): Uint8Array {
	return concat(new Uint8Array([SEGMENT]), digest, bigEndian(index, 4), sealed);
}

/** @returns views into `bytes`, or `undefined` where they are not a block. */
export function parseBlock(bytes: Uint8Array): Block | undefined {
	const digest = bytes.subarray(1, HEAD_AT);
	if (bytes[0] === HEAD) {
		const head = bytes.subarray(HEAD_AT);
		if (head.length < 1 || head.length > HEAD_SIZE_MAX) return undefined;
		return { kind: "head", digest, head };
	}
	if (bytes[0] !== SEGMENT) return undefined;
	if (bytes.length < SEGMENT_AT + TAG_SIZE || bytes.length > BLOCK_SIZE_MAX) return undefined;
	const index = view(bytes).getUint32(HEAD_AT);
	if (index >= SEGMENTS_MAX) return undefined;
	return { kind: "segment", digest, index, sealed: bytes.subarray(SEGMENT_AT) };
}
