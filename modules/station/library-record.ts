/**
 * Which sealed file lies in which flash slot, and how old a version may be: one record of the journal's domain,
 * key `library`, so that a new version and its floor change in one write.
 *
 *   [1, [slot or null, …], [[recipe id, floor], …]]
 *   slot = [recipe id, version, digest, state]      state: 0 fetching, 1 complete, 2 active
 *
 * At most one slot is active for each recipe, and its version is that recipe's floor.
 */

import { sameBytes } from "../bytes/bytes.js";
import { frozen } from "../bytes/frozen.js";
import type { CborValue } from "../cbor/cbor.js";
import { encode } from "../cbor/encode.js";
import type { RecipeName } from "../messages/types.js";
import { DIGEST_SIZE } from "../ports/crypto.js";
import type { KeyValue } from "../ports/storage.js";
import { isCount, JournalError, readRecord } from "./journal.js";

/** Flash slots used, at most. */
export const SLOTS_MAX = 8;
/** Recipes whose version floor is kept, at most; a station has one or a few. */
export const FLOORS_MAX = 64;

const KEY = "library";
const STATES = frozen(["fetching", "complete", "active"] as const);

export interface Slot extends RecipeName {
	readonly state: (typeof STATES)[number];
}

export interface LibraryRecord {
	/** As many as the board has partitions. */
	readonly slots: readonly (Slot | undefined)[];
	/** By recipe id: versions below are refused. */
	readonly floors: ReadonlyMap<string, number>;
}

/** @param slots - how many the board has. @throws JournalError. */
export function loadLibrary(store: KeyValue, slots: number): LibraryRecord {
	const record = readRecord(store, KEY);
	const [, stored, pairs] = record ?? [1, [], []];
	if (!Array.isArray(stored) || !Array.isArray(pairs)) throw new JournalError(KEY);
	const found = stored.map(decodeSlot);
	const floors = new Map<string, number>();
	for (const pair of pairs) {
		const [id, version] = Array.isArray(pair) ? pair : [];
		if (typeof id !== "string" || !isCount(version)) throw new JournalError(KEY);
		floors.set(id, version);
	}
	return { slots: Array.from({ length: slots }, (_, i) => found[i]), floors };
}

export function saveLibrary(store: KeyValue, record: LibraryRecord): void {
	const slots = record.slots.map((slot) =>
		slot ? [slot.id, slot.version, slot.digest, STATES.indexOf(slot.state)] : null,
	);
	const floors = [...record.floors].map(([id, version]) => [id, version]);
	store.write(KEY, encode([1, slots, floors]));
}

function decodeSlot(value: CborValue): Slot | undefined {
	if (value === null) return undefined;
	const [id, version, digest, number] = Array.isArray(value) ? value : [];
	const state = isCount(number) ? STATES[number] : undefined;
	const isSlot =
		typeof id === "string" &&
		isCount(version) &&
		digest instanceof Uint8Array &&
		digest.length === DIGEST_SIZE &&
		state !== undefined;
	if (!isSlot) throw new JournalError(KEY);
	return { id, version, digest, state };
}

/** @returns where the file is, or -1. */
export function findSlot(record: LibraryRecord, digest: Uint8Array): number {
	return record.slots.findIndex((slot) => slot !== undefined && sameBytes(slot.digest, digest));
}

/** The lowest version of this recipe that may still run. */
export function floorOf(record: LibraryRecord, id: string): number {
	return record.floors.get(id) ?? 0;
}

/** The highest version of this recipe in a slot, in whatever state; 0 for none. */
export function highestHeld(record: LibraryRecord, id: string): number {
	let highest = 0;
	for (const slot of record.slots) {
		if (slot?.id === id && slot.version > highest) highest = slot.version;
	}
	return highest;
}

/**
 * Chooses a slot for a new file: an empty one, else one that is neither active nor wanted.
 *
 * @param wanted - digests of the files that the server wants here.
 * @returns -1 where every slot is needed.
 */
export function placeFor(record: LibraryRecord, wanted: readonly Uint8Array[]): number {
	const empty = record.slots.indexOf(undefined);
	if (empty >= 0) return empty;
	return record.slots.findIndex(
		(slot) => slot?.state !== "active" && !wanted.some((digest) => sameBytes(digest, slot!.digest)),
	);
}

export function withSlot(
	record: LibraryRecord,
	index: number,
	slot: Slot | undefined,
): LibraryRecord {
	return { ...record, slots: record.slots.map((old, i) => (i === index ? slot : old)) };
}

/**
 * Makes the file in a slot the active one of its recipe: its floor rises, older versions leave their slots.
 *
 * @returns `undefined` where there is no room for another floor.
 */
export function activated(record: LibraryRecord, index: number): LibraryRecord | undefined {
	const chosen = record.slots[index];
	if (!chosen) throw new Error("there is no file in this slot");
	if (!record.floors.has(chosen.id) && record.floors.size >= FLOORS_MAX) return undefined;
	const slots = record.slots.map((slot, i) => {
		if (i === index) return { ...chosen, state: "active" as const };
		return slot?.id === chosen.id && slot.version <= chosen.version ? undefined : slot;
	});
	return { slots, floors: new Map([...record.floors, [chosen.id, chosen.version]]) };
}
