import assert from "node:assert/strict";
import fc from "fast-check";
import { encode } from "../../modules/cbor/encode.js";
import { VALUE_SIZE_MAX } from "../../modules/ports/storage.js";
import { JournalError } from "../../modules/station/journal.js";
import {
	activated,
	FLOORS_MAX,
	findSlot,
	floorOf,
	highestHeld,
	type LibraryRecord,
	loadLibrary,
	placeFor,
	SLOTS_MAX,
	type Slot,
	saveLibrary,
	withSlot,
} from "../../modules/station/library-record.js";
import { MemoryKeyValue } from "./memory.js";

function slot(id: string, version: number, state: Slot["state"] = "complete"): Slot {
	return { id, version, digest: new Uint8Array(32).fill(version), state };
}

describe("library record", () => {
	it("is empty on a new board, whatever its number of slots", () => {
		for (const slots of [1, 4, SLOTS_MAX])
			assert.deepEqual(loadLibrary(new MemoryKeyValue(), slots), {
				slots: Array(slots).fill(undefined),
				floors: new Map(),
			});
	});

	it("comes back as it was stored", () => {
		const store = new MemoryKeyValue();
		const record: LibraryRecord = {
			slots: [slot("coil", 2, "active"), undefined, slot("coil", 3, "fetching")],
			floors: new Map([["coil", 2]]),
		};
		saveLibrary(store, record);
		assert.deepEqual(loadLibrary(store, 3), record);
	});

	it("comes back as it was stored, whatever it is", () => {
		const counter = fc.maxSafeNat();
		const id = fc.string({ maxLength: 32 });
		const held = fc.tuple(id, counter, fc.constantFrom("fetching", "complete", "active"));
		const slots = fc.array(fc.option(held, { nil: undefined }), { maxLength: SLOTS_MAX });
		fc.assert(
			fc.property(slots, fc.array(fc.tuple(id, counter), { maxLength: 20 }), (drawn, floors) => {
				const store = new MemoryKeyValue();
				const record = {
					slots: drawn.map((one) => one && slot(one[0], one[1], one[2] as Slot["state"])),
					floors: new Map(floors),
				};
				saveLibrary(store, record);
				assert.deepEqual(loadLibrary(store, drawn.length), record);
			}),
		);
	});

	it("fits one value of storage at its largest", () => {
		const store = new MemoryKeyValue();
		const floors = new Map<string, number>();
		for (let i = 0; i < FLOORS_MAX; i++) floors.set(`${i}`.padStart(32, "x"), 2 ** 32 - 1);
		const full = slot("y".repeat(32), 2 ** 32 - 1);
		saveLibrary(store, { slots: Array(SLOTS_MAX).fill(full), floors });
		assert.ok((store.values.get("library")?.length ?? 0) <= VALUE_SIZE_MAX);
	});

	it("keeps no floor beyond its maximum", () => {
		const floors = new Map<string, number>();
		for (let i = 0; i < FLOORS_MAX; i++) floors.set(`recipe-${i}`, 1);
		assert.equal(activated({ slots: [slot("one-more", 1)], floors }, 0), undefined);
		const known = activated({ slots: [slot("recipe-3", 5)], floors }, 0);
		assert.equal(known && floorOf(known, "recipe-3"), 5);
	});

	it("activates one version: older ones leave, newer and other ones stay", () => {
		const slots = [
			slot("coil", 2, "active"),
			slot("coil", 3),
			slot("coil", 4, "fetching"),
			slot("cap", 1, "active"),
		];
		const record = activated({ slots, floors: new Map([["coil", 2]]) }, 1);
		assert.deepEqual(record?.slots, [undefined, slot("coil", 3, "active"), slots[2], slots[3]]);
		assert.equal(record && floorOf(record, "coil"), 3);
		assert.equal(highestHeld(record as LibraryRecord, "coil"), 4);
	});

	it("gives away an empty slot first, then one that is neither active nor wanted", () => {
		const active = slot("coil", 2, "active");
		const wanted = slot("coil", 3);
		const spare = slot("coil", 4);
		const record: LibraryRecord = { slots: [active, wanted, spare, undefined], floors: new Map() };
		assert.equal(placeFor(record, [wanted.digest]), 3);
		assert.equal(placeFor(withSlot(record, 3, wanted), [wanted.digest]), 2);
		assert.equal(placeFor({ ...record, slots: [active, wanted] }, [wanted.digest]), -1);
		assert.equal(findSlot(record, spare.digest), 2);
		assert.equal(findSlot(record, new Uint8Array(32)), -1);
	});

	it("stops at a record that is not its own", () => {
		for (const value of [
			[1, 2, 3],
			[1, [["coil", 1, new Uint8Array(5), 0]], []],
			[1, [["coil", 1, new Uint8Array(32), 3]], []],
			[1, [], [["coil"]]],
		]) {
			const store = new MemoryKeyValue();
			store.write("library", encode(value));
			assert.throws(() => loadLibrary(store, 2), JournalError);
		}
	});
});
