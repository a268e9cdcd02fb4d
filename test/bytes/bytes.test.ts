import assert from "node:assert/strict";
import fc from "fast-check";
import { bigEndian, concat, fromUtf8, hex, sameBytes, utf8 } from "../../modules/bytes/bytes.js";
import {
	isPlainName,
	isReadingName,
	isSerial,
	isStateName,
	isStationName,
} from "../../modules/bytes/names.js";

describe("bytes", () => {
	it("encodes and decodes UTF-8 as the platform does", () => {
		const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
		fc.assert(
			fc.property(fc.string({ unit: "binary", maxLength: 20 }), (text) => {
				assert.equal(hex(utf8(text)), Buffer.from(text, "utf8").toString("hex"));
				assert.equal(fromUtf8(utf8(text)), text);
			}),
		);
		fc.assert(
			fc.property(fc.uint8Array({ maxLength: 8 }), (bytes) => {
				let expected: string | undefined;
				try {
					expected = decoder.decode(bytes);
				} catch {}
				assert.equal(fromUtf8(bytes), expected);
			}),
			{ numRuns: 2000 },
		);
	});

	it("writes a lone surrogate as the replacement character", () => {
		assert.equal(hex(utf8("a\udc00b")), "61efbfbd62");
	});

	it("joins, compares and counts", () => {
		assert.deepEqual(
			concat(new Uint8Array([1]), new Uint8Array(0), new Uint8Array([2])),
			new Uint8Array([1, 2]),
		);
		assert.equal(sameBytes(new Uint8Array([1, 2]), new Uint8Array([1, 3])), false);
		assert.equal(sameBytes(new Uint8Array([1, 2]), new Uint8Array([1])), false);
		assert.equal(sameBytes(new Uint8Array([1, 2]), new Uint8Array([1, 2])), true);
		assert.equal(hex(bigEndian(2 ** 53 - 1, 8)), "001fffffffffffff");
		assert.equal(hex(bigEndian(0x1234, 2)), "1234");
	});
});

describe("names", () => {
	const names: readonly [(text: string) => boolean, readonly string[], readonly string[]][] = [
		[
			isPlainName,
			["a", "line-1", "9".repeat(32)],
			["", "A", "a.b", "a_b", "a b", "é", "9".repeat(33)],
		],
		[
			isStationName,
			["line-1.press", "a.b"],
			["a", ".a", "a.", "a.b.c", "a..b", "A.b", `a.${"b".repeat(33)}`],
		],
		[isSerial, ["A-1_b.2", "z".repeat(32)], ["", "a/b", "a b", "a\n", "z".repeat(33)]],
		[isReadingName, ["q-factor", "r.1_x"], ["", "Q", "a+b"]],
		[isStateName, ["Execute"], ["", "Exe cute", "E1"]],
	];
	for (const [test, good, bad] of names) {
		it(`${test.name} takes its alphabet and nothing else`, () => {
			for (const text of good) assert.equal(test(text), true, text);
			for (const text of bad) assert.equal(test(text), false, text);
		});
	}
});
