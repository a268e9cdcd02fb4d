/**
 * How a file is cut: sizes of segments, plain and sealed.
 *
 * A file of `size` bytes has max(1, ceil(size / segmentSize)) segments, all of `segmentSize` bytes but the last, and
 * each grows by its tag. An empty file is one empty segment. See docs/protocol.md §8.
 */
import { TAG_SIZE } from "../ports/crypto.js";

/** Bytes of plaintext. */
export const SEGMENT_SIZE_MAX = 4096;
export const SEGMENTS_MAX = 0xffff_ffff;

/** Whether a file of `size` bytes may be cut into segments of `segmentSize` bytes. */
export function cuttable(size: number, segmentSize: number): boolean {
	return (
		Number.isSafeInteger(segmentSize) &&
		segmentSize >= 1 &&
		segmentSize <= SEGMENT_SIZE_MAX &&
		Number.isSafeInteger(size) &&
		size >= 0 &&
		segmentCount(size, segmentSize) <= SEGMENTS_MAX
	);
}

export function segmentCount(size: number, segmentSize: number): number {
	return Math.max(1, Math.ceil(size / segmentSize));
}

/** Plaintext bytes of the segment `index` (0 to count - 1). */
export function plainSegmentSize(size: number, segmentSize: number, index: number): number {
	return Math.min(segmentSize, size - index * segmentSize);
}

/** All segments of the file, sealed. */
export function sealedSize(size: number, segmentSize: number): number {
	return size + TAG_SIZE * segmentCount(size, segmentSize);
}

/** The inverse of {@link sealedSize}; `undefined` where no file has that sealed size. */
export function plaintextSize(sealed: number, segmentSize: number): number | undefined {
	const count = Math.ceil(sealed / (segmentSize + TAG_SIZE));
	const size = sealed - TAG_SIZE * count;
	return size >= 0 && count > 0 && segmentCount(size, segmentSize) === count ? size : undefined;
}
