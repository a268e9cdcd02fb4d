import assert from "node:assert/strict";
import fc from "fast-check";
import { concat, hex } from "../../modules/bytes/bytes.js";
import {
	blockSizeMax,
	encodeHeadBlock,
	encodeSegmentBlock,
	isBlockOf,
	parseBlock,
	SEGMENTS_AT,
	segmentBlock,
} from "../../modules/envelope/block.js";
import { HEAD_SIZE_MAX } from "../../modules/envelope/head.js";

const digest = new Uint8Array(32).fill(0xdd);

describe("file block", () => {
	it("has this layout", () => {
		const segment = encodeSegmentBlock(digest, 0x01020304, new Uint8Array(16).fill(5));
		assert.equal(hex(segment), `31${"dd".repeat(4)}01020304${"05".repeat(16)}`);
		const head = encodeHeadBlock(digest, new Uint8Array([7]));
		assert.equal(hex(head), `30${"dd".repeat(4)}07`);
	});

	it("parses what it encoded", () => {
		const sealed = fc.uint8Array({ minLength: 16, maxLength: 100 });
		fc.assert(
			fc.property(sealed, fc.integer({ min: 0, max: 2 ** 32 - 2 }), (bytes, index) => {
				const block = parseBlock(encodeSegmentBlock(digest, index, bytes));
				assert.deepEqual(block, { kind: "segment", index, sealed: bytes });
				const head = parseBlock(encodeHeadBlock(digest, bytes));
				assert.deepEqual(head, { kind: "head", head: bytes });
			}),
		);
	});

	it("carries several segments where there is room for them", () => {
		const segments = Array.from({ length: 3 }, (_, i) => new Uint8Array(20).fill(i));
		const block = parseBlock(encodeSegmentBlock(digest, 40, ...segments));
		assert.deepEqual(block, { kind: "segment", index: 40, sealed: concat(...segments) });
	});

	it("may be filled later", () => {
		const block = segmentBlock(digest, 40, 20);
		block.fill(7, SEGMENTS_AT);
		assert.deepEqual(block, encodeSegmentBlock(digest, 40, new Uint8Array(20).fill(7)));
	});

	it("is named by the beginning of the digest", () => {
		const block = encodeSegmentBlock(digest, 0, new Uint8Array(16));
		assert.ok(isBlockOf(digest, block));
		for (let i = 0; i < 4; i++) {
			const other = digest.slice();
			other[i] = 0;
			assert.equal(isBlockOf(other, block), false);
		}
		assert.equal(isBlockOf(digest, new Uint8Array()), false);
	});

	it("is as long as its bound", () => {
		for (const count of [1, 16]) {
			const full = Array<Uint8Array>(count).fill(new Uint8Array(4112));
			assert.equal(encodeSegmentBlock(digest, 0, ...full).length, blockSizeMax(count));
		}
		assert.equal(parseBlock(encodeHeadBlock(digest, new Uint8Array(HEAD_SIZE_MAX)))?.kind, "head");
		assert.equal(parseBlock(encodeHeadBlock(digest, new Uint8Array(HEAD_SIZE_MAX + 1))), undefined);
	});

	it("refuses what is shorter or of another kind", () => {
		const segment = encodeSegmentBlock(digest, 0, new Uint8Array(16));
		for (let size = 0; size < segment.length; size++) {
			assert.equal(parseBlock(segment.subarray(0, size)), undefined);
		}
		assert.equal(parseBlock(encodeHeadBlock(digest, new Uint8Array(0))), undefined);
		assert.equal(
			parseBlock(encodeSegmentBlock(digest, 2 ** 32 - 1, new Uint8Array(16))),
			undefined,
		);
		for (const kind of [0, 0x10, 0x20, 0x2f, 0x32, 0xff]) {
			segment[0] = kind;
			assert.equal(parseBlock(segment), undefined);
		}
	});
});
