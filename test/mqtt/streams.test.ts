/** A broker's bytes as a stream: however they are cut into pieces, the same comes of them, errors included. */
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import fc from "fast-check";
import { concat, hex } from "../../modules/bytes/bytes.js";
import { Dice } from "../hostile/support.js";
import { cuttings } from "../support/cuttings.js";
import { conductOf, letThrough, packetsOf } from "./streams.js";

const { generate } = createRequire(import.meta.url)("mqtt-packet") as {
	generate(packet: object, options: { protocolVersion: number }): Uint8Array;
};

const PACKET_SIZE_MAX = 300;
const id = fc.integer({ min: 1, max: 5 });
const reasonCode = fc.constantFrom(0, 0x80, 0x92);
const packet: fc.Arbitrary<object> = fc.oneof(
	fc.record({
		cmd: fc.constant("publish"),
		topic: fc.constantFrom("a/b", "ä"),
		payload: fc.string({ maxLength: PACKET_SIZE_MAX }),
		qos: fc.constantFrom(0, 1, 2),
		messageId: id,
	}),
	fc.record({
		cmd: fc.constantFrom("puback", "pubrec", "pubrel", "pubcomp"),
		messageId: id,
		reasonCode,
	}),
	fc.record({
		cmd: fc.constant("suback"),
		messageId: id,
		granted: fc.array(fc.constantFrom(0, 1, 2, 128), { minLength: 1, maxLength: 2 }),
	}),
	fc.constant({ cmd: "pingresp" }),
);
const connack = { cmd: "connack", returnCode: 0, reasonCode: 0, sessionPresent: false };

/** A CONNACK, then packets and, now and then, what is none. */
function stream(protocolVersion: 4 | 5): fc.Arbitrary<Uint8Array> {
	const bytes = packet.map((drawn) => new Uint8Array(generate(drawn, { protocolVersion })));
	const junk = fc.uint8Array({ maxLength: 6 }).map((drawn) => new Uint8Array(drawn));
	const parts = fc.array(fc.oneof({ weight: 9, arbitrary: bytes }, junk), { maxLength: 8 });
	const first = new Uint8Array(generate(connack, { protocolVersion }));
	return parts.map((drawn) => concat(first, ...drawn));
}

function alike(
	bytes: Uint8Array,
	seed: number,
	of: (pieces: Iterable<Uint8Array>) => unknown,
): void {
	const [whole, ...others] = cuttings(bytes, new Dice(seed)).map(of);
	for (const other of others) assert.deepEqual(other, whole);
}

describe("MQTT stream", () => {
	for (const protocol of [4, 5] as const) {
		it(`gives the same packets, or ends for the same reason (MQTT ${protocol})`, () => {
			fc.assert(
				fc.property(stream(protocol), fc.nat(), (bytes, seed) =>
					alike(bytes, seed, (pieces) => packetsOf(pieces, protocol, PACKET_SIZE_MAX)),
				),
				{ numRuns: 300 },
			);
		});

		it(`makes a client do the same (MQTT ${protocol})`, () => {
			fc.assert(
				fc.property(stream(protocol), fc.nat(), (bytes, seed) =>
					alike(bytes, seed, (pieces) => conductOf(pieces, protocol).trace),
				),
			);
		});
	}

	it("passes the broker's limit as it came, or is ended where a packet is too large", () => {
		fc.assert(
			fc.property(stream(4), fc.nat(), (bytes, seed) => {
				const [whole, ...others] = cuttings(bytes, new Dice(seed)).map((pieces) =>
					letThrough(pieces, PACKET_SIZE_MAX),
				);
				for (const { fault, bytes: passed } of others) {
					assert.equal(fault, whole?.fault);
					assert.ok(hex(bytes).startsWith(passed));
				}
				if (whole?.fault === undefined) assert.equal(whole?.bytes, hex(bytes));
			}),
		);
	});
});
