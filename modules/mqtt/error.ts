/**
 * The MQTT client's error type, with the MQTT 5 reason code that a DISCONNECT caused by it carries
 * (MQTT 5 §2.4). MQTT 3.1.1 has no such code: there the connection is only closed.
 */
import { frozen } from "../bytes/frozen.js";

export type MqttErrorCode =
	/** The broker's bytes are not MQTT. */
	| "malformed"
	/** A well-formed packet that may not be sent here or means nothing. */
	| "protocol"
	/** A packet above the size that its receiver takes. */
	| "too-large"
	/** More at once than the receiver takes. */
	| "quota"
	/** The broker answered with a failure; `reason` is its code. */
	| "refused"
	/** The broker said that it has no such QoS or no retained messages. */
	| "unsupported"
	/** A topic, filter, payload or option that MQTT or this client cannot carry. */
	| "argument";

const DISCONNECT_REASONS: Record<MqttErrorCode, number> = frozen({
	malformed: 0x81,
	protocol: 0x82,
	"too-large": 0x95,
	quota: 0x93,
	refused: 0x80,
	unsupported: 0x9b,
	argument: 0x83,
});

export class MqttError extends Error {
	override readonly name = "MqttError";
	readonly code: MqttErrorCode;
	/** An MQTT 5 reason code, 0x80 to 0xFF. */
	readonly reason: number;
	constructor(code: MqttErrorCode, message: string, reason: number = DISCONNECT_REASONS[code]) {
		super(message);
		this.code = code;
		this.reason = reason;
	}
}
