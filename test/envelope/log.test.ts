import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { concat, hex } from "../../modules/bytes/bytes.js";
import {
	encodeOpening,
	LOG_LABEL,
	type LogHeader,
	LogOpener,
	LogSealer,
	OPENING_SIZE_MAX,
	parseOpening,
} from "../../modules/envelope/log.js";
import { EnvelopeError, type EnvelopeErrorCode } from "../../modules/envelope/parts.js";
import { crypto, flipped, privateKey, publicDer, STATION, unhex } from "./support.js";

interface LogVector extends LogHeader {
	readonly plaintext: string;
	readonly opening: string;
	readonly digest: string;
	readonly segments: readonly string[];
}

const path = new URL("../../../test/vectors/envelope/log.json", import.meta.url);
const { vectors } = JSON.parse(readFileSync(path, "utf8")) as { vectors: readonly LogVector[] };
const unwrap = privateKey("serverKem", "unwrap");
const header: LogHeader = { sender: STATION, segmentSize: 4096, serverEpoch: 5 };

function opener(opening: Uint8Array, size: number): LogOpener {
	const parsed = parseOpening(opening);
	const secret = crypto.unwrap(unwrap, parsed.wrappedKey, LOG_LABEL);
	assert.ok(secret);
	return new LogOpener(crypto, parsed, size, secret);
}

function code(expected: EnvelopeErrorCode) {
	return (error: unknown) => error instanceof EnvelopeError && error.code === expected;
}

/** A log of three segments. */
function sealed(size = 9000) {
	const serverKey = crypto.publicKey(publicDer("serverKem"), "wrap");
	const sealer = new LogSealer({ crypto, header, serverKey });
	const plaintext = Uint8Array.from({ length: size }, (_, i) => i & 0xff);
	const segments: Uint8Array[] = [];
	for (let at = 0; at < size; at += 4096) {
		const part = plaintext.subarray(at, at + 4096);
		segments.push(sealer.seal(part, at + 4096 >= size, new Uint8Array(part.length + 16)));
	}
	return { opening: sealer.opening, digest: sealer.digest, plaintext, segments };
}

describe("log", () => {
	for (const vector of vectors)
		it(`opens the vector of ${vector.segments.length} segments`, () => {
			const opening = unhex(vector.opening);
			const { sender, segmentSize, serverEpoch } = parseOpening(opening);
			assert.deepEqual(
				[sender, segmentSize, serverEpoch],
				[vector.sender, vector.segmentSize, vector.serverEpoch],
			);
			assert.equal(hex(crypto.sha256(opening)), vector.digest);
			const open = opener(opening, vector.plaintext.length / 2);
			const parts = vector.segments.map((segment, i) => open.open(i, unhex(segment)));
			assert.equal(hex(concat(...(parts as Uint8Array[]))), vector.plaintext);
		});

	it("opens what was sealed, in any order", () => {
		const { opening, digest, plaintext, segments } = sealed();
		assert.deepEqual(crypto.sha256(opening), digest);
		const open = opener(opening, plaintext.length);
		for (const i of [2, 0, 1])
			assert.deepEqual(
				open.open(i, segments[i] as Uint8Array),
				plaintext.subarray(4096 * i, 4096 * (i + 1)),
			);
		open.close();
		assert.throws(() => open.open(0, segments[0] as Uint8Array));
	});

	it("refuses a segment that is changed, cut, in another's place or of another log", () => {
		const { opening, plaintext, segments } = sealed();
		const other = sealed();
		const open = opener(opening, plaintext.length);
		const [first, second, last] = segments as [Uint8Array, Uint8Array, Uint8Array];
		for (const at of [0, 4095, 4096, 4111])
			assert.equal(open.open(0, flipped(first, at)), undefined);
		assert.equal(open.open(0, first.subarray(1)), undefined);
		assert.equal(open.open(0, concat(first, second)), undefined);
		assert.equal(open.open(1, first), undefined);
		assert.equal(open.open(0, other.segments[0] as Uint8Array), undefined);
		assert.equal(open.open(3, last), undefined);
	});

	it("refuses to be taken for a shorter or a longer one", () => {
		const { opening, segments } = sealed(8192);
		for (const size of [4096, 8191, 12_288]) {
			const open = opener(opening, size);
			const opened = segments.map((segment, i) => open.open(i, segment));
			assert.ok(
				opened.some((part) => part === undefined),
				`${size} bytes`,
			);
		}
	});

	it("has an opening that nothing can be changed in without another name", () => {
		const { opening } = sealed(10);
		for (let at = 0; at < opening.length; at++) {
			const changed = flipped(opening, at);
			assert.notDeepEqual(crypto.sha256(changed), crypto.sha256(opening));
			try {
				parseOpening(changed);
			} catch (error) {
				assert.ok(error instanceof EnvelopeError);
			}
		}
	});

	it("says nothing of the unit in the clear", () => {
		const { opening } = sealed(10);
		const { sender, segmentSize, serverEpoch, bytes, wrappedKey, prefix } = parseOpening(opening);
		assert.deepEqual({ sender, segmentSize, serverEpoch }, header);
		assert.deepEqual(encodeOpening(header, wrappedKey, prefix), bytes);
	});

	it("parses its opening whatever follows, and refuses what is none", () => {
		const { opening } = sealed(10);
		assert.deepEqual(parseOpening(concat(opening, new Uint8Array(50))).bytes, opening);
		for (let size = 0; size < opening.length; size++)
			assert.throws(() => parseOpening(opening.subarray(0, size)), code("truncated"));
		assert.throws(() => parseOpening(flipped(opening, 3)), code("magic"));
		assert.throws(() => parseOpening(flipped(opening, 4)), code("suite"));
		assert.throws(() => parseOpening(flipped(opening, 5)), code("suite"));
		fc.assert(
			fc.property(fc.uint8Array({ maxLength: OPENING_SIZE_MAX + 10 }), (bytes) => {
				assert.throws(() => parseOpening(bytes), EnvelopeError);
			}),
		);
	});

	it("refuses a header outside its ranges", () => {
		const key = new Uint8Array(256);
		const prefix = new Uint8Array(7);
		for (const change of [
			{ sender: "press" },
			{ segmentSize: 0 },
			{ segmentSize: 4097 },
			{ serverEpoch: -1 },
			{ serverEpoch: 1.5 },
		])
			assert.throws(() => encodeOpening({ ...header, ...change }, key, prefix), code("header"));
		assert.throws(() => encodeOpening(header, new Uint8Array(255), prefix), code("size"));
		assert.throws(() => encodeOpening(header, key, new Uint8Array(8)), code("size"));
		const longest = { ...header, sender: `${"a".repeat(32)}.${"b".repeat(32)}` };
		const opening = encodeOpening(longest, new Uint8Array(512), prefix);
		assert.ok(opening.length <= OPENING_SIZE_MAX);
		assert.deepEqual(parseOpening(opening).sender, longest.sender);
	});
});
