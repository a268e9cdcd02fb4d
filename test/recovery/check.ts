/** What must hold after a storm: the database against an undisturbed run, and what each board has in its flash. */
import assert from "node:assert/strict";
import { FlashImage } from "../../host-sim/flash-image.js";
import type { CborValue } from "../../modules/cbor/cbor.js";
import { readRecord } from "../../modules/station/journal.js";
import { showUnit, type UnitShown } from "../../server/operations.js";
import type { Store } from "../../server/store/store.js";

/** What was decided about a unit, without what depends on time or on fresh random bytes. */
export interface Decided {
	readonly serial: string;
	readonly stage: string;
	readonly step: number;
	readonly reason: string | undefined;
	readonly attempts: readonly unknown[];
}

export async function decided(store: Store, serials: readonly string[]): Promise<Decided[]> {
	const units = await Promise.all(serials.map((serial) => showUnit(store, serial)));
	return units.map((unit) => {
		const { serial, stage, step, reason, attempts } = unit as UnitShown;
		const kept = attempts.map(({ number, station, visit, step, set, readings, pass, recipe }) => ({
			number,
			station,
			visit,
			step,
			set,
			readings,
			pass,
			recipe: `${recipe.id} ${recipe.version}`,
		}));
		return { serial, stage, step, reason, attempts: kept };
	});
}

/**
 * The journal of every unit, entry by entry: to each station once, in order, only after a pass at the one before;
 * every attempt judged once; off the line once. Nothing was held and no journal was found to be behind.
 */
export async function assertJournal(store: Store, stations: number): Promise<void> {
	const entries = await store.read((tx) => tx.journal(0, 100_000));
	const places = new Map<
		string,
		{ step: number; passed: boolean; attempts: number; off: boolean }
	>();
	for (const { kind, serial, data } of entries) {
		assert.ok(!["held", "behind", "accepted"].includes(kind), `${kind}: ${JSON.stringify(data)}`);
		if (serial === undefined) continue;
		const at = places.get(serial);
		const what = `${kind} of ${serial} after ${JSON.stringify(at)}`;
		const { step } = data.unit as { step: number };
		if (kind === "released") {
			assert.equal(at, undefined, what);
			places.set(serial, { step: -1, passed: true, attempts: 0, off: false });
			continue;
		}
		assert.ok(at && !at.off, what);
		if (kind === "arrived") {
			assert.ok(at.passed && step === at.step + 1, what);
			places.set(serial, { ...at, step, passed: false });
		} else if (kind === "attempt") {
			const { attempt, pass } = data as { attempt?: number; pass?: boolean };
			assert.ok(!at.passed && step === at.step && attempt === at.attempts + 1, what);
			places.set(serial, { ...at, attempts: attempt as number, passed: pass === true });
		} else if (kind === "finished") {
			assert.ok(at.passed && step === at.step && step === stations - 1, what);
			places.set(serial, { ...at, off: true });
		} else {
			assert.equal(kind, "rejected", what);
			assert.ok(!at.passed && step === at.step, what);
			places.set(serial, { ...at, off: true });
		}
	}
	assert.ok(places.size > 0);
	for (const [serial, { off }] of places) assert.ok(off, `${serial} is still on the line`);
}

/** The unit that a board has stored, with the attempt of its last result (0: none). */
export interface OnBoard {
	readonly serial: string;
	readonly step: number;
	readonly attempt: number;
	/** The highest journal number that it has stored. */
	readonly journal: number;
}

/** @returns what is stored; `serial` is empty where no unit is. The board's process must have ended. */
export function onBoard(flash: string): OnBoard {
	const image = new FlashImage(flash);
	try {
		const record = readRecord(image.keyValue("state"), "unit");
		const journal = Number(record?.[1] ?? 0);
		const unit = (record?.[2] ?? null) as readonly CborValue[] | null;
		if (unit === null) return { serial: "", step: 0, attempt: 0, journal };
		const [serial, , step, , result] = unit;
		const attempt = Array.isArray(result) ? Number(result[0]) : 0;
		return { serial: String(serial), step: Number(step), attempt, journal };
	} finally {
		image.close();
	}
}

/** After a stop: every board is free and knows nothing that the server does not. */
export async function assertBoards(store: Store, flashes: readonly string[]): Promise<void> {
	const journal = await store.read((tx) => tx.journalNumber());
	for (const flash of flashes) {
		const found = onBoard(flash);
		assert.equal(found.serial, "", `${flash} still has a unit`);
		assert.ok(found.journal <= journal, `${flash}: ${found.journal}, the server ${journal}`);
	}
}
