/** The values that go in and out of session.ts, and the table of what it accepts when. */
import { frozen } from "../bytes/frozen.js";
import type { MqttError } from "./error.js";
import type { PacketIn, QoS } from "./mqtt-packet.js";
import type { Entry } from "./outbox.js";

export interface Message {
	readonly topic: string;
	/** The receiver's to keep, unless on loan (options.ts). */
	readonly payload: Uint8Array;
	readonly qos: QoS;
	readonly retain: boolean;
	/** The broker may have sent it before. */
	readonly duplicate: boolean;
}

export interface Will {
	readonly topic: string;
	readonly payload: Uint8Array;
	readonly qos: QoS;
	readonly retain: boolean;
}

export interface SessionOptions {
	readonly clientId: string;
	readonly username?: string;
	readonly password?: Uint8Array;
	readonly protocol: 4 | 5;
	readonly cleanStart: boolean;
	/** 0 to 65,535; 0 is off. */
	readonly keepAliveS: number;
	readonly sessionExpiryS: number;
	readonly will?: Will;
	readonly packetSizeMax: number;
	readonly queueMax: number;
	readonly queueSizeMax: number;
	/** Messages of QoS 1 and 2 that may be unacknowledged at once. */
	readonly inflightMax: number;
}

export type Effect =
	| { readonly type: "online"; readonly sessionPresent: boolean }
	| { readonly type: "message"; readonly message: Message }
	/** A message is done: acknowledged, sent (QoS 0), or failed. */
	| { readonly type: "published"; readonly handle: number; readonly error?: MqttError }
	| { readonly type: "granted"; readonly handle: number; readonly codes: readonly number[] }
	/** There is room again after a message was refused. */
	| { readonly type: "writable" }
	/** For the in-flight store. */
	| { readonly type: "save" | "forget"; readonly entry: Entry }
	| { readonly type: "received"; readonly ids: ReadonlySet<number> }
	| { readonly type: "known" }
	/**
	 * Close the connection, after `farewell` if there is one; try again at once or after the
	 * back-off.
	 */
	| {
			readonly type: "drop";
			readonly reason: string;
			readonly again: "now" | "later";
			readonly farewell?: Uint8Array;
	  };

/**
 *   down → opening → connect → connack → online → leaving → left
 *          (TCP)     (to send) (sent)             (DISCONNECT due, sent)
 */
export type Phase = "down" | "opening" | "connect" | "connack" | "online" | "leaving" | "left";

export const OPEN: readonly Phase[] = frozen(["online", "leaving"]);
const NEVER: readonly Phase[] = frozen([]);

/** The phases in which each packet is accepted; in any other it ends the connection. */
export const RECEIVES: Readonly<Record<PacketIn["cmd"], readonly Phase[]>> = frozen({
	connack: ["connack"],
	publish: OPEN,
	puback: OPEN,
	pubrec: OPEN,
	pubrel: OPEN,
	pubcomp: OPEN,
	suback: OPEN,
	unsuback: OPEN,
	pingresp: OPEN,
	disconnect: OPEN,
	connect: NEVER,
	subscribe: NEVER,
	unsubscribe: NEVER,
	pingreq: NEVER,
	auth: NEVER,
	reserved: NEVER,
});
