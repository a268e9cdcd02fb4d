/**
 * The Store: the journal and everything derived from it, durable. Whatever the server answers was committed
 * here first. `openStore` (sqlite.ts) is the embedded one.
 *
 * Leaves out: sessions and their keys, which never touch a disk.
 */
import type { UnitName } from "../../modules/messages/types.js";
import type { Attempt, Stage, Unit } from "../core/unit.js";

/**
 * - `corrupt`: the database is damaged or not ours; restore a backup.
 * - `locked`: another process held it longer than the wait.
 * - `full`: no space; nothing of the transaction was kept.
 * - `io`: the medium or its permissions failed.
 * - `version`: written by a newer release.
 * - `deposed`: another server took the lease; this one must stop.
 * - `closed`: used after `close()`.
 */
export class StoreError extends Error {
	readonly code: "corrupt" | "locked" | "full" | "io" | "version" | "deposed" | "closed";
	constructor(code: StoreError["code"], message: string, options?: ErrorOptions) {
		super(message, options);
		this.name = "StoreError";
		this.code = code;
	}
}

export type EntryKind =
	| "released"
	| "arrived"
	| "attempt"
	| "finished"
	| "rejected"
	| "held"
	| "recipe"
	| "sealed"
	| "route"
	| "behind"
	| "accepted"
	| "keys";

export interface Entry {
	readonly atMs: number;
	readonly kind: EntryKind;
	/** Full name. */
	readonly station?: string;
	readonly serial?: string;
	/** JSON values only; for a unit's entry its row afterwards. */
	readonly data: { readonly [key: string]: unknown };
}

export interface Recipe {
	/** Full name of the station it is for. */
	readonly station: string;
	readonly id: string;
	/** From 1, per station and id. */
	readonly version: number;
	/** Acceptance limits, as released; never leaves the server. */
	readonly limits: string;
	/** Number of value sets. */
	readonly sets: number;
	readonly attemptsMax: number | undefined;
	readonly releasedMs: number;
	/** The parameter file, its bytes and its SHA-256; see {@link StoreReader.piece}. */
	readonly file: number;
	readonly size: number;
	readonly textDigest: Uint8Array;
}

export interface Envelope {
	/** SHA-256 of the head, 32 bytes. */
	readonly digest: Uint8Array;
	readonly station: string;
	readonly id: string;
	readonly version: number;
	/** Epochs of the credentials it was sealed to and signed with. */
	readonly recipientEpoch: number;
	readonly signerEpoch: number;
	readonly head: Uint8Array;
	/** Number of segments. */
	readonly segments: number;
	/** 32 bytes; `undefined` in one of an older release, whose segments cannot be made again. */
	readonly contentKey: Uint8Array | undefined;
}

/** Bytes of a file's pieces; the last one is shorter, and an empty file has none. */
export const PIECE_SIZE = 64 * 1024;
/** Pieces that one {@link StoreWriter.dropFile} drops. */
export const DROP_MAX = 64;

/** How far a station is in fetching a file. */
export interface DownloadRow {
	/** Full name; one row a station. */
	readonly station: string;
	readonly recipe: string;
	readonly version: number;
	/** Segments asked for and sent, of all. */
	readonly done: number;
	readonly of: number;
	/** Bytes of the whole plaintext. */
	readonly bytes: number;
	readonly atMs: number;
}

/** The last start of a station's board that was heard of. */
export interface StartRow {
	/** Full name; one row a station. */
	readonly station: string;
	readonly boot: number;
	/** Why, a word of docs/protocol.md §6; `undefined` where the station did not say. */
	readonly reset: string | undefined;
	/** When it was first heard of. */
	readonly atMs: number;
}

/** The measurement log of an attempt, complete or as far as it has come. */
export interface StoredLog extends UnitName {
	/** SHA-256 of the opening, 32 bytes. */
	readonly digest: Uint8Array;
	/** Full name. */
	readonly station: string;
	readonly attempt: number;
	/** Bytes of the whole log. */
	readonly size: number;
	/** Number of segments, and how many of them have been stored. */
	readonly segments: number;
	readonly received: number;
	/** There was more, and the station had no room for it. */
	readonly cut: boolean;
	readonly opening: Uint8Array;
	/** 32 bytes; `undefined` once the log is complete. */
	readonly contentKey: Uint8Array | undefined;
	/** Its plaintext. */
	readonly file: number;
	/** When it was complete. */
	readonly keptMs: number | undefined;
}

export interface UnitRecord extends Unit {
	readonly releasedMs: number;
	readonly endedMs: number | undefined;
}

/** Values the server keeps by name. */
export type MetaKey = "lease" | `route/${string}` | `behind/${string}` | `epoch/${string}`;

export interface StoreReader {
	/** The highest journal number, 0 at first. */
	journalNumber(): Promise<number>;
	journal(after: number, count: number): Promise<(Entry & { readonly number: number })[]>;
	unit(serial: string): Promise<UnitRecord | undefined>;
	/** The unit in front of the station at `step`. */
	unitAt(line: string, step: number): Promise<Unit | undefined>;
	/** The unit released longest ago that is still on its way to the first station. */
	firstReleased(line: string): Promise<Unit | undefined>;
	openUnits(line: string): Promise<number>;
	/** Every line that has units or a route, in order of name. */
	lines(): Promise<string[]>;
	/** How many units of a line are at each stage; stages without any are left out. */
	stageCounts(line: string): Promise<[Stage, number][]>;
	/** In order of release. */
	unitsIn(line: string, stage: Stage, count: number): Promise<UnitRecord[]>;
	/** In order of release. */
	units(line: string, count: number): Promise<UnitRecord[]>;
	attempt(serial: string, number: number): Promise<Attempt | undefined>;
	attempts(serial: string): Promise<(Attempt & { readonly atMs: number })[]>;
	log(digest: Uint8Array): Promise<StoredLog | undefined>;
	/** Of a unit, in order of attempts. */
	logs(serial: string): Promise<StoredLog[]>;
	/** Attempts per unit and station. */
	attemptCounts(line: string): Promise<AttemptCount[]>;
	/** Attempts per station. */
	stationCounts(line: string): Promise<Omit<AttemptCount, "serial">[]>;
	recipe(station: string, id: string, version: number): Promise<Recipe | undefined>;
	/** Released last, of all the station's recipes. */
	newestRecipe(station: string): Promise<Recipe | undefined>;
	/** Highest version of one recipe. */
	latestVersion(station: string, id: string): Promise<Recipe | undefined>;
	/** Newest first. */
	envelopes(station: string, id: string, version: number): Promise<Envelope[]>;
	envelope(digest: Uint8Array): Promise<Envelope | undefined>;
	/** A piece of a file, from 0; files are complete and never change once something refers to them. */
	piece(file: number, index: number): Promise<Uint8Array | undefined>;
	/** The last one that a station began, complete or not. */
	download(station: string): Promise<DownloadRow | undefined>;
	lastStart(station: string): Promise<StartRow | undefined>;
	meta(key: MetaKey): Promise<string | undefined>;
}

export interface AttemptCount {
	readonly serial: string;
	readonly station: string;
	readonly attempts: number;
	readonly passes: number;
}

export interface StoreWriter extends StoreReader {
	/** @param number - above every other one, where a gap is wanted. @returns the entry's number. */
	append(entry: Entry, number?: number): Promise<number>;
	addUnit(unit: Unit, releasedMs: number): Promise<void>;
	/** Replaces the row; `endedMs` where it left the line. */
	putUnit(unit: Unit, endedMs?: number): Promise<void>;
	addAttempt(attempt: Attempt, atMs: number): Promise<void>;
	/** Of an attempt that is there and has none; its file is filled later. */
	addLog(log: StoredLog): Promise<void>;
	/** @param keptMs - it is complete: its content key is forgotten. */
	putLog(digest: Uint8Array, received: number, keptMs?: number): Promise<void>;
	/** Its file is complete by then. */
	addRecipe(recipe: Recipe): Promise<void>;
	addEnvelope(envelope: Envelope): Promise<void>;
	/**
	 * Begins a file, to be filled in as many transactions as it takes. Nothing refers to it until a last one says so;
	 * where that does not come, for instance after a crash, {@link unusedFile} finds it.
	 *
	 * @returns its number, which none had before.
	 */
	addFile(atMs: number): Promise<number>;
	/** @param bytes - {@link PIECE_SIZE}, fewer in the last piece. */
	addPiece(file: number, index: number, bytes: Uint8Array): Promise<void>;
	/** The first file begun before `beforeMs` that nothing refers to. */
	unusedFile(beforeMs: number): Promise<number | undefined>;
	/**
	 * Drops up to {@link DROP_MAX} pieces of a file that nothing refers to, and the file with the last of them.
	 *
	 * @returns whether it is gone: else call again, in another transaction.
	 * @throws Error where something refers to it.
	 */
	dropFile(file: number): Promise<boolean>;
	/** Replaces the station's. */
	putDownload(row: DownloadRow): Promise<void>;
	/** Replaces the station's. */
	putLastStart(row: StartRow): Promise<void>;
	/** `undefined` deletes. */
	setMeta(key: MetaKey, value: string | undefined): Promise<void>;
}

export interface Store {
	/** One snapshot. No other call of this store inside `work`. */
	read<T>(work: (tx: StoreReader) => Promise<T>): Promise<T>;
	/**
	 * One transaction: durable when the promise resolves, nothing of it kept where it rejects. Transactions
	 * run one after another; `work` awaits nothing but `tx`.
	 *
	 * @param fence - a number from {@link Store.takeLease}: `deposed` where a newer one exists.
	 * @throws {@link StoreError}; what `work` throws comes out unchanged.
	 */
	write<T>(work: (tx: StoreWriter) => Promise<T>, fence?: number): Promise<T>;
	/** Makes the caller the one server; the fence of every earlier one is void. */
	takeLease(): Promise<number>;
	/** Did another process commit something since the last call? */
	changedElsewhere(): Promise<boolean>;
	/** May be called twice. */
	close(): Promise<void>;
}
