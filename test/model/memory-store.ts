/**
 * A database as a plain value, and as much of a Store over it as requests.ts uses. A write makes a new value; the old
 * one stays as it is, so that the model can go back to it.
 */
import { type Attempt, isAtStation, type Unit } from "../../server/core/unit.js";
import type { Store, StoreReader, StoreWriter } from "../../server/store/store.js";
import { Violation } from "./explore.js";

export interface Database {
	/** In the order of their release. */
	readonly units: readonly Unit[];
	readonly attempts: readonly Attempt[];
	/** The newest version of every station's recipe. */
	readonly version: number;
	/** Handover proofs made so far: the next one is that number, sixteen times. */
	readonly proofs: number;
}

/** Left out, since no request depends on it: the journal's entries, times, `meta` (no line is held here). */
export class MemoryStore {
	database: Database;

	constructor(database: Database) {
		this.database = database;
	}

	/** The methods that are missing are those that requests.ts does not call. */
	asStore(): Store {
		return this as unknown as Store;
	}

	async read<T>(work: (tx: StoreReader) => Promise<T>): Promise<T> {
		return await work(this as unknown as StoreReader);
	}

	async write<T>(work: (tx: StoreWriter) => Promise<T>): Promise<T> {
		return await work(this as unknown as StoreWriter);
	}

	async journalNumber(): Promise<number> {
		return 0;
	}
	async append(): Promise<number> {
		return 0;
	}
	async meta(): Promise<undefined> {
		return undefined;
	}

	async unit(serial: string): Promise<Unit | undefined> {
		return this.database.units.find((unit) => unit.serial === serial);
	}

	async unitAt(_line: string, step: number): Promise<Unit | undefined> {
		const here = this.database.units.filter((unit) => isAtStation(unit) && unit.step === step);
		if (here.length > 1) throw new Violation(`two units at station ${step + 1}`);
		return here[0];
	}

	async firstReleased(): Promise<Unit | undefined> {
		return this.database.units.find(({ stage }) => stage === "released");
	}

	async attempt(serial: string, number: number): Promise<Attempt | undefined> {
		return this.database.attempts.find(
			(attempt) => attempt.serial === serial && attempt.number === number,
		);
	}

	async putUnit(unit: Unit): Promise<void> {
		if (unit.stage === "held") throw new Violation(`unit ${unit.serial} is held`);
		const { units } = this.database;
		const changed = units.map((old) => (old.serial === unit.serial ? unit : old));
		this.database = { ...this.database, units: changed };
	}

	async addAttempt(attempt: Attempt): Promise<void> {
		const { serial, number, step, set } = attempt;
		const own = this.database.attempts.filter((old) => old.serial === serial);
		if (own.some((old) => old.number === number || (old.step === step && old.set === set)))
			throw new Violation(`unit ${serial} is judged twice: attempt ${number}, set ${set}`);
		if (own.some((old) => old.step === step && old.pass))
			throw new Violation(`unit ${serial} is judged at station ${step + 1} after it passed there`);
		this.database = { ...this.database, attempts: [...this.database.attempts, attempt] };
	}
}
