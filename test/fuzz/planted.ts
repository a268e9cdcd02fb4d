/** A decoder with a fault behind three bytes, one after the other: what chance alone does not find. */
export class PlantedError extends Error {}

export function planted(bytes: Uint8Array): void {
	if (bytes.length < 8) throw new PlantedError("too short");
	if (bytes[1] === 0xa7) {
		if (bytes[4] === 0x3c) {
			if (bytes[6] === 0xd9) throw new TypeError("planted");
		}
	}
}

/** Work that grows with the square of the input's size, where a certain byte is in it. */
export function slow(bytes: Uint8Array): number {
	let sum = 0;
	if (!bytes.includes(0x51)) return sum;
	for (let i = 0; i < bytes.length; i++) for (let k = 0; k < bytes.length; k++) if (i !== k) sum++;
	return sum;
}
