import assert from "node:assert/strict";
import { concat } from "../../modules/bytes/bytes.js";
import { encodeSegmentBlock } from "../../modules/envelope/block.js";
import type { Blocks } from "../../modules/messages/types.js";
import { BLOCKS_WAIT_MAX_MS } from "../../modules/station/window.js";
import { flipped } from "../channel/support.js";
import { type MemoryPartition, PowerCut } from "./memory.js";

import { SEGMENT_SIZE, type Sealed, Shelf, seal } from "./shelf.js";

describe("library", () => {
	let v1: Sealed;
	let v2: Sealed;
	let v3: Sealed;
	before(async () => {
		v1 = await seal(1);
		v2 = await seal(2);
		v3 = await seal(3);
	});

	it("fetches a wanted file, keeps it sealed and picks value sets from it", () => {
		const shelf = new Shelf();
		shelf.library.want([v1.offer]);
		assert.equal(shelf.library.stateOf(v1.offer), "missing");
		assert.equal(shelf.fetch(v1), 1 + v1.segments.length);
		assert.equal(shelf.library.stateOf(v1.offer), "ready");
		const stored = shelf.slots[0]?.bytes.slice(
			0,
			v1.offer.headSize + concat(...v1.segments).length,
		);
		assert.deepEqual(stored, concat(v1.head, ...v1.segments));
		assert.deepEqual(shelf.values(v1, 998), [{ section: "R", name: "r998", value: 998 }]);
		assert.deepEqual(shelf.values(v1, 0), [{ section: "R", name: "r0", value: 0 }]);
		assert.equal(shelf.values(v1, 1000), "no-set");
	});

	it("goes from set to set for a segment or two each, wherever in the file they are", async () => {
		const file = await seal(1, { sets: 5000 });
		const shelf = new Shelf(1, 96 * 1024);
		shelf.library.want([file.offer]);
		shelf.fetch(file);
		assert.deepEqual(shelf.values(file, 0), [{ section: "R", name: "r0", value: 0 }]);
		const slot = shelf.slots[0] as MemoryPartition;
		for (let set = 1; set < 5000; set++) {
			const reads = slot.reads;
			assert.deepEqual(shelf.values(file, set), [{ section: "R", name: `r${set}`, value: set }]);
			assert.ok(slot.reads - reads <= 2, `set ${set}: ${slot.reads - reads} segments`);
			if (set % 1000 === 0) shelf.library.forget();
		}
		assert.deepEqual(shelf.values(file, 7), [{ section: "R", name: "r7", value: 7 }]);
	});

	it("reads an empty or a one-segment file, too", async () => {
		const small = await seal(1, { sets: 3 });
		assert.equal(small.segments.length, 1);
		const shelf = new Shelf();
		shelf.library.want([small.offer]);
		shelf.fetch(small);
		assert.deepEqual(shelf.values(small, 2), [{ section: "R", name: "r2", value: 2 }]);
	});

	it("keeps its files over a restart", () => {
		const shelf = new Shelf();
		shelf.library.want([v1.offer]);
		shelf.fetch(v1);
		shelf.library.activate(v1.offer);
		shelf.open();
		assert.equal(shelf.library.stateOf(v1.offer), "ready");
		const { id, version, digest } = v1.offer;
		assert.deepEqual(shelf.library.held, [{ id, version, digest, active: true }]);
		shelf.library.want([v1.offer]);
		assert.equal(shelf.ask(), undefined);
		assert.deepEqual(shelf.values(v1, 5), [{ section: "R", name: "r5", value: 5 }]);
	});

	it("asks again for the one block that was lost, and only for it", () => {
		const shelf = new Shelf();
		shelf.library.want([v1.offer]);
		let lost = 0;
		const sent = shelf.fetch(v1, (blocks) =>
			lost++ === 2 ? blocks.filter((_, i) => i !== 3) : blocks,
		);
		assert.equal(sent, 1 + v1.segments.length + 1);
	});

	it("asks again at once in a new session, where its last request may have been lost", () => {
		const shelf = new Shelf();
		shelf.library.want([v1.offer]);
		for (let lost = 0; lost < 6; lost++) {
			assert.ok(shelf.ask());
			assert.equal(shelf.ask(), undefined);
			shelf.library.onSession();
		}
		const asked = shelf.ask();
		assert.ok(asked);
		shelf.answer(v1, asked);
		shelf.fetch(v1);
	});

	it("waits the longest time for a file that is not what was offered, new session or not", () => {
		const shelf = new Shelf();
		const offer = { ...v1.offer, id: "other" };
		shelf.library.want([offer]);
		const asked = shelf.ask();
		assert.ok(asked);
		shelf.answer(v1, asked);
		shelf.library.onSession();
		assert.equal(shelf.ask(), undefined);
		shelf.clock.advance(BLOCKS_WAIT_MAX_MS - 1);
		shelf.library.onSession();
		assert.equal(shelf.ask(), undefined);
		shelf.clock.advance(1);
		assert.ok(shelf.ask());
	});

	it("takes blocks in any order and more than once", () => {
		const shelf = new Shelf();
		shelf.library.want([v1.offer]);
		const sent = shelf.fetch(v1, (blocks) =>
			blocks[0]?.[0] === 0x30 ? blocks : [...blocks.toReversed(), ...blocks],
		);
		assert.equal(sent, 1 + v1.segments.length);
		assert.equal(shelf.library.stateOf(v1.offer), "ready");
	});

	it("tells how far a file has come, up to all of it", () => {
		const shelf = new Shelf();
		shelf.library.want([v1.offer]);
		shelf.fetch(v1);
		const { id, version, segments: of } = v1.offer;
		const size = v1.head.length + concat(...v1.segments).length;
		assert.equal(shelf.progress.length, of);
		assert.deepEqual(shelf.progress.at(-1), { id, version, done: of, of, bytes: size });
	});

	it("takes several segments in a block where it has room, and goes on after a restart", async () => {
		const file = await seal(1, { sets: 5000 });
		for (const each of [2, 3, 16]) {
			const shelf = new Shelf(1, 96 * 1024);
			shelf.each = each;
			shelf.open();
			const slot = shelf.slots[0] as MemoryPartition;
			slot.bytesToPowerCut = 20_000;
			shelf.library.want([file.offer]);
			assert.throws(() => shelf.fetch(file), PowerCut);
			slot.bytesToPowerCut = Number.POSITIVE_INFINITY;
			shelf.open();
			shelf.library.want([file.offer]);
			shelf.clock.advance(0);
			const resumed = shelf.progress.at(-1)?.done ?? 0;
			assert.ok(resumed > 16 && resumed % each === 0, `${resumed}`);
			shelf.fetch(file, (blocks) => blocks.filter((_, i) => i !== 1 || blocks.length < 3));
			assert.deepEqual(shelf.values(file, 4999), [{ section: "R", name: "r4999", value: 4999 }]);
			const size = file.head.length + concat(...file.segments).length;
			assert.deepEqual(slot.bytes.slice(0, size), concat(file.head, ...file.segments));
		}
	});

	it("keeps nothing of a block of which one segment is forged, or one is missing", async () => {
		const file = await seal(1, { sets: 5000 });
		const shelf = new Shelf(1, 96 * 1024);
		shelf.each = 4;
		shelf.open();
		shelf.library.want([file.offer]);
		shelf.answer(file, { ...(shelf.ask() as Blocks), count: 0 });
		const writes = shelf.slots[0]?.writes;
		const four = file.segments.slice(0, 4);
		const forged = four.with(2, flipped(four[2] as Uint8Array, 9));
		for (const [index, ...segments] of [
			[0, ...forged],
			[0, ...four.slice(0, 3)],
			[0, ...file.segments.slice(0, 5)],
			[1, ...file.segments.slice(1, 5)],
		] as [number, ...Uint8Array[]][])
			shelf.library.block(encodeSegmentBlock(file.offer.digest, index, ...segments));
		assert.equal(shelf.slots[0]?.writes, writes);
		shelf.library.block(encodeSegmentBlock(file.offer.digest, 0, ...four));
		assert.equal(shelf.slots[0]?.writes, (writes ?? 0) + 1);
	});

	it("goes on after a power cut at any byte, erasing at most one block again", () => {
		const size = v1.head.length + concat(...v1.segments).length;
		for (let at = 0; at < size; at += 379) {
			const shelf = new Shelf();
			const slot = shelf.slots[0] as MemoryPartition;
			slot.bytesToPowerCut = at;
			shelf.library.want([v1.offer]);
			assert.throws(() => shelf.fetch(v1), PowerCut);
			slot.bytesToPowerCut = Number.POSITIVE_INFINITY;
			const erases = slot.erases;
			shelf.open();
			shelf.library.want([v1.offer]);
			const sent = shelf.fetch(v1);
			const whole = Math.max(0, Math.floor((at - v1.head.length) / (SEGMENT_SIZE + 16)));
			assert.ok(sent <= v1.segments.length - whole + 1, `cut at ${at}: ${sent} blocks`);
			assert.ok(slot.erases - erases <= Math.ceil(size / 4096) - Math.floor(at / 4096) + 1);
			assert.deepEqual(slot.bytes.slice(0, size), concat(v1.head, ...v1.segments));
		}
	});

	it("puts a new version beside the active one, and raises the floor when it is activated", () => {
		const shelf = new Shelf();
		shelf.library.want([v1.offer]);
		shelf.fetch(v1);
		shelf.library.activate(v1.offer);
		shelf.library.want([v2.offer]);
		shelf.fetch(v2);
		assert.equal(shelf.library.stateOf(v1.offer), "ready");
		assert.deepEqual(
			shelf.library.held.map(({ version, active }) => [version, active]),
			[
				[1, true],
				[2, false],
			],
		);
		const writes = shelf.store.writes;
		shelf.library.activate(v2.offer);
		shelf.library.activate(v2.offer);
		assert.equal(shelf.store.writes, writes + 1);
		assert.equal(shelf.library.stateOf(v1.offer), "old");
		assert.equal(shelf.library.held.length, 1);
		shelf.open();
		assert.equal(shelf.library.stateOf(v1.offer), "old");
		shelf.library.want([v1.offer]);
		assert.equal(shelf.ask(), undefined);
	});

	it("gives a slot that nobody wants to a file that is wanted, never the active one's", () => {
		const shelf = new Shelf(2);
		shelf.library.want([v1.offer]);
		shelf.fetch(v1);
		shelf.library.activate(v1.offer);
		shelf.library.want([v2.offer]);
		shelf.fetch(v2);
		shelf.library.want([v3.offer]);
		shelf.fetch(v3);
		const versions = shelf.library.held.map(({ version }) => version);
		assert.deepEqual(versions.toSorted(), [1, 3]);
		shelf.library.want([v3.offer, v2.offer]);
		assert.equal(shelf.library.stateOf(v2.offer), "no-room");
		assert.equal(shelf.ask(), undefined);
	});

	it("fetches only the rest when a segment in flash was damaged before the whole was checked", () => {
		const shelf = new Shelf();
		shelf.library.want([v1.offer]);
		shelf.fetch(v1);
		const slot = shelf.slots[0] as MemoryPartition;
		shelf.library.distrust(v1.offer);
		slot.bytes[v1.head.length + 40] = (slot.bytes[v1.head.length + 40] as number) ^ 1;
		shelf.open();
		shelf.library.want([v1.offer]);
		const sent = shelf.fetch(v1);
		assert.equal(sent, v1.segments.length);
		assert.deepEqual(shelf.values(v1, 3), [{ section: "R", name: "r3", value: 3 }]);
	});

	it("fetches again what turns out unreadable", () => {
		const shelf = new Shelf();
		shelf.library.want([v1.offer]);
		shelf.fetch(v1);
		shelf.library.activate(v1.offer);
		const slot = shelf.slots[0] as MemoryPartition;
		slot.bytes[v1.head.length + 3000] = (slot.bytes[v1.head.length + 3000] as number) ^ 1;
		assert.equal(shelf.values(v1, 999), "unreadable");
		shelf.library.distrust(v1.offer);
		assert.equal(shelf.library.stateOf(v1.offer), "missing");
		shelf.fetch(v1);
		assert.deepEqual(shelf.values(v1, 999), [{ section: "R", name: "r999", value: 999 }]);
	});
});
