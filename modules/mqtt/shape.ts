/**
 * Checks the shape of one whole packet from a server, before mqtt-packet reads it: mqtt-packet
 * takes a packet that is too short, too long, without an id, or with properties that run over their
 * end, in silence.
 *
 * Source: MQTT 3.1.1 and 5, chapter 3. Flags and reason codes are left to mqtt-packet, texts to
 * buffer-list.ts, what a packet means at that moment to session.ts.
 */
import { MqttError } from "./error.js";
import { Cursor, walkProperties } from "./properties.js";

/** Packet types that a server sends (MQTT 5 §2.1.2). */
const CONNACK = 2;
const PUBLISH = 3;
const PUBACK = 4;
const PUBCOMP = 7;
const SUBACK = 9;
const UNSUBACK = 11;
const PINGRESP = 13;
const DISCONNECT = 14;

/** Skips the fixed header, which the framer has checked. */
function body(packet: Uint8Array): Cursor {
	let offset = 1;
	while ((packet[offset] as number) >= 0x80) offset++;
	return new Cursor(packet, offset + 1);
}

function packetId(cursor: Cursor): void {
	if (cursor.number(2) === 0) throw new MqttError("protocol", "packet id 0");
}

function publish(cursor: Cursor, flags: number, protocol: 4 | 5): void {
	const qos = (flags >> 1) & 3;
	if (qos === 0 && flags & 8) throw new MqttError("protocol", "a repeated message of QoS 0");
	const topicSize = cursor.number(2);
	if (topicSize === 0) throw new MqttError("protocol", "message with an empty topic");
	cursor.skip(topicSize);
	if (qos > 0) packetId(cursor);
	if (protocol === 5) walkProperties(cursor, PUBLISH);
	cursor.skip(cursor.left);
}

function acknowledgement(cursor: Cursor, type: number, protocol: 4 | 5): void {
	packetId(cursor);
	if (protocol === 4 || cursor.left === 0) return;
	cursor.skip(1);
	if (cursor.left > 0) walkProperties(cursor, type);
}

function subscription(cursor: Cursor, type: number, protocol: 4 | 5): void {
	packetId(cursor);
	if (protocol === 5) walkProperties(cursor, type);
	if (type === UNSUBACK && protocol === 4) return;
	if (cursor.left === 0) throw new MqttError("malformed", "no answer to any topic filter");
	cursor.skip(cursor.left);
}

/**
 * @param packet - one whole packet, as the framer cut it.
 * @throws {@link MqttError} `malformed` or `protocol`.
 */
export function checkShape(packet: Uint8Array, protocol: 4 | 5): void {
	const first = packet[0] as number;
	const type = first >> 4;
	const cursor = body(packet);
	if (type === CONNACK) {
		cursor.skip(2);
		if (protocol === 5) walkProperties(cursor, type);
	} else if (type === PUBLISH) publish(cursor, first & 15, protocol);
	else if (type >= PUBACK && type <= PUBCOMP) acknowledgement(cursor, type, protocol);
	else if (type === SUBACK || type === UNSUBACK) subscription(cursor, type, protocol);
	else if (type === DISCONNECT && protocol === 5) {
		if (cursor.left > 0) cursor.skip(1);
		if (cursor.left > 0) walkProperties(cursor, type);
	} else if (type !== PINGRESP)
		throw new MqttError("protocol", `packet of type ${type} from a server`);
	if (cursor.left > 0) throw new MqttError("malformed", `packet of type ${type} too long`);
}
