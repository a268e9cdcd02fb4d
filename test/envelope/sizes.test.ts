import assert from "node:assert/strict";
import fc from "fast-check";
import {
	cuttable,
	plainSegmentSize,
	plaintextSize,
	SEGMENT_SIZE_MAX,
	SEGMENTS_MAX,
	sealedSize,
	segmentCount,
} from "../../modules/envelope/sizes.js";

const segmentSizes = fc.integer({ min: 1, max: SEGMENT_SIZE_MAX });
const sizes = fc.nat({ max: 2 ** 31 - 1 });

describe("segment sizes", () => {
	it("adds up to the file", () => {
		fc.assert(
			fc.property(fc.nat({ max: 50_000 }), fc.integer({ min: 64, max: 4096 }), (size, segment) => {
				let sum = 0;
				const count = segmentCount(size, segment);
				for (let i = 0; i < count; i++) {
					const plain = plainSegmentSize(size, segment, i);
					assert.ok(plain <= segment && (plain > 0 || size === 0));
					sum += plain;
				}
				assert.equal(sum, size);
				assert.equal(sealedSize(size, segment), size + 16 * count);
			}),
		);
	});

	it("is undone by its inverse", () => {
		fc.assert(
			fc.property(sizes, segmentSizes, (size, segment) => {
				assert.equal(plaintextSize(sealedSize(size, segment), segment), size);
			}),
		);
	});

	it("has no inverse where no file has that size", () => {
		for (const sealed of [0, 1, 15, 33, 48]) assert.equal(plaintextSize(sealed, 16), undefined);
		fc.assert(
			fc.property(fc.nat({ max: 20_000 }), fc.integer({ min: 1, max: 100 }), (sealed, segment) => {
				const size = plaintextSize(sealed, segment);
				if (size !== undefined) assert.equal(sealedSize(size, segment), sealed);
			}),
		);
	});

	it("makes one empty segment of an empty file", () => {
		assert.equal(segmentCount(0, 4096), 1);
		assert.equal(plainSegmentSize(0, 4096, 0), 0);
	});

	it("allows segments of 1 to 4,096 bytes and up to 2^32 - 1 of them", () => {
		assert.equal(cuttable(SEGMENTS_MAX, 1), true);
		assert.equal(cuttable(SEGMENTS_MAX + 1, 1), false);
		assert.equal(cuttable(SEGMENTS_MAX * 4096, 4096), true);
		assert.equal(cuttable(SEGMENTS_MAX * 4096 + 1, 4096), false);
		for (const segment of [0, -1, 4097, 1.5, NaN]) assert.equal(cuttable(10, segment), false);
		for (const size of [-1, 1.5, NaN, 2 ** 60]) assert.equal(cuttable(size, 4096), false);
	});
});
