/**
 * MQTT packets as bytes and back, through mqtt-packet, with the checks that it leaves out
 * (shape.ts, buffer-list.ts). One packet at a time: framer.ts has cut and bounded it.
 *
 * Source: MQTT 3.1.1 and MQTT 5 (OASIS). Only what a client sends and is sent.
 */
import { utf8 } from "../bytes/bytes.js";
import { MqttError } from "./error.js";
import {
	type PacketIn,
	type PacketOut,
	type Parser,
	type Publish,
	parser,
	writeToStream,
} from "./mqtt-packet.js";
import { checkShape } from "./shape.js";
import { topicFault } from "./topics.js";

/** First byte of a PUBLISH of QoS 0, not repeated and not retained. */
const PLAIN_PUBLISH = 0x30;

/** Bytes from which on a payload goes out as it is, behind the rest of its packet. */
const TAIL_SIZE_MIN = 1024;

/** A packet as it goes out: the second part where its payload is large. */
export interface Encoded {
	readonly head: Uint8Array;
	readonly tail: Uint8Array | undefined;
}

/** Collects what mqtt-packet writes. */
class Sink {
	readonly #parts: Uint8Array[] = [];
	#size = 0;

	write(part: Uint8Array | string): boolean {
		const bytes = typeof part === "string" ? utf8(part) : part;
		this.#parts.push(bytes);
		this.#size += bytes.length;
		return true;
	}

	destroy(error: Error): void {
		throw new MqttError("argument", error.message);
	}

	/** A large last part, which is a message's payload; it is not copied. */
	takeTail(): Uint8Array | undefined {
		const last = this.#parts.at(-1);
		if (last === undefined || last.length < TAIL_SIZE_MIN) return undefined;
		this.#parts.pop();
		this.#size -= last.length;
		return last;
	}

	bytes(): Uint8Array {
		const whole = new Uint8Array(this.#size);
		let offset = 0;
		for (const part of this.#parts) {
			whole.set(part, offset);
			offset += part.length;
		}
		return whole;
	}
}

const NONE = new Uint8Array(0);

/** Where the topic of a PUBLISH begins, behind the fixed header and its own size. */
function topicOffset(bytes: Uint8Array): number {
	let at = 1;
	while ((bytes[at] as number) >= 0x80) at++;
	return at + 3;
}

function topicSize(bytes: Uint8Array, offset: number): number {
	return ((bytes[offset - 2] as number) << 8) | (bytes[offset - 1] as number);
}

export class Codec {
	readonly #protocol: 4 | 5;
	#parser: Parser | undefined;
	#packet: PacketIn | undefined;
	#error: Error | undefined;
	/** The topic of the last message, and its bytes: of a file's hundreds of blocks only the first is parsed in full. */
	#topic = "";
	#topicBytes: Uint8Array = NONE;

	constructor(protocol: 4 | 5) {
		this.#protocol = protocol;
	}

	/** @throws {@link MqttError} `argument`. */
	encode(packet: PacketOut): Uint8Array {
		return this.#written(packet).bytes();
	}

	/** As {@link Codec.encode}; a large payload is the message's own, not a copy. */
	encodeParts(packet: PacketOut): Encoded {
		const sink = this.#written(packet);
		const tail = sink.takeTail();
		return { head: sink.bytes(), tail };
	}

	#written(packet: PacketOut): Sink {
		const sink = new Sink();
		writeToStream(packet, sink, { protocolVersion: this.#protocol });
		return sink;
	}

	/**
	 * @param bytes - one whole packet; a message's payload is a view of it.
	 * @throws {@link MqttError} `malformed` or `protocol`; the connection ends.
	 */
	decode(bytes: Uint8Array): PacketIn {
		return this.#another(bytes) ?? this.#decode(bytes);
	}

	/** A plain message on the same topic as the last one, whose topic was checked then; else `undefined`. */
	#another(bytes: Uint8Array): Publish | undefined {
		if (bytes[0] !== PLAIN_PUBLISH || this.#protocol !== 4) return undefined;
		const topic = this.#topicBytes;
		let at = topicOffset(bytes);
		if (topic.length === 0 || topicSize(bytes, at) !== topic.length) return undefined;
		if (at + topic.length > bytes.length) return undefined;
		for (let i = 0; i < topic.length; i++) if (bytes[at++] !== topic[i]) return undefined;
		const payload = bytes.subarray(at);
		return { cmd: "publish", topic: this.#topic, payload, qos: 0, retain: false, dup: false };
	}

	#decode(bytes: Uint8Array): PacketIn {
		checkShape(bytes, this.#protocol);
		this.#parser ??= this.#newParser();
		this.#packet = undefined;
		this.#error = undefined;
		try {
			this.#parser.parse(bytes);
			this.#check();
		} catch (error) {
			this.#parser = undefined;
			throw error;
		}
		const packet = this.#packet as PacketIn | undefined;
		this.#packet = undefined;
		if (packet === undefined) throw new MqttError("malformed", "packet cut short");
		if (packet.cmd === "publish") {
			const fault = topicFault(packet.topic);
			if (fault !== undefined) throw new MqttError("protocol", `message with ${fault}`);
			const at = topicOffset(bytes);
			this.#topic = packet.topic;
			this.#topicBytes = bytes.slice(at, at + topicSize(bytes, at));
		}
		return packet;
	}

	#check(): void {
		const error = this.#error as Error | undefined;
		if (error !== undefined) throw new MqttError("malformed", error.message);
	}

	#newParser(): Parser {
		return parser({ protocolVersion: this.#protocol })
			.on("packet", (packet) => {
				this.#packet = packet;
			})
			.on("error", (error) => {
				this.#error = error;
			});
	}
}
