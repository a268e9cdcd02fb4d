/** HELLO and WELCOME as bytes and back; what they must hold is in initiator.test.ts and responder.test.ts. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { hex } from "../../modules/bytes/bytes.js";
import {
	decodeBody,
	decodeHello,
	decodeWelcome,
	encodeBody,
	encodeHello,
	encodeWelcome,
} from "../../modules/channel/handshake.js";

function bytes(min: number, max = min): fc.Arbitrary<Uint8Array> {
	return fc.uint8Array({ minLength: min, maxLength: max }).map((drawn) => new Uint8Array(drawn));
}

const counter = fc.maxSafeNat();
const common = {
	suite: counter,
	name: fc.string({ unit: "grapheme", maxLength: 20 }),
	nonce: bytes(32),
	share: bytes(32),
	wrapped: bytes(256, 512),
};
const anyHello = fc.record({ ...common, stationEpoch: counter, serverEpoch: counter });
const anyBody = fc.record({ ...common, sessionId: bytes(8), helloDigest: bytes(32) });

/** Nothing, or what would be written the same. */
function canonical<T>(
	input: Uint8Array,
	decode: (bytes: Uint8Array) => T | undefined,
	encode: (value: T) => Uint8Array,
): void {
	const value = decode(input);
	if (value !== undefined) assert.equal(hex(encode(value)), hex(input));
}

describe("handshake messages", () => {
	it("are read as they were written", () => {
		fc.assert(
			fc.property(anyHello, anyBody, bytes(32), (hello, body, confirm) => {
				assert.deepEqual(decodeHello(encodeHello(hello)), { ...hello });
				const welcome = decodeWelcome(encodeWelcome(encodeBody(body), confirm));
				assert.deepEqual(welcome?.confirm, confirm);
				assert.deepEqual(welcome && decodeBody(welcome.body), { ...body });
			}),
		);
	});

	it("are read from no other bytes than those that are written", () => {
		const damaged = fc
			.tuple(anyHello, anyBody, fc.nat(), fc.nat({ max: 255 }))
			.map(([hello, body, at, byte]) =>
				[encodeHello(hello), encodeBody(body), encodeWelcome(encodeBody(body), hello.nonce)].map(
					(written) => written.map((old, i) => (i === at % written.length ? byte : old)),
				),
			);
		fc.assert(
			fc.property(damaged, (inputs) => {
				for (const input of inputs) {
					canonical(input, decodeHello, encodeHello);
					canonical(input, decodeBody, encodeBody);
					canonical(input, decodeWelcome, ({ body, confirm }) => encodeWelcome(body, confirm));
				}
			}),
			{ numRuns: 500 },
		);
	});
});
