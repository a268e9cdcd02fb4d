/**
 * Which finished log lies in which flash partition: one record of the journal's domain, key `logs`.
 *
 *   [1, [slot or null, …]]
 *   slot = [serial, visit, step, attempt, digest, size, segments, cut, SHA-256 of the sealed segments]
 *
 * It is written when a trial's log has ended, before the attempt's result is stored, and when the server has kept a log.
 */
import { sameBytes } from "../bytes/bytes.js";
import type { CborValue } from "../cbor/cbor.js";
import { encode } from "../cbor/encode.js";
import type { LogOffer, UnitName } from "../messages/types.js";
import { DIGEST_SIZE } from "../ports/crypto.js";
import type { KeyValue } from "../ports/storage.js";
import { isCount, JournalError, readRecord } from "./journal.js";
import type { StationState } from "./state.js";

/** Flash partitions used for logs, at most. */
export const LOGS_MAX = 4;

const KEY = "logs";

/** The attempt that a log is of. */
export interface AttemptName extends UnitName {
	readonly attempt: number;
}

/** What is known of a log when it has ended. */
export interface LogSlot extends Omit<LogOffer, "type"> {
	/** SHA-256 of all sealed segments: the station has no key any more by which it could tell whether flash still holds them. */
	readonly sum: Uint8Array;
}

/** As many as the board has partitions for logs. */
export type LogRecord = readonly (LogSlot | undefined)[];

/** @param slots - how many the board has. @throws JournalError. */
export function loadLogs(store: KeyValue, slots: number): LogRecord {
	const [, stored] = readRecord(store, KEY) ?? [1, []];
	if (!Array.isArray(stored)) throw new JournalError(KEY);
	const found = stored.map(decodeSlot);
	return Array.from({ length: slots }, (_, i) => found[i]);
}

export function saveLogs(store: KeyValue, record: LogRecord): void {
	const slots = record.map((slot) => {
		if (!slot) return null;
		const { serial, visit, step, attempt, digest, size, segments, cut, sum } = slot;
		return [serial, visit, step, attempt, digest, size, segments, cut, sum];
	});
	store.write(KEY, encode([1, slots]));
}

function decodeSlot(value: CborValue): LogSlot | undefined {
	if (value === null) return undefined;
	const items = Array.isArray(value) ? value : [];
	const [serial, visit, step, attempt, digest, size, segments, cut, sum] = items;
	const isSlot =
		items.length === 9 &&
		typeof serial === "string" &&
		isCount(visit) &&
		isCount(step) &&
		isCount(attempt) &&
		isDigest(digest) &&
		isDigest(sum) &&
		isCount(size) &&
		isCount(segments) &&
		typeof cut === "boolean";
	if (!isSlot) throw new JournalError(KEY);
	return { serial, visit, step, attempt, digest, size, segments, cut, sum };
}

function isDigest(value: CborValue | undefined): value is Uint8Array {
	return value instanceof Uint8Array && value.length === DIGEST_SIZE;
}

export function withLog(record: LogRecord, index: number, slot: LogSlot | undefined): LogRecord {
	return record.map((old, i) => (i === index ? slot : old));
}

/** @returns where the log is, or -1. */
export function findLog(record: LogRecord, digest: Uint8Array): number {
	return record.findIndex((slot) => slot !== undefined && sameBytes(slot.digest, digest));
}

/**
 * Where a log of this attempt may be written: over one of the same attempt, whose result was then never stored, or where
 * there is none.
 *
 * @param last - where the last one was written: they take turns, so that flash wears evenly.
 * @returns -1 where every partition holds a log that the server has not kept.
 */
export function placeForLog(record: LogRecord, name: AttemptName, last: number): number {
	const again = record.findIndex((slot) => slot !== undefined && isOf(slot, name));
	if (again >= 0) return again;
	const next = record.indexOf(undefined, last + 1);
	return next >= 0 ? next : record.indexOf(undefined);
}

function isOf(slot: LogSlot, name: AttemptName): boolean {
	return slot.attempt === name.attempt && isOfUnit(slot, name);
}

function isOfUnit(slot: LogSlot, name: UnitName): boolean {
	return slot.serial === name.serial && slot.visit === name.visit && slot.step === name.step;
}

/**
 * Whether the server has judged the attempt, as far as is known here; its log may then be offered. Of an attempt whose
 * result was not stored, and whose unit has gone, the server says that it does not know it.
 */
export function isJudged(slot: LogSlot, { mode, unit }: StationState): boolean {
	if (!unit || !isOfUnit(slot, unit)) return true;
	const last = unit.result?.attempt ?? 0;
	return last > slot.attempt || (last === slot.attempt && mode !== "judging");
}
