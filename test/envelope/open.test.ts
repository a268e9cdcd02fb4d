import assert from "node:assert/strict";
import fc from "fast-check";
import { concat, hex } from "../../modules/bytes/bytes.js";
import { completeHead, encodeBound, parseHead } from "../../modules/envelope/head.js";
import { openHead, SegmentsDigest } from "../../modules/envelope/open.js";
import { SegmentSealer } from "../../modules/envelope/seal.js";
import type { Crypto, Secret } from "../../modules/ports/crypto.js";
import { NodeCrypto } from "../../server/crypto.js";
import {
	crypto,
	flipped,
	open,
	openOptions,
	privateKey,
	publicDer,
	recipientKey,
	STATION,
	seal,
	signKey,
	unhex,
	vectors,
} from "./support.js";

const text = new Uint8Array(Buffer.from("# Resistors\nr1= 350\nr2= 450\n"));

function matches(head: Uint8Array, segments: readonly Uint8Array[]): boolean {
	const digest = new SegmentsDigest(crypto, parseHead(head));
	for (const segment of segments) digest.add(segment);
	return digest.matches();
}

/** Counts RSA operations. */
class CountingCrypto extends NodeCrypto {
	verified = 0;
	unwrapped = 0;
	override verify(...args: Parameters<Crypto["verify"]>): boolean {
		this.verified++;
		return super.verify(...args);
	}
	override unwrap(...args: Parameters<Crypto["unwrap"]>): Secret | undefined {
		this.unwrapped++;
		return super.unwrap(...args);
	}
}

describe("envelope", () => {
	for (const vector of vectors) {
		it(`opens the vector "${vector.recipeId}" (${vector.segments.length} segments)`, () => {
			const opener = open(unhex(vector.head));
			assert.equal(opener.segments, vector.segments.length);
			const parts = vector.segments.map((segment, i) => opener.open(i, unhex(segment)));
			assert.ok(parts.every((part) => part !== undefined));
			assert.equal(hex(concat(...(parts as Uint8Array[]))), vector.plaintext);
			assert.equal(matches(unhex(vector.head), vector.segments.map(unhex)), true);
			opener.close();
		});
	}

	it("opens whatever was sealed, in any order and any segment size", async () => {
		const files = fc.tuple(fc.uint8Array({ maxLength: 300 }), fc.integer({ min: 1, max: 64 }));
		await fc.assert(
			fc.asyncProperty(files, async ([plaintext, segmentSize]) => {
				const { head, segments } = await seal(plaintext, segmentSize);
				const opener = open(head);
				const parts: Uint8Array[] = [];
				for (let i = segments.length - 1; i >= 0; i--) {
					parts[i] = opener.open(i, segments[i] as Uint8Array) as Uint8Array;
				}
				assert.equal(hex(concat(...parts)), hex(plaintext));
				opener.close();
			}),
			{ numRuns: 20 },
		);
	});

	it("uses a fresh content key for each file", async () => {
		const [a, b] = [await seal(text, 64), await seal(text, 64)];
		assert.notEqual(hex(a.segments[0] as Uint8Array), hex(b.segments[0] as Uint8Array));
		assert.equal(open(a.head).open(0, b.segments[0] as Uint8Array), undefined);
	});

	it("checks recipient, version, signature and key in this order", async () => {
		const counting = new CountingCrypto();
		const { head } = await seal(text, 16);
		const work = (other: object) => {
			counting.verified = 0;
			counting.unwrapped = 0;
			const result = openHead(openOptions(head, { crypto: counting, ...other }));
			return [
				typeof result === "string" ? result : "opened",
				counting.verified,
				counting.unwrapped,
			];
		};
		const wrongSigner = { verify: crypto.publicKey(publicDer("serverKem"), "verify") };
		const wrongKey = { unwrap: privateKey("otherStation", "unwrap") };
		const all = { recipient: "line-1.other", versionFloor: 4, ...wrongSigner, ...wrongKey };
		assert.deepEqual(work(all), ["recipient", 0, 0]);
		assert.deepEqual(work({ ...all, recipient: STATION }), ["version", 0, 0]);
		assert.deepEqual(work({ ...wrongSigner, ...wrongKey }), ["unauthentic", 1, 0]);
		assert.deepEqual(work(wrongKey), ["unauthentic", 1, 1]);
		assert.deepEqual(work({ versionFloor: 3 }), ["opened", 1, 1]);
	});

	it("refuses a head with any byte changed", async () => {
		const { head } = await seal(text, 16);
		for (let at = 0; at < head.length; at += at < 60 ? 1 : 13) {
			let result: unknown;
			try {
				result = openHead(openOptions(flipped(head, at)));
			} catch {
				continue;
			}
			assert.equal(typeof result, "string", `byte ${at}`);
		}
	});

	it("refuses a segment with any byte changed, cut or lengthened", async () => {
		const { head, segments } = await seal(text, 16);
		const opener = open(head);
		const [segment, last] = [segments[0] as Uint8Array, segments[1] as Uint8Array];
		for (let at = 0; at < segment.length; at++) {
			assert.equal(opener.open(0, flipped(segment, at)), undefined);
		}
		for (const size of [0, 15, 16, 31])
			assert.equal(opener.open(0, segment.subarray(0, size)), undefined);
		assert.equal(opener.open(0, concat(segment, new Uint8Array(1))), undefined);
		assert.equal(opener.open(1, last.subarray(1)), undefined);
		assert.notEqual(opener.open(0, segment), undefined);
	});

	it("refuses a segment in another's place", async () => {
		const { head, segments } = await seal(new Uint8Array(48), 16);
		const opener = open(head);
		for (const [from, segment] of segments.entries()) {
			for (let to = -1; to < 5; to++) {
				assert.equal(opener.open(to, segment) !== undefined, to === from);
			}
		}
		for (const index of [0.5, NaN, 2 ** 32]) {
			assert.equal(opener.open(index, segments[0] as Uint8Array), undefined);
		}
	});

	it("refuses a file whose last segment is missing, repeated or swapped", async () => {
		const { head, segments } = await seal(new Uint8Array(48), 16);
		const [a, b, c] = segments as [Uint8Array, Uint8Array, Uint8Array];
		assert.equal(matches(head, [a, b, c]), true);
		assert.equal(matches(head, [a, b]), false);
		assert.equal(matches(head, [a, c, b]), false);
		assert.equal(matches(head, [a, b, c, c]), false);
		assert.equal(matches(head, []), false);
	});

	it("refuses other content that the recipient itself sealed under a signed head", async () => {
		const { head, segments } = await seal(text, 64);
		const { wrappedKey, bound, prefix } = parseHead(head);
		const contentKey = crypto.unwrap(
			privateKey("station", "unwrap"),
			wrappedKey,
			"interlock/1 envelope",
		) as Secret;
		const salt = crypto.sha256(bound);
		const [aead] = crypto.derive(salt, [contentKey], "interlock/1 segment", ["aead"]);
		const nonce = concat(prefix, new Uint8Array([0, 0, 0, 0, 1]));
		const forged = aead.seal(
			nonce,
			new Uint8Array(0),
			text.map((byte) => byte ^ 1),
		);
		assert.notEqual(open(head).open(0, forged), undefined);
		assert.equal(matches(head, [forged]), false);
		assert.equal(matches(head, segments), true);
	});

	it("cannot be given another header by whoever may sign but not read", async () => {
		const { head, segments } = await seal(text, 16);
		const { wrappedKey, prefix, segmentsDigest, ...rest } = parseHead(head);
		const bound = encodeBound({ ...rest, version: 9 }, wrappedKey, prefix);
		const signed = concat(bound, segmentsDigest);
		const changed = completeHead(signed, crypto.sign(signKey, signed));
		assert.equal(open(changed).open(0, segments[0] as Uint8Array), undefined);
	});

	it("opens nothing after it was closed", async () => {
		const { head, segments } = await seal(text, 16);
		const opener = open(head);
		opener.close();
		opener.close();
		assert.throws(() => opener.open(0, segments[0] as Uint8Array));
	});
});

describe("segment sealer", () => {
	const header = {
		recipient: STATION,
		recipeId: "a",
		version: 1,
		size: 20,
		segmentSize: 16,
		signerEpoch: 1,
	};

	it("asks for its segments in order and refuses others", () => {
		const sealer = new SegmentSealer({ crypto, header, recipientKey });
		assert.equal(sealer.expected, 16);
		assert.throws(() => sealer.seal(new Uint8Array(15)), /15 bytes/);
		sealer.seal(new Uint8Array(16));
		assert.throws(() => sealer.finish(), /1 of 2/);
		sealer.seal(new Uint8Array(4));
		assert.equal(sealer.expected, undefined);
		assert.throws(() => sealer.seal(new Uint8Array(0)));
		sealer.finish();
		sealer.close();
		sealer.close();
	});

	it("refuses a header outside its ranges", () => {
		assert.throws(
			() => new SegmentSealer({ crypto, header: { ...header, version: 0 }, recipientKey }),
			/version/,
		);
	});
});
