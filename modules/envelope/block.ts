/**
 * File blocks: what travels on a station's `file` topic, in the clear around what is sealed already.
 *
 * | block | bytes |
 * | --- | --- |
 * | head | 0x30, name (4), the envelope's head |
 * | segments | 0x31, name (4), index of the first (4, big-endian), one or more whole sealed segments |
 *
 * The name is the beginning of the file's digest. Nothing here is authentic, so it need only keep apart what is under
 * way at one time: a head is checked against its whole digest, a segment by its tag. See docs/protocol.md §8.
 */
import { bigEndian, concat } from "../bytes/bytes.js";
import { TAG_SIZE } from "../ports/crypto.js";
import { HEAD_SIZE_MAX } from "./head.js";
import { SEGMENT_SIZE_MAX, SEGMENTS_MAX } from "./sizes.js";

const HEAD = 0x30;
const SEGMENTS = 0x31;
/** Bytes of the digest that name a file in its blocks. */
export const BLOCK_NAME_SIZE = 4;
const HEAD_AT = 1 + BLOCK_NAME_SIZE;
/** Where a block's segments begin. */
export const SEGMENTS_AT = HEAD_AT + 4;

/** Bytes of the longest block of up to `segments` segments: 4,121 for 1. */
export function blockSizeMax(segments: number): number {
	return SEGMENTS_AT + segments * (SEGMENT_SIZE_MAX + TAG_SIZE);
}

export type Block =
	| { readonly kind: "head"; readonly head: Uint8Array }
	| {
			readonly kind: "segment";
			/** Of the first one. */
			readonly index: number;
			/** One or more, one behind the other; how many is for the file's head to say. */
			readonly sealed: Uint8Array;
	  };

/** @param digest - of the head, 32 bytes. @param head - up to HEAD_SIZE_MAX bytes. */
export function encodeHeadBlock(digest: Uint8Array, head: Uint8Array): Uint8Array {
	return concat(new Uint8Array([HEAD]), digest.subarray(0, BLOCK_NAME_SIZE), head);
}

/**
 * @param index - of the first segment, 0 to SEGMENTS_MAX - 1.
 * @param sealed - that segment and those that follow it, 16 to 4,112 bytes each.
 */
export function encodeSegmentBlock(
	digest: Uint8Array,
	index: number,
	...sealed: readonly Uint8Array[]
): Uint8Array {
	const size = sealed.reduce((sum, { length }) => sum + length, 0);
	const block = segmentBlock(digest, index, size);
	let offset = SEGMENTS_AT;
	for (const each of sealed) {
		block.set(each, offset);
		offset += each.length;
	}
	return block;
}

/**
 * A block whose segments are still to be written into it, from {@link SEGMENTS_AT} on.
 *
 * @param size - of the sealed segments together, in bytes.
 */
export function segmentBlock(digest: Uint8Array, index: number, size: number): Uint8Array {
	const block = new Uint8Array(SEGMENTS_AT + size);
	block[0] = SEGMENTS;
	block.set(digest.subarray(0, BLOCK_NAME_SIZE), 1);
	block.set(bigEndian(index, 4), HEAD_AT);
	return block;
}

/** Whether these bytes, if they are a block, name the file of this digest. */
export function isBlockOf(digest: Uint8Array, bytes: Uint8Array): boolean {
	for (let i = 0; i < BLOCK_NAME_SIZE; i++) if (bytes[1 + i] !== digest[i]) return false;
	return true;
}

/** @returns views into `bytes`, or `undefined` where they are not a block. */
export function parseBlock(bytes: Uint8Array): Block | undefined {
	if (bytes[0] === HEAD) {
		const head = bytes.subarray(HEAD_AT);
		if (head.length < 1 || head.length > HEAD_SIZE_MAX) return undefined;
		return { kind: "head", head };
	}
	if (bytes[0] !== SEGMENTS || bytes.length < SEGMENTS_AT + TAG_SIZE) return undefined;
	let index = 0;
	for (let i = HEAD_AT; i < SEGMENTS_AT; i++) index = 256 * index + (bytes[i] as number);
	if (index >= SEGMENTS_MAX) return undefined;
	return { kind: "segment", index, sealed: bytes.subarray(SEGMENTS_AT) };
}
