import assert from "node:assert/strict";
import fc from "fast-check";
import { encode } from "../../modules/cbor/encode.js";
import { READINGS_MAX } from "../../modules/ports/fixture.js";
import { Journal, JournalError, TIME_STEP_S } from "../../modules/station/journal.js";
import { MemoryKeyValue } from "./memory.js";

const proof = new Uint8Array(16).fill(5);
const recipe = { id: "coil", version: 2, digest: new Uint8Array(32).fill(9) };
const unit = {
	serial: "U-1",
	visit: 1,
	step: 0,
	proof,
	result: {
		attempt: 4,
		recipe,
		set: 3,
		readings: [
			{ name: "current", value: 1.5 },
			{ name: "q-factor", value: -0.001 },
		],
		durationMs: 120,
	},
};

describe("journal", () => {
	it("counts the starts of the board", () => {
		const store = new MemoryKeyValue();
		assert.equal(new Journal(store).boots, 1);
		assert.equal(new Journal(store).boots, 2);
	});

	it("keeps a unit, its result and the journal number together", () => {
		const store = new MemoryKeyValue();
		const journal = new Journal(store);
		journal.note(77);
		journal.note(12);
		const writes = store.writes;
		journal.saveUnit(unit);
		assert.equal(store.writes, writes + 1);
		const again = new Journal(store);
		assert.deepEqual(again.unit, unit);
		assert.equal(again.number, 77);
		again.saveUnit({ ...unit, result: undefined });
		assert.deepEqual(new Journal(store).unit, { ...unit, result: undefined });
		again.saveUnit(undefined);
		assert.equal(new Journal(store).unit, undefined);
		assert.equal(new Journal(store).number, 77);
	});

	it("writes the time only now and then, and never lowers it", () => {
		const store = new MemoryKeyValue();
		const journal = new Journal(store);
		journal.noteTime(1_700_000_000);
		const writes = store.writes;
		for (let i = 0; i < TIME_STEP_S; i += 60) journal.noteTime(1_700_000_000 + i);
		journal.noteTime(5);
		assert.equal(store.writes, writes);
		assert.equal(new Journal(store).floors.timeS, 1_700_000_000);
		journal.noteTime(1_700_000_000 + TIME_STEP_S);
		assert.equal(new Journal(store).floors.timeS, 1_700_000_000 + TIME_STEP_S);
	});

	it("keeps a newer credential and raises its floor", () => {
		const store = new MemoryKeyValue();
		const journal = new Journal(store);
		journal.saveCredential("server", new Uint8Array([1, 2]), 6);
		journal.raiseEpoch("server", 5);
		journal.raiseEpoch("cred", 3);
		const again = new Journal(store);
		assert.deepEqual(again.floors, { timeS: 0, stationEpoch: 3, serverEpoch: 6 });
		assert.deepEqual(again.credential("server"), new Uint8Array([1, 2]));
		assert.equal(again.credential("cred"), undefined);
	});

	it("stops at a record that is not its own", () => {
		const damaged: [string, Uint8Array][] = [
			["unit", new Uint8Array([0x83, 1])],
			["unit", encode([1, 0, ["U-1", 1, 0, new Uint8Array(3), null]])],
			["unit", encode([2, 0, null])],
			["board", encode([1, -1])],
			["floors", encode([1, 0, 0])],
		];
		for (const [key, bytes] of damaged) {
			const store = new MemoryKeyValue();
			store.write(key, bytes);
			assert.throws(() => new Journal(store), JournalError);
		}
	});

	it("gives back whatever unit and journal number it was given", () => {
		const bytes = (size: number) =>
			fc.uint8Array({ minLength: size, maxLength: size }).map((drawn) => new Uint8Array(drawn));
		const counter = fc.maxSafeNat();
		const record = <T>(shape: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
			fc.record<T>(shape, { noNullPrototype: true });
		const text = fc.string({ unit: "grapheme", maxLength: 32 });
		const value = fc.integer().map((number) => number / 8);
		const result = record({
			attempt: counter,
			recipe: record({ id: text, version: counter, digest: bytes(32) }),
			set: counter,
			readings: fc.array(record({ name: text, value }), { maxLength: READINGS_MAX }),
			durationMs: counter,
		});
		const held = record({
			serial: text,
			visit: counter,
			step: counter,
			proof: bytes(16),
			result: fc.option(result, { nil: undefined }),
		});
		fc.assert(
			fc.property(held, counter, (drawn, number) => {
				const store = new MemoryKeyValue();
				const journal = new Journal(store);
				journal.note(number);
				journal.saveUnit(drawn);
				const again = new Journal(store);
				assert.deepEqual(again.unit, drawn);
				assert.equal(again.number, number);
			}),
		);
	});
});
