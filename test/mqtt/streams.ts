/** What is made of a broker's bytes that come in pieces: packets, and a client's whole conduct. */
import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import { hex } from "../../modules/bytes/bytes.js";
import { MqttClient } from "../../modules/mqtt/client.js";
import { Codec } from "../../modules/mqtt/codec.js";
import { MqttError } from "../../modules/mqtt/error.js";
import { Framer } from "../../modules/mqtt/framer.js";
import type { Connection, Transport, TransportEvents } from "../../modules/ports/transport.js";
import { LimitedStream } from "../../server/limited-stream.js";
import { ManualClock, MemoryRecords } from "./support.js";

type Pieces = Iterable<Uint8Array>;

/** @returns the packets, and where the stream breaks the rules, why it ends. */
export function packetsOf(pieces: Pieces, protocol: 4 | 5, sizeMax: number): unknown[] {
	const framer = new Framer(sizeMax);
	const codec = new Codec(protocol);
	const found: unknown[] = [];
	try {
		for (const piece of pieces) {
			framer.push(piece);
			for (let next = framer.next(); next; next = framer.next()) found.push(codec.decode(next));
		}
	} catch (error) {
		if (!(error instanceof MqttError)) throw error;
		found.push(error.code, error.message);
	}
	return found;
}

/** A connection to the test; keeps what is written. */
class Line implements Transport, Connection {
	readonly #trace: string[];
	written = 0;
	events: TransportEvents | undefined;

	constructor(trace: string[]) {
		this.#trace = trace;
	}
	connect(_host: string, _port: number, events: TransportEvents): Connection {
		this.events = events;
		return this;
	}
	write(bytes: Uint8Array): number {
		this.written += bytes.length;
		this.#trace.push(`wrote ${hex(bytes)}`);
		return bytes.length;
	}
	close(): void {
		this.#trace.push("closed");
	}
}

/**
 * A client that asks for a subscription and has a message of each QoS to send, given these bytes by its broker.
 *
 * @returns all that it did, in order, and how many bytes it wrote.
 */
export function conductOf(pieces: Pieces, protocol: 4 | 5): { trace: string[]; written: number } {
	const trace: string[] = [];
	const line = new Line(trace);
	const clock = new ManualClock();
	const client = new MqttClient({
		transport: line,
		clock,
		store: new MemoryRecords(),
		random: { fraction: () => 0.5 },
		host: "broker",
		port: 1883,
		clientId: "me",
		protocol,
		cleanStart: false,
		keepAliveS: 0,
		onOnline: (present) => trace.push(`online ${present}`),
		onOffline: (reason) => trace.push(`offline ${reason}`),
		onMessage: ({ topic, payload, qos, retain, duplicate }) =>
			trace.push(`message ${topic} ${hex(payload)} ${qos} ${retain} ${duplicate}`),
		onWritable: () => trace.push("writable"),
	});
	client.subscribe([{ filter: "a/#", qos: 2 }], (codes) => trace.push(`granted ${codes}`));
	for (const qos of [0, 1, 2] as const)
		client.publish("t", Uint8Array.of(qos), { qos }, (error) =>
			trace.push(`published ${qos} ${error?.message}`),
		);
	client.start();
	const { events } = line;
	assert.ok(events);
	events.opened();
	for (const piece of pieces) events.received(piece);
	assert.ok(client.queued <= 3);
	const { sent, received, unmatched } = client.counters;
	trace.push(`queued ${client.queued}, ${sent} sent, ${received} received, ${unmatched} unmatched`);
	client.close();
	clock.advance(60_000);
	return { trace, written: line.written };
}

/** What the embedded broker's end of a connection lets through, and why it ends it. */
export function letThrough(
	pieces: Pieces,
	packetSizeMax: number,
): { bytes: string; fault: string | undefined } {
	const socket = new Duplex({ read() {}, write: (_bytes, _encoding, done) => done() });
	const stream = new LimitedStream(socket as unknown as Socket, packetSizeMax);
	stream.on("error", () => undefined);
	let bytes = "";
	let fault: string | undefined;
	for (const piece of pieces) {
		socket.emit("data", Buffer.from(piece));
		fault = stream.errored?.message;
		if (stream.destroyed) break;
		for (let next = stream.read(); next !== null; next = stream.read()) bytes += hex(next);
	}
	stream.destroy();
	return { bytes, fault };
}
