import assert from "node:assert/strict";
import { concat } from "../../modules/bytes/bytes.js";
import { encodeHeadBlock, encodeSegmentBlock } from "../../modules/envelope/block.js";
import { parseHead } from "../../modules/envelope/head.js";
import { segmentNonce } from "../../modules/envelope/segment.js";
import type { Blocks } from "../../modules/messages/types.js";
import type { Aead } from "../../modules/ports/crypto.js";
import { ENVELOPE_RATE, OLD_TOLD_MAX } from "../../modules/station/old-files.js";
import { BLOCKS_WAIT_MAX_MS, WINDOW_MAX } from "../../modules/station/window.js";
import * as channel from "../channel/support.js";

import { SEGMENT_SIZE, type Sealed, Shelf, seal } from "./shelf.js";

describe("library, with what others send", () => {
	let v1: Sealed;
	let v2: Sealed;
	before(async () => {
		v1 = await seal(1, { sets: 3000 });
		v2 = await seal(2);
	});

	it("writes nothing that is not authentic: forged heads, forged and exchanged segments", () => {
		const shelf = new Shelf();
		shelf.library.want([v1.offer]);
		const { digest } = v1.offer;
		const strange = (blocks: Uint8Array[]): void => {
			const writes = shelf.slots.map((slot) => slot.writes + slot.erases);
			for (const block of blocks) shelf.library.block(block);
			assert.deepEqual(
				shelf.slots.map((slot) => slot.writes + slot.erases),
				writes,
			);
		};
		strange([
			new Uint8Array(),
			new Uint8Array(5000),
			encodeHeadBlock(digest, v2.head),
			encodeHeadBlock(digest, channel.flipped(v1.head, 200)),
			encodeHeadBlock(v2.offer.digest, v2.head),
			encodeSegmentBlock(digest, 0, v1.segments[0] as Uint8Array),
		]);
		const asked = shelf.ask() as Blocks;
		shelf.answer(v1, { ...asked, count: 0 });
		strange([
			encodeSegmentBlock(digest, 0, channel.flipped(v1.segments[0] as Uint8Array, 7)),
			encodeSegmentBlock(digest, 0, v1.segments[1] as Uint8Array),
			encodeSegmentBlock(digest, 0, v2.segments[0] as Uint8Array),
			encodeSegmentBlock(digest, 0, new Uint8Array(16)),
			encodeSegmentBlock(digest, v1.segments.length, v1.segments[0] as Uint8Array),
			encodeSegmentBlock(digest, WINDOW_MAX, v1.segments[WINDOW_MAX] as Uint8Array),
		]);
		shelf.fetch(v1);
		assert.equal(shelf.library.stateOf(v1.offer), "ready");
		const size = v1.head.length + concat(...v1.segments).length;
		assert.equal(shelf.erases(), Math.ceil(size / 4096));
	});

	it("puts off a file that is larger than a slot, or is not what was offered", async () => {
		const large = await seal(1, { sets: 5000 });
		const shelf = new Shelf(1, 32 * 1024);
		shelf.library.want([large.offer]);
		shelf.answer(large, shelf.ask() as Blocks);
		assert.equal(shelf.ask(), undefined);
		assert.equal(shelf.erases(), 0);
		assert.match(shelf.lines.at(-1) ?? "", /larger than a slot/);
		const { id, version } = large.offer;
		assert.deepEqual(shelf.tooLarge, [`${id} ${version}`]);
		const renamed = { ...v1, offer: { ...v1.offer, version: 9 } };
		shelf.library.want([renamed.offer]);
		shelf.answer(renamed, shelf.ask() as Blocks);
		assert.equal(shelf.erases(), 0);
		assert.match(shelf.lines.at(-1) ?? "", /not what was offered/);
	});

	it("does not take segments that the signed digest does not cover", () => {
		// Whoever knows the content key can make tags; only the server can sign the digest of all segments.
		const shelf = new Shelf();
		shelf.library.want([v1.offer]);
		const derived: Aead[] = [];
		const { crypto } = shelf;
		const derive = crypto.derive.bind(crypto);
		crypto.derive = (...args) => {
			const keys = derive(...args);
			derived.push(keys[0] as Aead);
			return keys;
		};
		try {
			shelf.answer(v1, { ...(shelf.ask() as Blocks), count: 0 });
		} finally {
			crypto.derive = derive;
		}
		const nonce = segmentNonce(parseHead(v1.head).prefix, 0, false);
		const forged = derived[0]?.seal(
			nonce,
			new Uint8Array(),
			new Uint8Array(SEGMENT_SIZE).fill(0x20),
		);
		const segments = [forged as Uint8Array, ...v1.segments.slice(1)];
		for (const [i, sealed] of segments.entries())
			shelf.library.block(encodeSegmentBlock(v1.offer.digest, i, sealed));
		shelf.clock.advance(1);
		assert.match(shelf.lines.at(-1) ?? "", /not the segments that were signed/);
		assert.equal(shelf.library.stateOf(v1.offer), "missing");
		assert.equal(shelf.ask(), undefined);
		shelf.fetch(v1);
		assert.equal(shelf.library.stateOf(v1.offer), "ready");
	});

	it("takes a retained envelope of a newer version, once, into an empty slot", async () => {
		const small = await seal(2, { sets: 50 });
		const envelope = concat(small.head, ...small.segments);
		const shelf = new Shelf(2);
		shelf.library.want([v1.offer]);
		shelf.fetch(v1);
		shelf.library.activate(v1.offer);
		shelf.library.envelope(envelope);
		shelf.clock.advance(0);
		assert.equal(shelf.library.stateOf(small.offer), "ready");
		assert.deepEqual(
			shelf.library.held.map(({ active }) => active),
			[true, false],
		);
		const writes = shelf.store.writes;
		const erases = shelf.erases();
		const older = await seal(1, { sets: 20 });
		const newer = await seal(3, { sets: 20 });
		for (const each of [small, older, newer])
			shelf.library.envelope(concat(each.head, ...each.segments));
		shelf.library.envelope(channel.flipped(envelope, 300));
		shelf.clock.advance(1000);
		assert.equal(shelf.store.writes, writes);
		assert.equal(shelf.erases(), erases);
	});

	it("refuses an old retained file and says so, once for each file, and only of the server's own", async () => {
		const shelf = new Shelf(2);
		shelf.library.want([v2.offer]);
		shelf.fetch(v2);
		const whole = ({ head, segments }: Sealed) => concat(head, ...segments);
		const older = await seal(1, { sets: 20 });
		const forged = channel.flipped(whole(await seal(1, { sets: 30 })), older.head.length - 1);
		const writes = shelf.store.writes;
		const erases = shelf.erases();
		for (const envelope of [whole(older), forged, whole(v2), whole(older)]) {
			shelf.library.envelope(envelope);
			shelf.clock.advance(1000 / ENVELOPE_RATE.perSecond);
		}
		assert.deepEqual(shelf.old, ["coil 1"]);
		assert.equal(shelf.lines.filter((line) => /older than what is here/.test(line)).length, 1);
		assert.equal(shelf.store.writes, writes);
		assert.equal(shelf.erases(), erases);
		assert.equal(shelf.library.stateOf(v2.offer), "ready");
	});

	it("does not take the file of the unit that is here for an old one", async () => {
		const shelf = new Shelf(2);
		const older = await seal(1, { sets: 20 });
		shelf.library.want([v2.offer]);
		shelf.fetch(v2);
		shelf.library.want([older.offer, v2.offer]);
		const envelope = concat(older.head, ...older.segments);
		shelf.library.envelope(envelope);
		shelf.fetch(older);
		shelf.library.want([v2.offer]);
		shelf.library.envelope(envelope);
		assert.deepEqual(shelf.old, []);
		assert.equal(shelf.library.held.length, 2);
	});

	it("remembers a bounded number of old files, and is told of more no faster than it looks at them", async () => {
		const shelf = new Shelf(2);
		shelf.library.want([v2.offer]);
		shelf.fetch(v2);
		const all: Uint8Array[] = [];
		for (let i = 0; i <= OLD_TOLD_MAX; i++) {
			const { head, segments } = await seal(1, { sets: 5 + i });
			all.push(concat(head, ...segments));
		}
		for (const envelope of all) {
			shelf.library.envelope(envelope);
			shelf.clock.advance(1000 / ENVELOPE_RATE.perSecond);
		}
		assert.equal(shelf.old.length, all.length);
		for (let i = 0; i < 100; i++) for (const envelope of all) shelf.library.envelope(envelope);
		assert.ok(shelf.old.length <= all.length + ENVELOPE_RATE.burst);
	});

	it("looks at a bounded number of retained envelopes", async () => {
		let verifications = 0;
		const shelf = new Shelf();
		const small = await seal(4, { sets: 5 });
		const forged = channel.flipped(concat(small.head, ...small.segments), small.head.length - 1);
		const { crypto } = shelf;
		const verify = crypto.verify.bind(crypto);
		crypto.verify = (...args) => {
			verifications++;
			return verify(...args);
		};
		try {
			for (let i = 0; i < 100; i++) shelf.library.envelope(forged);
			assert.equal(verifications, ENVELOPE_RATE.burst);
			shelf.clock.advance((2 * 1000) / ENVELOPE_RATE.perSecond);
			for (let i = 0; i < 100; i++) shelf.library.envelope(forged);
			assert.equal(verifications, ENVELOPE_RATE.burst + 2);
		} finally {
			crypto.verify = verify;
		}
		assert.equal(shelf.erases(), 0);
	});

	it("waits longer and longer while nothing useful comes", () => {
		const shelf = new Shelf();
		shelf.library.want([v1.offer]);
		let asked = 0;
		for (let i = 0; i < 3600; i++) {
			if (shelf.ask()) asked++;
			shelf.clock.advance(1000);
		}
		assert.ok(asked < 3_600_000 / BLOCKS_WAIT_MAX_MS + 6, `${asked} requests in an hour`);
	});
});
