import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { hex } from "../../modules/bytes/bytes.js";
import {
	CBOR_SIZE_MAX,
	CborError,
	type CborErrorCode,
	type CborValue,
	DEPTH_MAX,
	Tagged,
} from "../../modules/cbor/cbor.js";
import { decode } from "../../modules/cbor/decode.js";
import { encode } from "../../modules/cbor/encode.js";
import { anyValue, fromJson, type Json, unhex } from "./support.js";

const vectors = JSON.parse(
	readFileSync(new URL("../../../test/vectors/cbor/appendix-a.json", import.meta.url), "utf8"),
) as {
	accepted: readonly (readonly [string, Json])[];
	refused: readonly (readonly [string, CborErrorCode])[];
};

function refused(work: () => unknown, code: CborErrorCode): void {
	assert.throws(work, (error) => error instanceof CborError && error.code === code);
}

function nested(depth: number): CborValue {
	let value: CborValue = 0;
	for (let i = 0; i < depth; i++) value = [value];
	return value;
}

describe("cbor", () => {
	for (const [bytes, json] of vectors.accepted) {
		it(`encodes and decodes ${bytes}`, () => {
			const value = fromJson(json);
			assert.equal(hex(encode(value)), bytes);
			assert.deepEqual(decode(unhex(bytes)), value);
		});
	}

	for (const [bytes, code] of vectors.refused) {
		it(`refuses ${bytes}: ${code}`, () => refused(() => decode(unhex(bytes)), code));
	}

	const longer = ["1817", "190017", "1a00000017", "1b0000000000000017", "1900ff", "1a0000ffff"];
	for (const bytes of [...longer, "1b00000000ffffffff", "5800", "7800", "9800", "b800", "d800"]) {
		it(`refuses the longer form ${bytes}`, () => refused(() => decode(unhex(bytes)), "form"));
	}

	it("refuses a float that a shorter one holds", () => {
		refused(() => decode(unhex("fa3fc00000")), "form");
		refused(() => decode(unhex("fb3ff8000000000000")), "form");
		refused(() => decode(unhex("fb47efffffe0000000")), "form");
	});

	it("refuses keys out of order, twice, or of another type", () => {
		refused(() => decode(unhex("a202000100")), "order");
		refused(() => decode(unhex("a26161004100")), "type");
		refused(() => decode(unhex("a2616100616100")), "duplicate");
		refused(() => decode(unhex("a1f600")), "type");
		refused(() => decode(unhex("a1f93e0000")), "type");
		refused(() => decode(unhex("a1fa5f00000000")), "type");
	});

	it("orders keys by their bytes: integers, then longer texts last", () => {
		const map = new Map<number | string, CborValue>([
			["aa", 6],
			["b", 5],
			["a", 4],
			[-1, 3],
			[100, 2],
			[10, 1],
		]);
		assert.equal(hex(encode(map)), "a60a0118640220036161046162056261610" + "6");
	});

	it("refuses what follows the value, and every shorter piece of it", () => {
		const whole = encode([1, new Map([["a", new Uint8Array(30)]]), 1.1, "text", new Tagged(9, -5)]);
		refused(() => decode(new Uint8Array([...whole, 0])), "trailing");
		for (let size = 0; size < whole.length; size++) {
			refused(() => decode(whole.subarray(0, size)), "truncated");
		}
	});

	it("refuses a count that the bytes cannot hold, without allocating for it", () => {
		for (const major of ["9b", "bb", "5b", "7b"]) {
			refused(() => decode(unhex(`${major}001fffffffffffff`)), "truncated");
		}
	});

	it("refuses text that is not UTF-8, and a lone surrogate", () => {
		for (const bytes of ["61ff", "62c080", "63eda080", "64f4908080", "62e6b0"]) {
			refused(() => decode(unhex(bytes)), "text");
		}
		refused(() => encode("a\ud800b"), "text");
	});

	it("refuses numbers that it has no form for", () => {
		for (const value of [NaN, Infinity, -Infinity, -0]) refused(() => encode(value), "number");
		refused(() => decode(unhex("3b001fffffffffffff")), "number");
		refused(() => decode(unhex("1b0020000000000000")), "number");
		assert.equal(hex(encode(-Number.MAX_SAFE_INTEGER)), "3b001ffffffffffffe");
	});

	it("nests as deep as its bound and no deeper", () => {
		const bytes = encode(nested(DEPTH_MAX));
		assert.deepEqual(decode(bytes), nested(DEPTH_MAX));
		refused(() => encode(nested(DEPTH_MAX + 1)), "depth");
		refused(() => decode(new Uint8Array([0x81, ...bytes])), "depth");
		refused(() => decode(new Uint8Array(100_000).fill(0x81)), "depth");
	});

	it("holds as many bytes as its bound and no more", () => {
		const full = new Uint8Array(CBOR_SIZE_MAX - 5);
		assert.equal(encode(full).length, CBOR_SIZE_MAX);
		assert.deepEqual(decode(encode(full)), full);
		refused(() => encode(new Uint8Array(CBOR_SIZE_MAX - 4)), "size");
		refused(() => decode(new Uint8Array(CBOR_SIZE_MAX + 1)), "size");
	});

	it("shares no memory with the bytes it decoded", () => {
		const bytes = unhex("4101");
		const value = decode(bytes);
		bytes[1] = 9;
		assert.deepEqual(value, new Uint8Array([1]));
	});

	it("decodes whatever it encoded, and encodes that the same", () => {
		fc.assert(
			fc.property(anyValue, (value) => {
				const bytes = encode(value);
				assert.deepEqual(decode(bytes), value);
				assert.equal(hex(encode(decode(bytes))), hex(bytes));
			}),
			{ numRuns: 500 },
		);
	});

	it("takes random and damaged bytes only in the form that it writes", () => {
		const damaged = fc
			.tuple(anyValue, fc.nat(), fc.integer({ min: 0, max: 255 }))
			.map(([value, at, byte]) => {
				const bytes = encode(value);
				bytes[at % bytes.length] = byte;
				return bytes;
			});
		fc.assert(
			fc.property(fc.oneof(damaged, fc.uint8Array({ maxLength: 60 })), (bytes) => {
				let value: CborValue;
				try {
					value = decode(bytes);
				} catch (error) {
					assert.ok(error instanceof CborError);
					assert.ok(error.offset >= 0 && error.offset <= bytes.length);
					return;
				}
				assert.equal(hex(encode(value)), hex(bytes));
			}),
			{ numRuns: 2000 },
		);
	});
});
