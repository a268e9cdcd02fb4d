import assert from "node:assert/strict";
import { createRequire } from "node:module";
import {
	CLOSE_TIMEOUT_MS,
	MqttClient,
	type MqttMessage,
	type MqttOptions,
	STABLE_MS,
} from "../../modules/mqtt/client.js";
import { BODY_SIZE_MAX, SLOTS_MAX } from "../../modules/mqtt/inflight-store.js";
import { QUEUE_LIMIT } from "../../modules/mqtt/outbox.js";
import { CONNECT_TIMEOUT_MS } from "../../modules/mqtt/session.js";
import { StorageError } from "../../modules/ports/storage.js";
import type { Connection, Transport, TransportEvents } from "../../modules/ports/transport.js";
import { ManualClock, MemoryRecords } from "./support.js";

const { generate, parser } = createRequire(import.meta.url)("mqtt-packet") as {
	generate(packet: object, options: { protocolVersion: number }): Uint8Array;
	parser(options: { protocolVersion: number }): {
		on(name: "packet", listener: (packet: { cmd: string; messageId?: number }) => void): void;
		parse(bytes: Uint8Array): void;
	};
};

/** A connection whose other end the test holds, and whose room it decides. */
class Wire implements Connection {
	readonly events: TransportEvents;
	readonly cmds: string[] = [];
	readonly #parser = parser({ protocolVersion: 4 });
	room = Number.POSITIVE_INFINITY;
	open = true;

	constructor(events: TransportEvents) {
		this.events = events;
		this.#parser.on("packet", ({ cmd }) => this.cmds.push(cmd));
	}

	write(bytes: Uint8Array): number {
		assert.ok(this.open, "written to after close");
		const taken = Math.min(this.room, bytes.length);
		this.room -= taken;
		if (taken > 0) this.#parser.parse(Buffer.from(bytes.subarray(0, taken)));
		return taken;
	}

	close(): void {
		this.open = false;
	}

	give(packet: object): void {
		this.events.received(new Uint8Array(generate(packet, { protocolVersion: 4 })));
	}

	makeRoom(room: number): void {
		this.room = room;
		this.events.writable();
	}
}

class Wires implements Transport {
	readonly wires: Wire[] = [];

	connect(host: string, port: number, events: TransportEvents): Connection {
		assert.equal(`${host}:${port}`, "broker:1883");
		this.wires.push(new Wire(events));
		return this.last;
	}

	get last(): Wire {
		return this.wires.at(-1) as Wire;
	}
}

interface Setting {
	readonly client: MqttClient;
	readonly clock: ManualClock;
	readonly transport: Wires;
	readonly events: string[];
	readonly messages: MqttMessage[];
	/** Opens the connection under way and accepts it. */
	accept(sessionPresent?: boolean): Wire;
}

function setting(options: Partial<MqttOptions> = {}): Setting {
	const clock = new ManualClock();
	const transport = new Wires();
	const events: string[] = [];
	const messages: MqttMessage[] = [];
	const client = new MqttClient({
		transport,
		clock,
		random: { fraction: () => 0.5 },
		host: "broker",
		port: 1883,
		clientId: "me",
		protocol: 4,
		cleanStart: true,
		keepAliveS: 0,
		reconnectMinMs: 100,
		reconnectMaxMs: 1000,
		onOnline: (present) => events.push(`online ${present}`),
		onOffline: (reason) => events.push(`offline ${reason}`),
		onMessage: (message) => {
			messages.push(message);
		},
		onWritable: () => events.push("writable"),
		...options,
	});
	const accept = (sessionPresent = false): Wire => {
		const wire = transport.last;
		wire.events.opened();
		wire.give({ cmd: "connack", returnCode: 0, sessionPresent });
		return wire;
	};
	return { client, clock, transport, events, messages, accept };
}

const publish = (qos: 0 | 1 | 2, size = 1): object => ({
	cmd: "publish",
	topic: "t",
	payload: Buffer.alloc(size),
	qos,
	messageId: 1,
});

describe("MQTT client: callbacks", () => {
	it("never come before the method that caused them has returned", () => {
		const { client, clock, accept } = setting();
		client.start();
		accept();
		let inside = true;
		let called = 0;
		const note = (): void => {
			assert.ok(!inside);
			called++;
		};
		client.publish("t", new Uint8Array(1), { qos: 0 }, note);
		inside = false;
		clock.advance(0);
		inside = true;
		client.close(note);
		inside = false;
		clock.advance(CLOSE_TIMEOUT_MS);
		assert.equal(called, 2);
	});

	it("do not follow close, but its own", () => {
		const { client, clock, accept, events, messages } = setting();
		client.start();
		const wire = accept();
		let closes = 0;
		client.publish("t", new Uint8Array(1), { qos: 1 }, () => assert.fail());
		client.subscribe([{ filter: "x", qos: 0 }], () => assert.fail());
		client.close(() => closes++);
		client.close(() => closes++);
		wire.events.received(new Uint8Array(generate(publish(0), { protocolVersion: 4 })));
		wire.events.closed("gone");
		clock.advance(100_000);
		assert.deepEqual(events, ["online false"]);
		assert.deepEqual(messages, []);
		assert.equal(closes, 2);
		assert.equal(clock.alarms, 0);
	});

	it("may publish, subscribe and close", () => {
		const made: Setting = setting({
			onOnline: () => made.client.subscribe([{ filter: "x", qos: 0 }]),
			onMessage: () => {
				made.client.publish("t", new Uint8Array(1), { qos: 1 });
				made.client.close();
			},
		});
		made.client.start();
		const wire = made.accept();
		wire.give(publish(1));
		assert.deepEqual(wire.cmds, ["connect", "subscribe", "puback", "publish", "disconnect"]);
		assert.ok(!wire.open);
	});

	it("acknowledge a message only after it was taken", () => {
		const made: Setting = setting({
			onMessage: () => {
				made.client.publish("t", new Uint8Array(1));
				made.client.close();
				assert.ok(!made.transport.last.cmds.includes("puback"));
			},
		});
		made.client.start();
		made.accept().give(publish(1));
		assert.ok(made.transport.last.cmds.includes("puback"));
	});
});

describe("MQTT client: reconnecting", () => {
	it("waits longer each time, and not always as long", () => {
		const fractions = [0, 0.5, 0.25, 1];
		const { client, clock, transport } = setting({
			random: { fraction: () => fractions.shift() ?? 0 },
		});
		client.start();
		for (const delayMs of [100, 100 + 150, 100 + 175, 1000]) {
			const before = transport.wires.length;
			transport.last.events.closed("refused");
			clock.advance(delayMs - 1);
			assert.equal(transport.wires.length, before);
			clock.advance(1);
			assert.equal(transport.wires.length, before + 1);
		}
	});

	it("starts with short waits again only after a connection that lasted", () => {
		const { client, clock, accept, transport } = setting({ random: { fraction: () => 1 } });
		const delay = (): number => {
			transport.last.events.closed("gone");
			const before = transport.wires.length;
			let waited = 0;
			for (; transport.wires.length === before; waited += 100) clock.advance(100);
			return waited;
		};
		client.start();
		accept();
		assert.equal(delay(), 200);
		accept();
		assert.equal(delay(), 400);
		accept();
		clock.advance(STABLE_MS);
		assert.equal(delay(), 200);
	});

	it("says why, whether or not it ever was online", () => {
		const { client, transport, events, clock, accept } = setting();
		client.start();
		transport.last.events.closed("nobody there");
		clock.advance(10_000);
		accept().events.closed("gone");
		assert.deepEqual(events, ["offline nobody there", "online false", "offline gone"]);
	});

	it("closes the connection of a broker that does not answer", () => {
		const { client, transport, clock, events } = setting();
		client.start();
		transport.last.events.opened();
		clock.advance(CONNECT_TIMEOUT_MS);
		assert.ok(!transport.wires[0]?.open);
		assert.match(events[0] ?? "", /did not answer/);
		clock.advance(1000);
		assert.equal(transport.wires.length, 2);
	});

	it("ignores what still comes from a connection that it has given up", () => {
		const { client, accept, transport, clock, messages } = setting();
		client.start();
		const first = accept();
		first.give({ cmd: "pingreq" });
		assert.ok(!first.open);
		first.give(publish(0));
		first.events.closed("late");
		first.events.writable();
		first.events.opened();
		clock.advance(1000);
		assert.equal(transport.wires.length, 2);
		assert.deepEqual(messages, []);
	});

	it("stops when closed", () => {
		const { client, transport, clock } = setting();
		client.start();
		transport.last.events.closed("gone");
		client.close();
		clock.advance(100_000);
		assert.equal(transport.wires.length, 1);
	});
});

describe("MQTT client: bounds", () => {
	it("closes at a packet above the limit before its content has come", () => {
		const { client, accept, events } = setting({ packetSizeMax: 200 });
		client.start();
		const wire = accept();
		wire.events.received(generate(publish(0, 190), { protocolVersion: 4 }));
		assert.ok(wire.open);
		wire.events.received(generate(publish(0, 198), { protocolVersion: 4 }).subarray(0, 3));
		assert.ok(!wire.open);
		assert.match(events[1] ?? "", /packet of 204 bytes where 200 are taken/);
	});

	it("refuses a message above its queue and says when there is room", () => {
		const { client, accept, events } = setting({ queueMax: 2 });
		const payload = new Uint8Array(10);
		assert.ok(client.publish("t", payload, { qos: 1 }));
		assert.ok(client.publish("t", payload, { qos: 1 }));
		assert.ok(!client.publish("t", payload, { qos: 1 }));
		client.start();
		accept().give({ cmd: "puback", messageId: 1 });
		assert.deepEqual(events, ["online false", "writable"]);
		assert.equal(client.queued, 1);
	});

	it("writes no more than the transport takes, and goes on where it stopped", () => {
		const { client, accept, clock } = setting();
		client.start();
		const wire = accept();
		wire.room = 10;
		let written = 0;
		for (let i = 0; i < 3; i++) client.publish("t", new Uint8Array(50), {}, () => written++);
		clock.advance(0);
		assert.deepEqual(wire.cmds, ["connect"]);
		assert.equal(client.queued, 2, "one is on its way, two are queued as they were given");
		for (let i = 0; i < 20; i++) wire.makeRoom(10);
		clock.advance(0);
		assert.deepEqual(wire.cmds, ["connect", "publish", "publish", "publish"]);
		assert.equal(written, 3);
	});

	it("closes within a bounded time where nothing can be written", () => {
		const { client, accept, clock } = setting();
		client.start();
		const wire = accept();
		wire.room = 0;
		let closed = false;
		client.close(() => {
			closed = true;
		});
		clock.advance(CLOSE_TIMEOUT_MS - 1);
		assert.ok(wire.open);
		clock.advance(1);
		assert.ok(!wire.open && closed);
	});

	const unusable: [string, Partial<MqttOptions>][] = [
		["an empty client id", { clientId: "" }],
		["a client id that is too long", { clientId: "x".repeat(129) }],
		["a password without a user", { password: new Uint8Array(1) }],
		["a protocol of 3", { protocol: 3 as 4 }],
		["a keep-alive above its field", { keepAliveS: 65536 }],
		["a port of 0", { port: 0 }],
		["a queue of 0", { queueMax: 0 }],
		["a queue above the limit", { queueMax: QUEUE_LIMIT + 1 }],
		["a queue above its storage", { queueMax: SLOTS_MAX + 1, store: new MemoryRecords() }],
		["a packet size of 2", { packetSizeMax: 2 }],
		["a maximum delay below the minimum", { reconnectMinMs: 10, reconnectMaxMs: 9 }],
		[
			"a will to a filter",
			{ will: { topic: "#", payload: new Uint8Array(), qos: 0, retain: false } },
		],
	];
	for (const [name, options] of unusable)
		it(`refuses ${name}`, () => {
			assert.throws(() => setting(options), { name: "MqttError", code: "argument" });
		});

	it("refuses a message that could never be sent, and takes the largest", () => {
		const { client } = setting({ queueSizeMax: 100 });
		assert.throws(() => client.publish("t", new Uint8Array(100)), { code: "too-large" });
		assert.throws(() => client.publish("#", new Uint8Array(1)), { code: "argument" });
		assert.throws(() => client.publish("", new Uint8Array(1)), { code: "argument" });
		assert.throws(() => client.publish("x".repeat(513), new Uint8Array(1)), { code: "argument" });
		assert.ok(client.publish("t", new Uint8Array(99)));
	});

	it("refuses a message that storage could never hold, of QoS 1 and 2", () => {
		const { client } = setting({ store: new MemoryRecords() });
		const payload = new Uint8Array(BODY_SIZE_MAX);
		assert.throws(() => client.publish("t", payload, { qos: 1 }), { code: "too-large" });
		assert.ok(client.publish("t", payload, { qos: 0 }));
		assert.ok(client.publish("t", payload.subarray(1), { qos: 1 }));
	});

	it("refuses no filters, too many, and malformed ones", () => {
		const { client } = setting();
		const filters = Array.from({ length: 65 }, (_, i) => ({ filter: `${i}`, qos: 0 as const }));
		for (const wrong of [[], filters, [{ filter: "a/#/b", qos: 0 as const }]])
			assert.throws(() => client.subscribe(wrong), { code: "argument" });
	});
});

describe("MQTT client: storage", () => {
	it("has a message stored before it is sent", () => {
		const store = new MemoryRecords();
		const { client, accept, transport } = setting({ store, cleanStart: false });
		const write = store.write.bind(store);
		store.write = (key, value) => {
			if (key === "m0") assert.ok(!transport.last.cmds.includes("publish"));
			write(key, value);
		};
		client.start();
		accept();
		client.publish("t", new Uint8Array(1), { qos: 1 });
		assert.ok(store.records.has("m0"));
		assert.ok(transport.last.cmds.includes("publish"));
	});

	it("takes nothing where storage is full", () => {
		const store = new MemoryRecords();
		const { client, accept } = setting({ store, cleanStart: false });
		client.start();
		accept();
		store.full = true;
		assert.ok(!client.publish("t", new Uint8Array(1), { qos: 1 }));
		assert.equal(client.queued, 0);
		assert.ok(client.publish("t", new Uint8Array(1), { qos: 0 }));
		store.full = false;
		assert.ok(client.publish("t", new Uint8Array(1), { qos: 1 }));
	});

	it("takes nothing and says so where storage fails", () => {
		const store = new MemoryRecords();
		const { client } = setting({ store });
		store.write = () => {
			throw new StorageError("io", "worn out");
		};
		assert.throws(() => client.publish("t", new Uint8Array(1), { qos: 1 }), { code: "io" });
		assert.equal(client.queued, 0);
	});

	it("sends after a restart what was not acknowledged before it", () => {
		const store = new MemoryRecords();
		const first = setting({ store, cleanStart: false });
		first.client.start();
		const wire = first.accept();
		for (const qos of [1, 2, 2, 1] as const)
			first.client.publish("t", new Uint8Array([qos]), { qos });
		wire.give({ cmd: "puback", messageId: 1 });
		wire.give({ cmd: "pubrec", messageId: 2 });
		const second = setting({ store, cleanStart: false });
		assert.equal(second.client.queued, 3);
		second.client.start();
		const other = second.accept(true);
		assert.deepEqual(other.cmds, ["connect", "pubrel", "publish", "publish"]);
		assert.deepEqual(second.events, ["online true"]);
		other.give({ cmd: "pubcomp", messageId: 2 });
		other.give({ cmd: "pubrec", messageId: 3 });
		other.give({ cmd: "pubcomp", messageId: 3 });
		other.give({ cmd: "puback", messageId: 4 });
		assert.deepEqual([...store.records.keys()], ["session"]);
	});

	it("goes on where a record could not be updated", () => {
		const store = new MemoryRecords();
		const lines: string[] = [];
		const { client, accept } = setting({
			store,
			cleanStart: false,
			log: (line) => lines.push(line),
		});
		client.start();
		const wire = accept();
		client.publish("t", new Uint8Array(1), { qos: 1 });
		store.delete = () => {
			throw new StorageError("io", "worn out");
		};
		wire.give({ cmd: "puback", messageId: 1 });
		assert.equal(client.queued, 0);
		assert.ok(lines.some((line) => line.includes("worn out")));
	});
});
