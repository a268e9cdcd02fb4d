/**
 * What a store in memory holds, and one transaction on it: reads and writes as the queries of server/store/queries.ts do them.
 * Left out: the counts that only reports ask for.
 */
import { concat, hex } from "../../modules/bytes/bytes.js";
import {
	type Attempt,
	isAtStation,
	isOpen,
	type Stage,
	type Unit,
} from "../../server/core/unit.js";
import {
	type AttemptCount,
	type DownloadRow,
	DROP_MAX,
	type Entry,
	type Envelope,
	type MetaKey,
	type Recipe,
	type StartRow,
	type StoredLog,
	type StoreWriter,
	type UnitRecord,
} from "../../server/store/store.js";

type JudgedAttempt = Attempt & { readonly atMs: number };

/** What was committed, as it is seen by those who check. */
export type Change =
	| { readonly kind: "unit"; readonly before: Unit | undefined; readonly unit: Unit }
	| { readonly kind: "attempt"; readonly attempt: Attempt }
	/** It is complete. */
	| { readonly kind: "log"; readonly log: StoredLog };

/** The tables. They outlive the process that uses them. */
export class Tables {
	readonly journal: (Entry & { readonly number: number })[] = [];
	/** In order of release. */
	readonly units = new Map<string, UnitRecord>();
	readonly attempts = new Map<string, JudgedAttempt>();
	/** In order of release. */
	readonly recipes: Recipe[] = [];
	readonly envelopes: Envelope[] = [];
	/** When each was begun. */
	readonly files = new Map<number, number>();
	readonly pieces = new Map<string, Uint8Array>();
	readonly downloads = new Map<string, DownloadRow>();
	readonly starts = new Map<string, StartRow>();
	/** By digest. */
	readonly logs = new Map<string, StoredLog>();
	/** The number of the newest file there ever was. */
	lastFile = 0;
	readonly meta = new Map<MetaKey, string>();
	/** How many transactions changed something. */
	commits = 0;
	/** The transaction under way, or the last one: they run one after another. */
	turn: Promise<unknown> = Promise.resolve();
	/** The one that is not committed yet. */
	open: Transaction | undefined;

	/** A whole file. */
	content(file: number): Uint8Array {
		const own = [...this.pieces].filter(([key]) => key.startsWith(`${file}/`));
		return concat(...own.map(([, bytes]) => bytes));
	}

	/** Whoever was in a transaction is dead: nothing of it is kept, and the next one may begin. */
	abandon(): void {
		this.open?.undo();
		this.open = undefined;
		this.turn = Promise.resolve();
	}
}

/** Takes effect at once, and can be undone: no other one runs beside it. */
export class Transaction implements StoreWriter {
	readonly #tables: Tables;
	readonly #undo: (() => void)[] = [];
	readonly changes: Change[] = [];

	constructor(tables: Tables) {
		this.#tables = tables;
	}

	get isChanged(): boolean {
		return this.#undo.length > 0;
	}

	/** From now on it cannot be undone. */
	commit(): void {
		this.#undo.length = 0;
	}

	undo(): void {
		for (const step of this.#undo.splice(0).reverse()) step();
	}

	#put<K, V>(map: Map<K, V>, key: K, value: V | undefined): void {
		const before = map.get(key);
		const isNew = !map.has(key);
		this.#undo.push(() => {
			if (isNew) map.delete(key);
			else map.set(key, before as V);
		});
		if (value === undefined) map.delete(key);
		else map.set(key, value);
	}

	#add<T>(list: T[], item: T): void {
		list.push(item);
		this.#undo.push(() => list.pop());
	}

	async journalNumber(): Promise<number> {
		return this.#tables.journal.at(-1)?.number ?? 0;
	}
	async journal(after: number, count: number): Promise<(Entry & { readonly number: number })[]> {
		return this.#tables.journal.filter(({ number }) => number > after).slice(0, count);
	}
	async append(entry: Entry, number?: number): Promise<number> {
		const last = await this.journalNumber();
		const own = number ?? last + 1;
		refuseIf(own <= last, `journal number ${own} is not above ${last}`);
		const data = JSON.parse(JSON.stringify(entry.data)) as Entry["data"];
		this.#add(this.#tables.journal, { ...entry, data, number: own });
		return own;
	}

	async unit(serial: string): Promise<UnitRecord | undefined> {
		return this.#tables.units.get(serial);
	}
	async unitAt(line: string, step: number): Promise<Unit | undefined> {
		const found = this.#ofLine(line).find((unit) => isAtStation(unit) && unit.step === step);
		return found && unitOf(found);
	}
	async firstReleased(line: string): Promise<Unit | undefined> {
		const [first] = await this.unitsIn(line, "released", 1);
		return first && unitOf(first);
	}
	async openUnits(line: string): Promise<number> {
		return this.#ofLine(line).filter(isOpen).length;
	}
	async lines(): Promise<string[]> {
		const lines = new Set([...this.#tables.units.values()].map(({ line }) => line));
		for (const key of this.#tables.meta.keys())
			if (key.startsWith("route/")) lines.add(key.slice("route/".length));
		return [...lines].sort();
	}
	async stageCounts(line: string): Promise<[Stage, number][]> {
		const counts = new Map<Stage, number>();
		for (const { stage } of this.#ofLine(line)) counts.set(stage, (counts.get(stage) ?? 0) + 1);
		return [...counts];
	}
	async unitsIn(line: string, stage: Stage, count: number): Promise<UnitRecord[]> {
		return this.#ofLine(line)
			.filter((unit) => unit.stage === stage)
			.slice(0, count);
	}
	async units(line: string, count: number): Promise<UnitRecord[]> {
		return this.#ofLine(line).slice(0, count);
	}
	async addUnit(unit: Unit, releasedMs: number): Promise<void> {
		refuseIf(this.#tables.units.has(unit.serial), `unit ${unit.serial} is there already`);
		this.#keep({ ...unit, releasedMs, endedMs: undefined });
	}
	async putUnit(unit: Unit, endedMs?: number): Promise<void> {
		const before = this.#tables.units.get(unit.serial);
		if (!before) throw new Error(`there is no unit ${unit.serial}`);
		const { releasedMs } = before;
		this.#keep({ ...unit, releasedMs, endedMs: endedMs ?? before.endedMs });
	}
	#keep(unit: UnitRecord): void {
		const isTaken = this.#ofLine(unit.line).some(
			(other) =>
				isAtStation(other) &&
				isAtStation(unit) &&
				other.step === unit.step &&
				other.serial !== unit.serial,
		);
		refuseIf(isTaken, `two units at step ${unit.step}`);
		this.changes.push({ kind: "unit", before: this.#tables.units.get(unit.serial), unit });
		this.#put(this.#tables.units, unit.serial, unit);
	}

	async attempt(serial: string, number: number): Promise<Attempt | undefined> {
		const found = this.#tables.attempts.get(`${serial}/${number}`);
		if (!found) return undefined;
		const { atMs: _judged, ...attempt } = found;
		return attempt;
	}
	async attempts(serial: string): Promise<JudgedAttempt[]> {
		const own = [...this.#tables.attempts.values()].filter((each) => each.serial === serial);
		return own.sort((a, b) => a.number - b.number);
	}
	async attemptCounts(): Promise<AttemptCount[]> {
		throw new Error("left out");
	}
	async stationCounts(): Promise<Omit<AttemptCount, "serial">[]> {
		throw new Error("left out");
	}
	async addAttempt(attempt: Attempt, atMs: number): Promise<void> {
		const key = `${attempt.serial}/${attempt.number}`;
		refuseIf(this.#tables.attempts.has(key), `attempt ${key} is there already`);
		refuseIf(!this.#tables.units.has(attempt.serial), `there is no unit ${attempt.serial}`);
		this.changes.push({ kind: "attempt", attempt });
		this.#put(this.#tables.attempts, key, { ...attempt, atMs });
	}

	async log(digest: Uint8Array): Promise<StoredLog | undefined> {
		return this.#tables.logs.get(hex(digest));
	}
	async logs(serial: string): Promise<StoredLog[]> {
		const own = [...this.#tables.logs.values()].filter((each) => each.serial === serial);
		return own.sort((a, b) => a.attempt - b.attempt);
	}
	async addLog(log: StoredLog): Promise<void> {
		const { serial, attempt, file } = log;
		const name = `log of ${serial}/${attempt}`;
		const isThere = (await this.logs(serial)).some((each) => each.attempt === attempt);
		refuseIf(isThere || this.#tables.logs.has(hex(log.digest)), `${name} is there already`);
		refuseIf(!(await this.attempt(serial, attempt)), `${name}: there is no such attempt`);
		refuseIf(!this.#tables.files.has(file), `there is no file ${file}`);
		this.#put(this.#tables.logs, hex(log.digest), { ...log, digest: log.digest.slice() });
	}
	async putLog(digest: Uint8Array, received: number, keptMs?: number): Promise<void> {
		const log = await this.log(digest);
		if (!log) throw new Error(`there is no log ${hex(digest)}`);
		const ended = keptMs === undefined ? {} : { keptMs, contentKey: undefined };
		const after = { ...log, received, ...ended };
		this.#put(this.#tables.logs, hex(digest), after);
		if (keptMs !== undefined) this.changes.push({ kind: "log", log: after });
	}

	async recipe(station: string, id: string, version: number): Promise<Recipe | undefined> {
		return this.#tables.recipes.find(
			(each) => each.station === station && each.id === id && each.version === version,
		);
	}
	async newestRecipe(station: string): Promise<Recipe | undefined> {
		return this.#tables.recipes.findLast((recipe) => recipe.station === station);
	}
	async latestVersion(station: string, id: string): Promise<Recipe | undefined> {
		return this.#tables.recipes
			.filter((recipe) => recipe.station === station && recipe.id === id)
			.sort((a, b) => b.version - a.version)[0];
	}
	async addRecipe(recipe: Recipe): Promise<void> {
		const { station, id, version, file } = recipe;
		refuseIf(await this.recipe(station, id, version), `recipe ${id} ${version} is there already`);
		refuseIf(!this.#tables.files.has(file), `there is no file ${file}`);
		this.#add(this.#tables.recipes, recipe);
	}

	async envelopes(station: string, id: string, version: number): Promise<Envelope[]> {
		const own = this.#tables.envelopes.filter(
			(each) => each.station === station && each.id === id && each.version === version,
		);
		return own.reverse();
	}
	async envelope(digest: Uint8Array): Promise<Envelope | undefined> {
		const name = hex(digest);
		return this.#tables.envelopes.find((each) => hex(each.digest) === name);
	}
	async addEnvelope(envelope: Envelope): Promise<void> {
		const { digest, station, id, version } = envelope;
		refuseIf(await this.envelope(digest), `envelope ${hex(digest)} is there already`);
		refuseIf(!(await this.recipe(station, id, version)), `there is no recipe ${id} ${version}`);
		this.#add(this.#tables.envelopes, envelope);
	}

	async piece(file: number, index: number): Promise<Uint8Array | undefined> {
		return this.#tables.pieces.get(`${file}/${index}`);
	}
	async addFile(atMs: number): Promise<number> {
		const file = ++this.#tables.lastFile;
		this.#undo.push(() => this.#tables.lastFile--);
		this.#put(this.#tables.files, file, atMs);
		return file;
	}
	async addPiece(file: number, index: number, bytes: Uint8Array): Promise<void> {
		const key = `${file}/${index}`;
		refuseIf(this.#tables.pieces.has(key), `piece ${key} is there already`);
		refuseIf(!this.#tables.files.has(file), `there is no file ${file}`);
		this.#put(this.#tables.pieces, key, bytes);
	}
	async unusedFile(beforeMs: number): Promise<number | undefined> {
		const used = new Set(
			[...this.#tables.recipes, ...this.#tables.logs.values()].map(({ file }) => file),
		);
		for (const [file, createdMs] of this.#tables.files)
			if (createdMs < beforeMs && !used.has(file)) return file;
		return undefined;
	}
	async dropFile(file: number): Promise<boolean> {
		const { pieces, files, recipes, logs } = this.#tables;
		refuseIf(
			[...recipes, ...logs.values()].some((each) => each.file === file),
			`file ${file} is in use`,
		);
		const own = [...pieces.keys()].filter((key) => key.startsWith(`${file}/`));
		for (const key of own.slice(-DROP_MAX)) this.#put(pieces, key, undefined);
		if (own.length > DROP_MAX) return false;
		this.#put(files, file, undefined);
		return true;
	}

	async download(station: string): Promise<DownloadRow | undefined> {
		return this.#tables.downloads.get(station);
	}
	async putDownload(row: DownloadRow): Promise<void> {
		this.#put(this.#tables.downloads, row.station, row);
	}
	async lastStart(station: string): Promise<StartRow | undefined> {
		return this.#tables.starts.get(station);
	}
	async putLastStart(row: StartRow): Promise<void> {
		this.#put(this.#tables.starts, row.station, row);
	}
	async meta(key: MetaKey): Promise<string | undefined> {
		return this.#tables.meta.get(key);
	}
	async setMeta(key: MetaKey, value: string | undefined): Promise<void> {
		this.#put(this.#tables.meta, key, value);
	}

	#ofLine(line: string): UnitRecord[] {
		return [...this.#tables.units.values()].filter((unit) => unit.line === line);
	}
}

/** What the other store's tables refuse. */
function refuseIf(isWrong: unknown, why: string): void {
	if (isWrong) throw new Error(why);
}

function unitOf({ releasedMs: _released, endedMs: _ended, ...unit }: UnitRecord): Unit {
	return unit;
}
