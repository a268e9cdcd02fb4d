/**
 * The Store in memory, for simulated time: the same transactions, in the same order, without a disk. A transaction can
 * be made to take time, and the process can be made to die just before a commit or just after it.
 *
 * test/server/store-in-memory.test.ts holds it against the SQLite one. Left out: what only a file has (corruption,
 * locks, room).
 */
import {
	type Store,
	StoreError,
	type StoreReader,
	type StoreWriter,
} from "../../server/store/store.js";
import { type Change, type Tables, Transaction } from "./tables.js";

export interface MemoryStoreOptions {
	/** Whose store it is: one that is dead gets no answer any more. */
	readonly isAlive?: () => boolean;
	/** Called before a commit that changes something; it may take its time. Where the caller then is dead, nothing is kept. */
	readonly beforeCommit?: () => Promise<void>;
	/** Called after it. Where the caller then is dead, it never learns of the commit. */
	readonly afterCommit?: (changes: readonly Change[]) => void;
}

/** Of what a dead process waits for. */
const never = new Promise<never>(() => undefined);

/** One process's way to the tables. */
export class MemoryStore implements Store {
	readonly #tables: Tables;
	readonly #options: MemoryStoreOptions;
	/** Commits that are known here. */
	#known: number;
	#closed = false;

	constructor(tables: Tables, options: MemoryStoreOptions = {}) {
		this.#tables = tables;
		this.#options = options;
		this.#known = tables.commits;
	}

	async read<T>(work: (tx: StoreReader) => Promise<T>): Promise<T> {
		return await this.#inTurn(work);
	}

	async write<T>(work: (tx: StoreWriter) => Promise<T>, fence?: number): Promise<T> {
		return await this.#inTurn(async (tx) => {
			if (fence !== undefined && Number(await tx.meta("lease")) !== fence)
				throw new StoreError("deposed", "another server has taken over this database");
			const value = await work(tx);
			if (!tx.isChanged) return value;
			await this.#options.beforeCommit?.();
			if (!this.#isAlive) return await never;
			tx.commit();
			this.#tables.commits++;
			this.#known++;
			this.#options.afterCommit?.(tx.changes);
			return value;
		});
	}

	async takeLease(): Promise<number> {
		return await this.write(async (tx) => {
			const fence = Number((await tx.meta("lease")) ?? 0) + 1;
			await tx.setMeta("lease", String(fence));
			return fence;
		});
	}

	async changedElsewhere(): Promise<boolean> {
		this.#assertOpen();
		const changed = this.#known !== this.#tables.commits;
		this.#known = this.#tables.commits;
		return changed;
	}

	async close(): Promise<void> {
		this.#closed = true;
	}

	/** A dead caller's transaction ends when the tables are told to abandon it. */
	async #inTurn<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
		this.#assertOpen();
		if (!this.#isAlive) return await never;
		const tables = this.#tables;
		const run = async (): Promise<T> => {
			if (!this.#isAlive) return await never;
			const tx = new Transaction(tables);
			tables.open = tx;
			try {
				return await work(tx);
			} catch (error) {
				tx.undo();
				throw error;
			} finally {
				tables.open = undefined;
			}
		};
		const mine = tables.turn.then(run, run);
		tables.turn = mine.catch(() => undefined);
		const value = await mine;
		return this.#isAlive ? value : await never;
	}

	get #isAlive(): boolean {
		return this.#options.isAlive?.() ?? true;
	}

	#assertOpen(): void {
		if (this.#closed) throw new StoreError("closed", "the store was closed");
	}
}
