/** What can be seen of sealed bytes by counting: an uneven distribution, blocks that occur again. */
import { mapKey } from "../simulation/map-key.js";

/**
 * Chi-square of 256 byte values against a uniform distribution (255 degrees of freedom): 255 on average. Random bytes
 * exceed this once in 50 million runs.
 */
export const CHI_SQUARE_MAX = 400;
/** A block of AES. */
const BLOCK_SIZE = 16;

/** @returns 0 for no bytes. */
export function chiSquare(parts: readonly Uint8Array[]): number {
	const counts = new Array<number>(256).fill(0);
	let total = 0;
	for (const part of parts)
		for (const byte of part) {
			counts[byte] = (counts[byte] as number) + 1;
			total++;
		}
	if (total === 0) return 0;
	const expected = total / 256;
	return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}

/** How many 16 bytes in a row, wherever they begin, have occurred before, in the same part or another. */
export function repeatedBlocks(parts: readonly Uint8Array[]): number {
	const seen = new Set<string>();
	let repeated = 0;
	for (const part of parts) {
		const text = mapKey(part);
		for (let at = 0; at + BLOCK_SIZE <= text.length; at++) {
			const block = text.slice(at, at + BLOCK_SIZE);
			if (seen.has(block)) repeated++;
			else seen.add(block);
		}
	}
	return repeated;
}

/** Each part once: a message may be published again as it is. */
export function distinct(parts: readonly Uint8Array[]): Uint8Array[] {
	return [...new Map(parts.map((part) => [mapKey(part), part])).values()];
}
