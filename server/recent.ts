/** The values that were used last, up to a number of them: a cache that forgets what was not asked for longest. */

export class Recent<K, V> {
	readonly #max: number;
	readonly #values = new Map<K, V>();
	readonly #forget: (value: V) => void;

	/** @param forget - called with each value that gives way. */
	constructor(max: number, forget: (value: V) => void = () => undefined) {
		this.#max = max;
		this.#forget = forget;
	}

	get size(): number {
		return this.#values.size;
	}

	get(key: K): V | undefined {
		const value = this.#values.get(key);
		if (value === undefined) return undefined;
		this.#values.delete(key);
		this.#values.set(key, value);
		return value;
	}

	/** @param key - not held yet. */
	add(key: K, value: V): V {
		for (const [oldest, given] of this.#values) {
			if (this.#values.size < this.#max) break;
			this.#values.delete(oldest);
			this.#forget(given);
		}
		this.#values.set(key, value);
		return value;
	}
}
