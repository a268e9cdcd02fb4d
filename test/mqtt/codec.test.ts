import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { Codec } from "../../modules/mqtt/codec.js";
import type { MqttError } from "../../modules/mqtt/error.js";
import { writeToStream } from "../../modules/mqtt/mqtt-packet.js";

interface Reference {
	generate(packet: object, options: { protocolVersion: number }): Uint8Array;
	parser(options: { protocolVersion: number }): {
		on(name: "packet", listener: (packet: Record<string, unknown>) => void): void;
		parse(bytes: Uint8Array): void;
	};
}
/** mqtt-packet as it is published, over Node's own Buffer. */
const reference = createRequire(import.meta.url)("mqtt-packet") as Reference;

const PROTOCOLS = [4, 5] as const;
type Protocol = (typeof PROTOCOLS)[number];

function bytes(...parts: (number | string | readonly number[])[]): Uint8Array {
	return Buffer.concat(
		parts.map((part) => (typeof part === "number" ? Buffer.of(part) : Buffer.from(part as string))),
	);
}

/** A fixed header in front of `body`. */
function framed(first: number, ...body: Parameters<typeof bytes>): Uint8Array {
	const content = bytes(...body);
	assert.ok(content.length < 128);
	return bytes(first, content.length, [...content]);
}

describe("codec", () => {
	const fromServer: [string, object][] = [
		["connack", { cmd: "connack", returnCode: 0, reasonCode: 0, sessionPresent: true }],
		["connack, refused", { cmd: "connack", returnCode: 5, reasonCode: 135 }],
		["publish 0", { cmd: "publish", topic: "a/b", payload: Buffer.from("x"), qos: 0 }],
		["publish 1", { cmd: "publish", topic: "ä", payload: "", qos: 1, messageId: 1, dup: true }],
		[
			"publish 2",
			{ cmd: "publish", topic: "/", payload: "x", qos: 2, messageId: 65535, retain: true },
		],
		["puback", { cmd: "puback", messageId: 1, reasonCode: 0 }],
		["pubrec", { cmd: "pubrec", messageId: 256, reasonCode: 0 }],
		["pubrel", { cmd: "pubrel", messageId: 3, reasonCode: 0 }],
		["pubcomp", { cmd: "pubcomp", messageId: 4, reasonCode: 0 }],
		["suback", { cmd: "suback", messageId: 5, granted: [0, 1, 2, 128] }],
		["unsuback", { cmd: "unsuback", messageId: 6, granted: [0] }],
		["pingresp", { cmd: "pingresp" }],
	];
	const onlyIn5: [string, object][] = [
		[
			"connack with properties",
			{
				cmd: "connack",
				reasonCode: 0,
				properties: {
					receiveMaximum: 7,
					maximumQoS: 1,
					retainAvailable: false,
					maximumPacketSize: 100,
					serverKeepAlive: 5,
					assignedClientIdentifier: "x",
					reasonString: "because",
					userProperties: { a: ["1", "2"], b: "3" },
				},
			},
		],
		["puback, refused", { cmd: "puback", messageId: 1, reasonCode: 0x97 }],
		[
			"pubrec with properties",
			{ cmd: "pubrec", messageId: 1, reasonCode: 0x87, properties: { reasonString: "no" } },
		],
		["disconnect", { cmd: "disconnect", reasonCode: 0x8e }],
		[
			"publish with properties",
			{
				cmd: "publish",
				topic: "t",
				payload: "x",
				qos: 0,
				properties: { contentType: "text", correlationData: Buffer.from([1]) },
			},
		],
	];

	for (const protocol of PROTOCOLS)
		for (const [name, packet] of [...fromServer, ...(protocol === 5 ? onlyIn5 : [])])
			it(`reads ${name} of MQTT ${protocol} as the published codec does`, () => {
				const written = reference.generate(packet, { protocolVersion: protocol });
				const parser = reference.parser({ protocolVersion: protocol });
				let expected: Record<string, unknown> | undefined;
				parser.on("packet", (read) => {
					expected = read;
				});
				parser.parse(written);
				const read = new Codec(protocol).decode(new Uint8Array(written));
				const plain = (value: unknown): string =>
					JSON.stringify(value, (_, item) =>
						item instanceof Uint8Array ? [...item] : item?.type === "Buffer" ? item.data : item,
					);
				assert.equal(plain(read), plain(expected));
			});

	it("writes what the published codec writes", () => {
		const packets = [
			{
				cmd: "connect",
				protocolVersion: 5,
				clean: true,
				keepalive: 65535,
				clientId: "ä",
				username: "u",
				password: new Uint8Array([0, 255]),
				will: { topic: "w", payload: new Uint8Array([1]), qos: 2, retain: true },
				properties: { sessionExpiryInterval: 4294967295, receiveMaximum: 1, maximumPacketSize: 9 },
			},
			{
				cmd: "publish",
				topic: "t/ü",
				payload: new Uint8Array(200),
				qos: 1,
				messageId: 300,
				retain: true,
				dup: true,
			},
			{ cmd: "pubrel", messageId: 65535, reasonCode: 0x92 },
			{ cmd: "puback", messageId: 1, reasonCode: 0 },
			{ cmd: "subscribe", messageId: 2, subscriptions: [{ topic: "#", qos: 2 }] },
			{ cmd: "unsubscribe", messageId: 3, unsubscriptions: ["a", "b/+"] },
			{ cmd: "pingreq" },
			{ cmd: "disconnect", reasonCode: 0 },
		] as const;
		for (const packet of packets) {
			const foreign = JSON.parse(JSON.stringify(packet), (key, value) =>
				key === "payload" || key === "password"
					? Buffer.from(Object.values(value) as number[])
					: value,
			);
			assert.deepEqual(
				Buffer.from(new Codec(5).encode(packet)),
				Buffer.from(reference.generate(foreign, { protocolVersion: 5 })),
				packet.cmd,
			);
		}
	});

	it("has no cache of 65,536 numbers", () => {
		assert.equal("cacheNumbers" in writeToStream, false);
	});

	it("gives a message's payload without copying it", () => {
		const written = framed(0x30, [0, 1], "t", "content");
		const read = new Codec(4).decode(written);
		assert.ok(read.cmd === "publish" && read.payload.buffer === written.buffer);
	});

	const BOTH = PROTOCOLS;
	const malformed: [string, readonly Protocol[], MqttError["code"], Uint8Array][] = [
		["QoS 1 without an id", [4], "malformed", framed(0x32, [0, 1], "t")],
		["QoS 1 with id 0", BOTH, "protocol", framed(0x32, [0, 1], "t", [0, 0, 0])],
		["QoS 3", BOTH, "malformed", framed(0x36, [0, 1], "t", [0, 1, 0])],
		["a repeated message of QoS 0", BOTH, "protocol", framed(0x38, [0, 1], "t", [0])],
		["an empty topic", BOTH, "protocol", framed(0x30, [0, 0, 0], "x")],
		["a topic longer than the packet", BOTH, "malformed", framed(0x30, [0, 9], "t", [0])],
		["a topic with #", BOTH, "protocol", framed(0x30, [0, 3], "t/#", [0])],
		["a topic with +", BOTH, "protocol", framed(0x30, [0, 3], "+/t", [0])],
		["a topic that is not UTF-8", BOTH, "malformed", framed(0x30, [0, 2, 0xc3, 0x28, 0])],
		["a topic with a surrogate", BOTH, "malformed", framed(0x30, [0, 3, 0xed, 0xa0, 0x80, 0])],
		["a topic with an overlong form", BOTH, "malformed", framed(0x30, [0, 2, 0xc0, 0x80, 0])],
		["a topic with NUL", BOTH, "malformed", framed(0x30, [0, 1, 0, 0])],
		["a publish without anything", BOTH, "malformed", framed(0x30)],
		["an empty CONNACK", BOTH, "malformed", framed(0x20)],
		["a CONNACK of one byte", BOTH, "malformed", framed(0x20, [0])],
		["a CONNACK too long", [4], "malformed", framed(0x20, [0, 0, 0])],
		["a CONNACK with reserved flags", BOTH, "malformed", framed(0x20, [2, 0, 0].slice(0, 2))],
		["a PUBACK without an id", BOTH, "malformed", framed(0x40)],
		["a PUBACK of id 0", BOTH, "protocol", framed(0x40, [0, 0])],
		["a PUBACK too long", [4], "malformed", framed(0x40, [0, 1, 0])],
		["a PUBACK with flags", BOTH, "malformed", framed(0x41, [0, 1])],
		["a PUBREL without its flags", BOTH, "malformed", framed(0x60, [0, 1])],
		["an unknown PUBACK code", [5], "malformed", framed(0x40, [0, 1, 0x42, 0])],
		["a SUBACK without codes", BOTH, "malformed", framed(0x90, [0, 1, 0].slice(0, 2))],
		["a SUBACK with code 3", [4], "malformed", framed(0x90, [0, 1, 3])],
		["an UNSUBACK with codes", [4], "malformed", framed(0xb0, [0, 1, 0])],
		["a PINGRESP with content", BOTH, "malformed", framed(0xd0, [0])],
		["a packet of type 0", BOTH, "protocol", framed(0x00, [0])],
		["CONNECT", BOTH, "protocol", framed(0x10, [0, 4], "MQTT", [4, 2, 0, 0, 0, 0])],
		["SUBSCRIBE", BOTH, "protocol", framed(0x82, [0, 1, 0, 1], "t", [0])],
		["PINGREQ", BOTH, "protocol", framed(0xc0)],
		["AUTH", BOTH, "protocol", framed(0xf0)],
		["DISCONNECT of a 3.1.1 broker", [4], "protocol", framed(0xe0)],
		["properties cut short", [5], "malformed", framed(0x30, [0, 1], "t")],
		["properties longer than their packet", [5], "malformed", framed(0x30, [0, 1], "t", [9, 1, 1])],
		[
			"a property that runs over their end",
			[5],
			"malformed",
			framed(0x30, [0, 1], "t", [2, 2, 0, 0, 0, 9]),
		],
		["an unknown property", [5], "malformed", framed(0x30, [0, 1], "t", [2, 99, 1])],
		["a property of another packet", [5], "malformed", framed(0x30, [0, 1], "t", [3, 33, 0, 1])],
		["a property twice", [5], "protocol", framed(0x30, [0, 1], "t", [4, 1, 1, 1, 1])],
		["a flag of 2", [5], "protocol", framed(0x30, [0, 1], "t", [2, 1, 2])],
		["a topic alias of 0", [5], "protocol", framed(0x30, [0, 1], "t", [3, 35, 0, 0])],
		["receive maximum 0", [5], "protocol", framed(0x20, [0, 0, 3, 33, 0, 0])],
		[
			"a property's text that is not UTF-8",
			[5],
			"malformed",
			framed(0x30, [0, 1], "t", [4, 3, 0, 1, 0xff]),
		],
		[
			"a property's length of five bytes",
			[5],
			"malformed",
			framed(0x30, [0, 1], "t", [0x80, 0x80, 0x80, 0x80, 1]),
		],
		["a property's length too wide", [5], "malformed", framed(0x30, [0, 1], "t", [0x80, 0])],
		["an unknown DISCONNECT code", [5], "malformed", framed(0xe0, [0x42])],
	];
	for (const [name, protocols, code, packet] of malformed)
		for (const protocol of protocols)
			it(`refuses ${name} (MQTT ${protocol})`, () => {
				assert.throws(() => new Codec(protocol).decode(packet), { name: "MqttError", code });
			});

	it("reads the next packet after one that it refused", () => {
		const codec = new Codec(4);
		assert.throws(() => codec.decode(framed(0x40, [0, 0])));
		assert.throws(() => codec.decode(framed(0x90, [0, 1, 3])));
		assert.equal(codec.decode(framed(0xd0)).cmd, "pingresp");
	});
});
