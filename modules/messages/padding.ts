/**
 * Padding of what is sealed to one of four sizes, so that the length of an answer does not tell what it is.
 *
 * `content | 0x80 | 0x00 ...` up to 64, 256, 1,024 or 4,000 bytes, the smallest that fits (ISO/IEC 7816-4).
 * See docs/protocol.md §6.
 */
import { frozen } from "../bytes/frozen.js";
import { MessageError } from "./error.js";

/** Bytes, ascending. */
export const PADDED_SIZES: readonly number[] = frozen([64, 256, 1024, 4000]);
/** Bytes of content that still fit. */
export const CONTENT_SIZE_MAX = 3999;

function paddedSize(size: number): number | undefined {
	for (const padded of PADDED_SIZES) if (size < padded) return padded;
	return undefined;
}

/** @throws {@link MessageError} `size` above {@link CONTENT_SIZE_MAX}. */
export function pad(content: Uint8Array): Uint8Array {
	const size = paddedSize(content.length);
	if (size === undefined) {
		throw new MessageError("size", `${content.length} bytes, at most ${CONTENT_SIZE_MAX}`);
	}
	const padded = new Uint8Array(size);
	padded.set(content);
	padded[content.length] = 0x80;
	return padded;
}

/**
 * @returns a view into `padded`.
 * @throws {@link MessageError} `padding` where it is not what {@link pad} gives.
 */
export function unpad(padded: Uint8Array): Uint8Array {
	let end = padded.length - 1;
	while (end > 0 && padded[end] === 0) end--;
	if (padded[end] !== 0x80 || paddedSize(end) !== padded.length) {
		throw new MessageError("padding", `${padded.length} bytes`);
	}
	return padded.subarray(0, end);
}
