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
	parser,
	writeToStream,
} from "./mqtt-packet.js";
import { checkShape } from "./shape.js";
import { topicFault } from "./topics.js";

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

export class Codec {
	readonly #protocol: 4 | 5;
	#parser: Parser | undefined;
	#packet: PacketIn | undefined;
	#error: Error | undefined;

	constructor(protocol: 4 | 5) {
		this.#protocol = protocol;
	}

	/** @throws {@link MqttError} `argument`. */
	encode(packet: PacketOut): Uint8Array {
		const sink = new Sink();
		writeToStream(packet, sink, { protocolVersion: this.#protocol });
		return sink.bytes();
	}

	/**
	 * @param bytes - one whole packet; a message's payload is a view of it.
	 * @throws {@link MqttError} `malformed` or `protocol`; the connection ends.
	 */
	decode(bytes: Uint8Array): PacketIn {
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
