/**
 * What the store keeps of its tables between transactions, so that not every attempt reads it again. What is kept is
 * queries.ts's to say, when it may no longer be true sqlite.ts's.
 */

/** Rows kept, at most. */
const KEPT_MAX = 4096;

/**
 * Rows of the tables that change seldom (recipes, envelopes, single values), by query and values. Whoever has it says when another process may have changed them, and when a transaction
 * ends: what one has changed, or read after that, is not kept.
 */
export class KeptRows {
	readonly #rows = new Map<string, readonly unknown[]>();
	#isChanging = false;

	find(key: string): readonly unknown[] | undefined {
		return this.#isChanging ? undefined : this.#rows.get(key);
	}

	keep(key: string, rows: readonly unknown[]): void {
		if (this.#isChanging) return;
		if (this.#rows.size >= KEPT_MAX) this.#rows.clear();
		this.#rows.set(key, rows);
	}

	/** The transaction under way changes one of the tables. */
	changing(): void {
		this.#isChanging = true;
	}

	/** A transaction has begun, and what another process committed before is not what is kept. */
	clear(): void {
		this.#rows.clear();
	}

	/** The transaction has ended, one way or the other. */
	ended(): void {
		if (this.#isChanging) this.#rows.clear();
		this.#isChanging = false;
	}
}
