import assert from "node:assert/strict";
import { type Entry, Outbox, PACKET_ID_MAX, PacketIds } from "../../modules/mqtt/outbox.js";

function add(outbox: Outbox, id: number, text = "x"): Entry {
	const qos = id === 0 ? 0 : 1;
	return outbox.add({
		topic: "t",
		topicSize: 1,
		payload: Buffer.from(text),
		qos,
		retain: false,
		id,
		handle: id,
	});
}

function send(outbox: Outbox, window: number): number[] {
	const sent: number[] = [];
	for (let entry = outbox.next(window); entry; entry = outbox.next(window)) {
		entry.due = false;
		entry.sent = true;
		sent.push(entry.id);
		if (entry.qos === 0) outbox.remove(entry);
	}
	return sent;
}

describe("packet ids", () => {
	it("begin at 1, end at 65,535 and begin again, never 0", () => {
		const ids = new PacketIds();
		const seen = Array.from({ length: PACKET_ID_MAX + 2 }, () => ids.next(() => false));
		assert.deepEqual(seen.slice(0, 3), [1, 2, 3]);
		assert.deepEqual(seen.slice(-4), [65534, 65535, 1, 2]);
		assert.ok(!seen.includes(0));
	});

	it("leave out those in use, across the wrap", () => {
		const ids = new PacketIds();
		ids.follow(65533);
		const used = new Set([65534, 65535, 1, 3]);
		assert.deepEqual(
			[1, 2, 3].map(() => ids.next((id) => used.has(id))),
			[2, 4, 5],
		);
	});

	it("find the last free one, and say when there is none", () => {
		const ids = new PacketIds();
		ids.follow(500);
		assert.equal(
			ids.next((id) => id !== 499),
			499,
		);
		assert.throws(() => ids.next(() => true), /every packet id/);
	});
});

describe("outbox", () => {
	it("takes as many messages as it may, and no more", () => {
		const outbox = new Outbox(3, 1000);
		for (const id of [1, 2, 3]) {
			assert.ok(outbox.hasRoom(2));
			add(outbox, id);
		}
		assert.ok(!outbox.hasRoom(2));
		outbox.remove(outbox.entries[0] as Entry);
		assert.ok(outbox.hasRoom(2));
	});

	it("takes as many bytes as it may, and no more", () => {
		const outbox = new Outbox(10, 100);
		assert.ok(outbox.hasRoom(100) && !outbox.hasRoom(101));
		const entry = add(outbox, 1, "y".repeat(79));
		assert.ok(outbox.hasRoom(20) && !outbox.hasRoom(21));
		outbox.release(entry);
		assert.ok(outbox.hasRoom(99) && !outbox.hasRoom(100));
		outbox.remove(entry);
		outbox.remove(entry);
		assert.ok(outbox.hasRoom(100) && !outbox.hasRoom(101));
	});

	it("keeps the order and the window", () => {
		const outbox = new Outbox(10, 1000);
		for (const id of [1, 2, 0, 3, 4]) add(outbox, id);
		assert.deepEqual(send(outbox, 2), [1, 2, 0]);
		outbox.remove(outbox.find(2) as Entry);
		assert.deepEqual(send(outbox, 2), [3]);
	});

	it("sends again what was not acknowledged, marked as repeated, then the rest", () => {
		const outbox = new Outbox(10, 1000);
		for (const id of [1, 2, 3]) add(outbox, id);
		assert.deepEqual(send(outbox, 2), [1, 2]);
		outbox.lost();
		assert.deepEqual(send(outbox, 3), [1, 2, 3]);
		assert.deepEqual(
			outbox.entries.map(({ duplicate }) => duplicate),
			[true, true, false],
		);
	});

	it("makes new messages of what a lost session had not received", () => {
		const outbox = new Outbox(10, 1000);
		for (const id of [1, 2, 3]) add(outbox, id);
		send(outbox, 3);
		outbox.release(outbox.find(2) as Entry);
		outbox.lost();
		assert.deepEqual(
			outbox.renew().map(({ id }) => id),
			[2],
		);
		assert.deepEqual(send(outbox, 3), [1, 3]);
		assert.ok(outbox.entries.every(({ duplicate }) => !duplicate));
	});

	it("gives slots again", () => {
		const outbox = new Outbox(3, 1000);
		for (const id of [1, 2, 3]) add(outbox, id);
		outbox.remove(outbox.find(2) as Entry);
		assert.equal(add(outbox, 4).slot, 1);
	});
});
