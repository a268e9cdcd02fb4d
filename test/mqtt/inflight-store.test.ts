import assert from "node:assert/strict";
import fc from "fast-check";
import { BODY_SIZE_MAX, InflightStore, SLOTS_MAX } from "../../modules/mqtt/inflight-store.js";
import { type Entry, Outbox } from "../../modules/mqtt/outbox.js";
import { VALUE_SIZE_MAX } from "../../modules/ports/storage.js";
import { MemoryRecords, PowerCut } from "./support.js";

function message(
	slot: number,
	size: number,
	fields: { id?: number; order?: number; qos?: 1 | 2; retain?: boolean; fill?: number } = {},
): Entry {
	const { id = slot + 1, order = slot + 1, qos = 1, retain = false, fill = slot } = fields;
	return {
		slot,
		order,
		id,
		topic: "täpic",
		topicSize: 6,
		payload: new Uint8Array(size - 6).fill(fill),
		qos,
		retain,
		stage: "publish",
		due: true,
		sent: false,
		duplicate: true,
		handle: 0,
	};
}

describe("in-flight store", () => {
	it("gives back what it was given", () => {
		const records = new MemoryRecords();
		const store = new InflightStore(records, "me@here:1");
		const kept = [
			message(0, 6),
			message(1, 100, { id: 65535, order: 2 ** 32 - 1, qos: 2, retain: true }),
			message(SLOTS_MAX - 1, BODY_SIZE_MAX, { qos: 2 }),
		];
		for (const entry of kept) store.save(entry);
		store.saveReceived(new Set([1, 65535]));
		store.saveKnown();
		const { entries, ...rest } = new InflightStore(records, "me@here:1").load();
		assert.deepEqual(entries, kept);
		assert.deepEqual(rest, { known: true, received: [1, 65535], unreadable: 0 });
	});

	for (const size of [VALUE_SIZE_MAX - 12, VALUE_SIZE_MAX - 11, 2 * VALUE_SIZE_MAX - 11])
		it(`keeps a message of ${size} bytes whole`, () => {
			const records = new MemoryRecords();
			new InflightStore(records, "").save(message(3, size));
			assert.deepEqual(new InflightStore(records, "").load().entries, [message(3, size)]);
		});

	it("gives back whatever messages it was given", () => {
		const entry = fc.record({
			slot: fc.integer({ min: 0, max: SLOTS_MAX - 1 }),
			size: fc.integer({ min: 6, max: 3 * VALUE_SIZE_MAX }),
			id: fc.integer({ min: 1, max: 65535 }),
			order: fc.nat(),
			qos: fc.constantFrom(1, 2),
			retain: fc.boolean(),
		});
		fc.assert(
			fc.property(
				fc.uniqueArray(entry, { selector: ({ slot }) => slot, maxLength: 5 }),
				(drawn) => {
					const records = new MemoryRecords();
					const store = new InflightStore(records, "");
					const kept = drawn.map(({ slot, size, ...rest }) =>
						message(slot, size, rest as Parameters<typeof message>[2]),
					);
					for (const one of kept) store.save(one);
					kept.sort((a, b) => a.slot - b.slot);
					assert.deepEqual(new InflightStore(records, "").load().entries, kept);
				},
			),
		);
	});

	it("refuses a message that no number of parts holds", () => {
		const store = new InflightStore(new MemoryRecords(), "");
		assert.throws(() => store.save(message(0, BODY_SIZE_MAX + 1)), /too large/);
	});

	it("leaves no record behind when all is done", () => {
		const records = new MemoryRecords();
		const store = new InflightStore(records, "");
		store.save(message(0, BODY_SIZE_MAX));
		store.saveReceived(new Set([7]));
		store.forget(0);
		store.saveReceived(new Set());
		assert.equal(records.records.size, 0);
	});

	it("keeps of a released message only that it was", () => {
		const records = new MemoryRecords();
		const store = new InflightStore(records, "");
		const outbox = new Outbox(1, 99_999);
		const entry = outbox.add({ ...message(0, 9000, { qos: 2 }), handle: 0 });
		store.save(entry);
		outbox.release(entry);
		store.save(entry);
		assert.deepEqual([...records.records.keys()], ["m0"]);
		const [restored] = new InflightStore(records, "").load().entries;
		assert.equal(restored?.stage, "release");
		assert.equal(restored?.due, false);
	});

	it("does not know a session of another client or broker", () => {
		const records = new MemoryRecords();
		new InflightStore(records, "me@here:1").saveKnown();
		assert.ok(!new InflightStore(records, "me@here:2").load().known);
		assert.ok(new InflightStore(records, "me@here:1").load().known);
	});

	for (const topic of ["", "a/#", "a/+/b", "a\0"])
		it(`drops a message for ${JSON.stringify(topic)}, for which a broker ends the connection`, () => {
			const records = new MemoryRecords();
			new InflightStore(records, "").save({ ...message(0, 50), topic });
			const { entries, unreadable } = new InflightStore(records, "").load();
			assert.deepEqual([entries.length, unreadable], [0, 1]);
		});

	it("drops a record that it cannot read, and says so", () => {
		const records = new MemoryRecords();
		const store = new InflightStore(records, "");
		for (const slot of [0, 1, 2, 3]) store.save(message(slot, 5000));
		records.records.delete("m1.1");
		records.write("m2", Buffer.from("nonsense"));
		records.write("m3", new Uint8Array());
		const restored = new InflightStore(records, "").load();
		assert.deepEqual(restored.entries, [message(0, 5000)]);
		assert.equal(restored.unreadable, 3);
		assert.deepEqual([...records.records.keys()].sort(), ["m0", "m0.1"]);
	});

	it("after a power cut at any write has a message whole or not at all", () => {
		const [before, after] = [message(5, 9000, { fill: 1 }), message(5, 14_000, { fill: 2 })];
		for (let cut = 0; ; cut++) {
			const records = new MemoryRecords();
			const store = new InflightStore(records, "");
			let survived = false;
			try {
				records.failAt = cut;
				store.save(before);
				store.forget(5);
				store.save(after);
				survived = true;
			} catch (error) {
				assert.ok(error instanceof PowerCut);
			}
			records.failAt = Number.POSITIVE_INFINITY;
			const { entries, unreadable } = new InflightStore(records, "").load();
			const [found] = entries;
			if (found === undefined) assert.equal(records.records.size, 0, `cut ${cut}`);
			else assert.deepEqual(found, found.payload.length < 10_000 ? before : after, `cut ${cut}`);
			assert.equal(unreadable, 0);
			if (survived) break;
			assert.ok(cut < 30);
		}
	});
});
