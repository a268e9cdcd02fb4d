/**
 * Walks the properties of an MQTT 5 packet from a server, before the codec reads their values: each
 * is known, allowed in that packet, there once, in its range, and ends where its packet says.
 *
 *   properties: length (1 to 4) | identifier (1) value | identifier (1) value | …
 *
 * Source: MQTT 5 §2.2.2, table 2-4, server to client columns. Texts are checked where the codec
 * reads them.
 */
import { frozen } from "../bytes/frozen.js";
import { MqttError } from "./error.js";

type Kind = "flag" | "two" | "four" | "variable" | "binary" | "pair";

const CONNACK = 1 << 2;
const PUBLISH = 1 << 3;
const ACKS = (1 << 4) | (1 << 5) | (1 << 6) | (1 << 7);
const SUBACKS = (1 << 9) | (1 << 11);
const DISCONNECT = 1 << 14;
const ANY = CONNACK | PUBLISH | ACKS | SUBACKS | DISCONNECT;

interface Property {
	readonly kind: Kind;
	/** Bit n: allowed in packet type n. */
	readonly packets: number;
	/** May be there several times. */
	readonly many?: true;
	/** Zero is refused. */
	readonly positive?: true;
}

const PROPERTIES: Readonly<Record<number, Property>> = frozen({
	1: { kind: "flag", packets: PUBLISH }, // payload format indicator
	2: { kind: "four", packets: PUBLISH }, // message expiry interval
	3: { kind: "binary", packets: PUBLISH }, // content type
	8: { kind: "binary", packets: PUBLISH }, // response topic
	9: { kind: "binary", packets: PUBLISH }, // correlation data
	11: { kind: "variable", packets: PUBLISH, many: true, positive: true }, // subscription identifier
	17: { kind: "four", packets: CONNACK }, // session expiry interval
	18: { kind: "binary", packets: CONNACK }, // assigned client identifier
	19: { kind: "two", packets: CONNACK }, // server keep alive
	21: { kind: "binary", packets: CONNACK }, // authentication method
	22: { kind: "binary", packets: CONNACK }, // authentication data
	26: { kind: "binary", packets: CONNACK }, // response information
	28: { kind: "binary", packets: CONNACK | DISCONNECT }, // server reference
	31: { kind: "binary", packets: CONNACK | ACKS | SUBACKS | DISCONNECT }, // reason string
	33: { kind: "two", packets: CONNACK, positive: true }, // receive maximum
	34: { kind: "two", packets: CONNACK }, // topic alias maximum
	35: { kind: "two", packets: PUBLISH, positive: true }, // topic alias
	36: { kind: "flag", packets: CONNACK }, // maximum QoS
	37: { kind: "flag", packets: CONNACK }, // retain available
	38: { kind: "pair", packets: ANY, many: true }, // user property
	39: { kind: "four", packets: CONNACK, positive: true }, // maximum packet size
	40: { kind: "flag", packets: CONNACK }, // wildcard subscriptions available
	41: { kind: "flag", packets: CONNACK }, // subscription identifiers available
	42: { kind: "flag", packets: CONNACK }, // shared subscriptions available
});

/** A place in a packet; reading past `end` throws {@link MqttError} `malformed`. */
export class Cursor {
	readonly #bytes: Uint8Array;
	offset: number;
	end: number;

	constructor(bytes: Uint8Array, offset: number) {
		this.#bytes = bytes;
		this.offset = offset;
		this.end = bytes.length;
	}

	get left(): number {
		return this.end - this.offset;
	}

	/** A big-endian number of `size` (1 to 4) bytes. */
	number(size: number): number {
		let value = 0;
		const start = this.offset;
		this.skip(size);
		for (let i = start; i < this.offset; i++) value = value * 256 + (this.#bytes[i] as number);
		return value;
	}

	/** A variable byte integer, 0 to 268,435,455 (MQTT 5 §1.5.5). */
	variable(): number {
		let value = 0;
		for (let place = 0; place < 4; place++) {
			const byte = this.number(1);
			value += (byte & 0x7f) * 128 ** place;
			if (byte < 0x80) {
				if (byte === 0 && place > 0) break;
				return value;
			}
		}
		throw new MqttError("malformed", "variable byte integer too long");
	}

	skip(size: number): void {
		if (size > this.left) throw new MqttError("malformed", "packet cut short");
		this.offset += size;
	}
}

function readValue(cursor: Cursor, kind: Kind): number {
	switch (kind) {
		case "flag":
			return cursor.number(1);
		case "two":
			return cursor.number(2);
		case "four":
			return cursor.number(4);
		case "variable":
			return cursor.variable();
		case "binary":
			cursor.skip(cursor.number(2));
			return 1;
		case "pair":
			cursor.skip(cursor.number(2));
			cursor.skip(cursor.number(2));
			return 1;
	}
}

/**
 * Moves `cursor` from the properties' length to the byte behind them.
 *
 * @param type - the packet's type, 2 to 14.
 * @throws {@link MqttError} `malformed` or `protocol`.
 */
export function walkProperties(cursor: Cursor, type: number): void {
	const size = cursor.variable();
	const packetEnd = cursor.end;
	if (size > cursor.left) throw new MqttError("malformed", "properties longer than their packet");
	cursor.end = cursor.offset + size;
	const seen = new Set<number>();
	while (cursor.left > 0) {
		const identifier = cursor.number(1);
		const property = PROPERTIES[identifier];
		if (property === undefined || !(property.packets & (1 << type)))
			throw new MqttError("malformed", `property ${identifier} in a packet of type ${type}`);
		if (seen.has(identifier) && !property.many)
			throw new MqttError("protocol", `property ${identifier} twice`);
		seen.add(identifier);
		const value = readValue(cursor, property.kind);
		if ((property.kind === "flag" && value > 1) || (property.positive && value === 0))
			throw new MqttError("protocol", `property ${identifier} is ${value}`);
	}
	cursor.end = packetEnd;
}
