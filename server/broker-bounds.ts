/**
 * A bound for what the embedded broker retains, which aedes itself has not: by number and by bytes. Pure.
 */

/** The server's credential and, for each of 1,024 stations, its state and 8 files: 9,217. */
export const RETAINED_MAX = 10_000;
/** Payloads of all retained messages, in bytes. */
export const RETAINED_SIZE_MAX = 64 * 1024 * 1024;

export class RetainedBound {
	readonly #countMax: number;
	readonly #sizeMax: number;
	readonly #sizes = new Map<string, number>();
	#size = 0;

	constructor(countMax = RETAINED_MAX, sizeMax = RETAINED_SIZE_MAX) {
		this.#countMax = countMax;
		this.#sizeMax = sizeMax;
	}

	/** How many are kept. */
	get count(): number {
		return this.#sizes.size;
	}

	/**
	 * Counts a retained message that is about to be kept; an empty one deletes.
	 *
	 * @returns false, with nothing counted, where there is no room for it.
	 */
	take(topic: string, size: number): boolean {
		const before = this.#sizes.get(topic);
		const count = this.#sizes.size + (before === undefined ? 1 : 0);
		const total = this.#size - (before ?? 0) + size;
		if (size > 0 && (count > this.#countMax || total > this.#sizeMax)) return false;
		this.#size = total;
		if (size > 0) this.#sizes.set(topic, size);
		else this.#sizes.delete(topic);
		return true;
	}
}
