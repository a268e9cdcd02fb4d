/** What a broker may send to a client, and a client to the embedded broker: as packets and as a stream in pieces. */
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { concat, hex } from "../../../modules/bytes/bytes.js";
import { Codec } from "../../../modules/mqtt/codec.js";
import { MqttError } from "../../../modules/mqtt/error.js";
import { FixedHeader } from "../../../modules/mqtt/framer.js";
import { Dice } from "../../hostile/support.js";
import { conductOf, letThrough, packetsOf } from "../../mqtt/streams.js";
import { cuttings } from "../../support/cuttings.js";
import type { Subject } from "../subject.js";
import { MQTT_TOKENS } from "../tokens.js";

const { generate } = createRequire(import.meta.url)("mqtt-packet") as {
	generate(packet: object, options: { protocolVersion: number }): Uint8Array;
};

/** Small, so that an input can go beyond it. */
const PACKET_SIZE_MAX = 1000;
/** A client answers a packet of at least two bytes with at most so many for each of them, beside what it has to say. */
const ANSWER_RATE_MAX = 3;
const OWN_SIZE_MAX = 200;

function packets(protocol: 4 | 5): Uint8Array[] {
	const properties = { reasonString: "r", userProperties: { a: ["1", "2"], b: "3" } };
	return [
		{ cmd: "connack", returnCode: 0, reasonCode: 0, sessionPresent: false },
		{ cmd: "connack", returnCode: 5, reasonCode: 135 },
		{ cmd: "publish", topic: "a/b", payload: Buffer.from("x"), qos: 0, retain: true },
		{ cmd: "publish", topic: "ä", payload: "", qos: 1, messageId: 7, dup: true },
		{ cmd: "publish", topic: "/", payload: "x", qos: 2, messageId: 65535 },
		{ cmd: "pubrel", messageId: 65535, reasonCode: 0 },
		{ cmd: "puback", messageId: 1, reasonCode: 0 },
		{ cmd: "pubrec", messageId: 2, reasonCode: 0 },
		{ cmd: "pubcomp", messageId: 2, reasonCode: 0 },
		{ cmd: "suback", messageId: 3, granted: [2] },
		{ cmd: "unsuback", messageId: 4, granted: [0] },
		{ cmd: "pingresp" },
		...(protocol === 4
			? []
			: [
					{ cmd: "disconnect", reasonCode: 0x8e, properties },
					{ cmd: "connack", reasonCode: 0, properties: { receiveMaximum: 2, maximumQoS: 1 } },
					{ cmd: "connack", reasonCode: 0, properties: { maximumPacketSize: 9, ...properties } },
					{ cmd: "puback", messageId: 1, reasonCode: 0x97, properties },
				]),
	].map((packet) => new Uint8Array(generate(packet, { protocolVersion: protocol })));
}

/** Every packet after a CONNACK, and all that a good broker would answer. */
function talks(protocol: 4 | 5): Uint8Array[] {
	const all = packets(protocol);
	const [connack, ...others] = all as [Uint8Array, ...Uint8Array[]];
	return [concat(...all), ...others.map((packet) => concat(connack, packet)), connack];
}

/** Whole, byte by byte and in pieces: the same, errors included. */
function alike<T>(input: Uint8Array, outcome: (pieces: Iterable<Uint8Array>) => T): T {
	const [whole, ...others] = cuttings(input, new Dice(input.length)).map(outcome) as [T, ...T[]];
	for (const other of others) assert.deepEqual(other, whole);
	return whole;
}

function behave(input: Uint8Array, protocol: 4 | 5): void {
	const { written } = alike(input, (pieces) => conductOf(pieces, protocol));
	assert.ok(written <= OWN_SIZE_MAX + ANSWER_RATE_MAX * input.length, `${written} bytes written`);
}

function ofProtocol(protocol: 4 | 5): Subject[] {
	const version = protocol === 4 ? "3" : "5";
	const codec = new Codec(protocol);
	return [
		{
			name: `mqtt-${version}-packet`,
			seeds: packets(protocol),
			work(input) {
				// What the framer would cut out of it, as one packet.
				const header = new FixedHeader(PACKET_SIZE_MAX);
				const end = input.findIndex((byte) => header.add(byte));
				if (end < 0 || input.length < header.size + header.remaining) return;
				codec.decode(input.slice(0, header.size + header.remaining));
			},
			errors: [MqttError],
			tokens: MQTT_TOKENS,
			cost: 2,
		},
		{
			name: `mqtt-${version}-stream`,
			seeds: talks(protocol),
			work: (input) => alike(input, (pieces) => packetsOf(pieces, protocol, PACKET_SIZE_MAX)),
			errors: [],
			tokens: MQTT_TOKENS,
			cost: 20,
		},
		{
			name: `mqtt-${version}-client`,
			seeds: talks(protocol),
			work: (input) => behave(input, protocol),
			errors: [],
			tokens: MQTT_TOKENS,
			cost: 40,
		},
	];
}

/** Every byte is let through until the first packet that is too large, and none of the chunk that begins it. */
function follow(input: Uint8Array): void {
	const [whole, byByte, pieces] = cuttings(input, new Dice(input.length)).map((cut) =>
		letThrough(cut, PACKET_SIZE_MAX),
	);
	for (const one of [whole, byByte, pieces]) {
		assert.equal(one?.fault, whole?.fault);
		assert.ok(hex(input).startsWith(one?.bytes ?? "?"));
		if (one?.fault === undefined) assert.equal(one?.bytes, hex(input));
	}
}

export const mqttSubjects: readonly Subject[] = [
	...ofProtocol(4),
	...ofProtocol(5),
	{
		name: "limited-stream",
		seeds: [concat(...packets(4)), concat(...packets(5))],
		work: follow,
		errors: [],
		tokens: MQTT_TOKENS,
		cost: 40,
	},
];
