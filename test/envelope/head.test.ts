import assert from "node:assert/strict";
import fc from "fast-check";
import { bigEndian, concat, hex } from "../../modules/bytes/bytes.js";
import { encode } from "../../modules/cbor/encode.js";
import {
	completeHead,
	EnvelopeError,
	type EnvelopeErrorCode,
	encodeBound,
	HEAD_SIZE_MAX,
	type Head,
	type Header,
	headDigest,
	headSize,
	parseHead,
} from "../../modules/envelope/head.js";
import { crypto, unhex, vectors } from "./support.js";

const header: Header = {
	recipient: "line-1.press",
	recipeId: "axle-7",
	version: 3,
	size: 5000,
	segmentSize: 4096,
	signerEpoch: 5,
};

function made(changed: Partial<Header> = {}, wrapped = 256, signature = 256): Uint8Array {
	const prefix = new Uint8Array(7).fill(3);
	const bound = encodeBound({ ...header, ...changed }, new Uint8Array(wrapped).fill(2), prefix);
	const signed = concat(bound, new Uint8Array(32).fill(4));
	return completeHead(signed, new Uint8Array(signature).fill(5));
}

/** A head whose header is these bytes. */
function withHeader(bytes: Uint8Array): Uint8Array {
	const whole = made();
	const size = (whole[6] as number) * 256 + (whole[7] as number);
	return concat(whole.subarray(0, 6), bigEndian(bytes.length, 2), bytes, whole.subarray(8 + size));
}

function refused(work: () => unknown, code: EnvelopeErrorCode): void {
	assert.throws(work, (error) => error instanceof EnvelopeError && error.code === code);
}

/** The head, or the code of the error. */
function outcome(bytes: Uint8Array): Head | string {
	try {
		return parseHead(bytes);
	} catch (error) {
		assert.ok(error instanceof EnvelopeError);
		return error.code;
	}
}

describe("envelope head", () => {
	it("parses what it encoded", () => {
		const bytes = made();
		const head = parseHead(bytes);
		assert.deepEqual({ ...header, ...head }, { ...head });
		assert.equal(head.wrappedKey.length, 256);
		assert.equal(hex(head.prefix), "03".repeat(7));
		assert.equal(hex(head.segmentsDigest), "04".repeat(32));
		assert.equal(hex(head.signature), "05".repeat(256));
		assert.equal(hex(concat(head.bound, head.segmentsDigest)), hex(head.signed));
		assert.equal(head.signed.length, bytes.length - 2 - 256);
	});

	it("parses the vectors' heads and names them", () => {
		for (const vector of vectors) {
			const bytes = unhex(vector.head);
			const head = parseHead(bytes);
			for (const name of [
				"recipient",
				"recipeId",
				"version",
				"segmentSize",
				"signerEpoch",
			] as const) {
				assert.equal(head[name], vector[name]);
			}
			assert.equal(head.size, vector.plaintext.length / 2);
			assert.equal(hex(headDigest(crypto, bytes)), vector.digest);
		}
	});

	it("knows its size as soon as its last length is there, and no sooner", () => {
		const bytes = made();
		const known = bytes.length - 256;
		for (let size = 0; size < known; size++) {
			assert.equal(headSize(bytes.subarray(0, size)), undefined, String(size));
		}
		for (const size of [known, known + 1, bytes.length]) {
			assert.equal(headSize(bytes.subarray(0, size)), bytes.length);
		}
		assert.equal(headSize(concat(bytes, new Uint8Array(500))), bytes.length);
	});

	it("refuses every shorter piece, and one byte more", () => {
		const bytes = made();
		for (let size = 0; size < bytes.length; size++) {
			refused(() => parseHead(bytes.subarray(0, size)), "truncated");
		}
		refused(() => parseHead(concat(bytes, new Uint8Array(1))), "trailing");
	});

	it("refuses another magic, suite or flags at the first byte that shows it", () => {
		for (const [at, code] of [
			[0, "magic"],
			[1, "magic"],
			[2, "magic"],
			[3, "magic"],
			[4, "suite"],
			[5, "suite"],
		] as const) {
			const bytes = made();
			bytes[at] = (bytes[at] as number) ^ 0xff;
			refused(() => parseHead(bytes), code);
			refused(() => headSize(bytes.subarray(0, at + 1)), code);
		}
	});

	it("has no suite 0", () => {
		const bytes = made();
		bytes[4] = 0;
		refused(() => parseHead(bytes), "suite");
	});

	it("takes the largest parts and no larger", () => {
		const name = "n".repeat(32);
		const large = {
			recipient: `${name}.${name}`,
			recipeId: name,
			version: 2 ** 32 - 1,
			size: (2 ** 32 - 1) * 4096,
			signerEpoch: Number.MAX_SAFE_INTEGER,
		};
		const bytes = made(large, 512, 512);
		assert.ok(bytes.length <= HEAD_SIZE_MAX);
		assert.equal(parseHead(bytes).recipient, large.recipient);
		for (const size of [255, 513]) {
			refused(() => made({}, size), "size");
			refused(() => made({}, 256, size), "size");
		}
		refused(() => parseHead(withHeader(new Uint8Array(257))), "size");
		refused(() => parseHead(withHeader(new Uint8Array(0))), "size");
	});

	const wrong: readonly [string, Partial<Header>][] = [
		["a recipient without its line", { recipient: "press" }],
		["an id in capitals", { recipeId: "Axle" }],
		["version 0", { version: 0 }],
		["version 2^32", { version: 2 ** 32 }],
		["a negative epoch", { signerEpoch: -1 }],
		["segments of 4,097 bytes", { segmentSize: 4097 }],
		["segments of none", { segmentSize: 0 }],
		["more than 2^32 - 1 segments", { size: 2 ** 32, segmentSize: 1 }],
	];
	for (const [what, changed] of wrong) {
		it(`refuses ${what}, in both directions`, () => {
			refused(() => made(changed), "header");
			const { recipient, recipeId, version, size, segmentSize, signerEpoch } = {
				...header,
				...changed,
			};
			const values = [recipient, recipeId, version, size, segmentSize, signerEpoch];
			const bytes = encode(new Map(values.map((value, i) => [i + 1, value])));
			refused(() => parseHead(withHeader(bytes)), "header");
		});
	}

	it("refuses a header with a key too many, too few, of another type, or not CBOR", () => {
		const pairs: [number, number | string][] = [
			[1, "line-1.press"],
			[2, "axle-7"],
			[3, 3],
			[4, 5000],
			[5, 4096],
			[6, 5],
		];
		assert.equal(parseHead(withHeader(encode(new Map(pairs)))).version, 3);
		refused(() => parseHead(withHeader(encode(new Map([...pairs, [7, 1]])))), "header");
		for (const [i, [key]] of pairs.entries()) {
			refused(() => parseHead(withHeader(encode(new Map(pairs.toSpliced(i, 1))))), "header");
			const other = new Map<number, number | string | boolean>([...pairs, [key, true]]);
			refused(() => parseHead(withHeader(encode(other))), "header");
		}
		refused(() => parseHead(withHeader(encode(5))), "header");
		refused(() => parseHead(withHeader(unhex("a1"))), "header");
		refused(() => parseHead(withHeader(concat(encode(new Map(pairs)), unhex("00")))), "header");
	});

	it("survives damaged and random bytes, and takes only what it would write", () => {
		const good = made();
		const damaged = fc
			.array(fc.tuple(fc.nat({ max: 80 }), fc.nat({ max: 255 })), { minLength: 1, maxLength: 3 })
			.map((changes) => {
				const bytes = good.slice();
				for (const [at, byte] of changes) bytes[at] = byte;
				return bytes;
			});
		fc.assert(
			fc.property(fc.oneof(damaged, fc.uint8Array({ maxLength: 1400 })), (bytes) => {
				const head = outcome(bytes);
				if (typeof head === "string") return;
				const bound = encodeBound(head, head.wrappedKey, head.prefix);
				assert.equal(hex(bound), hex(head.bound));
				assert.equal(hex(completeHead(head.signed, head.signature)), hex(bytes));
			}),
			{ numRuns: 1000 },
		);
	});
});
