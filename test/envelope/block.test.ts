import assert from "node:assert/strict";
import fc from "fast-check";
import { concat, hex } from "../../modules/bytes/bytes.js";
import {
	BLOCK_SIZE_MAX,
	encodeHeadBlock,
	encodeSegmentBlock,
	parseBlock,
} from "../../modules/envelope/block.js";
import { HEAD_SIZE_MAX } from "../../modules/envelope/head.js";

const digest = new Uint8Array(32).fill(0xdd);

describe("file block", () => {
	it("has this layout", () => {
		const segment = encodeSegmentBlock(digest, 0x01020304, new Uint8Array(16).fill(5));
		assert.equal(hex(segment), `31${"dd".repeat(32)}01020304${"05".repeat(16)}`);
		const head = encodeHeadBlock(digest, new Uint8Array([7]));
		assert.equal(hex(head), `30${"dd".repeat(32)}07`);
	});

	it("parses what it encoded", () => {
		const sealed = fc.uint8Array({ minLength: 16, maxLength: 100 });
		fc.assert(
			fc.property(sealed, fc.integer({ min: 0, max: 2 ** 32 - 2 }), (bytes, index) => {
				const block = parseBlock(encodeSegmentBlock(digest, index, bytes));
				assert.deepEqual(block, { kind: "segment", digest, index, sealed: bytes });
				const head = parseBlock(encodeHeadBlock(digest, bytes));
				assert.deepEqual(head, { kind: "head", digest, head: bytes });
			}),
		);
	});

	it("is as long as its bound and no longer", () => {
		const longest = encodeSegmentBlock(digest, 0, new Uint8Array(4112));
		assert.equal(longest.length, BLOCK_SIZE_MAX);
		assert.equal(parseBlock(longest)?.kind, "segment");
		assert.equal(parseBlock(concat(longest, new Uint8Array(1))), undefined);
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
