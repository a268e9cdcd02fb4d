/** What the client's caller may ask for, and the defaults. */

import { frozen } from "../bytes/frozen.js";
import type { Clock } from "../ports/clock.js";
import type { Log } from "../ports/log.js";
import type { Random } from "../ports/random.js";
import type { KeyValue } from "../ports/storage.js";
import type { Transport } from "../ports/transport.js";
import { utf8Size } from "./buffer.js";
import { MqttError } from "./error.js";
import { BODY_SIZE_MAX, SLOTS_MAX } from "./inflight-store.js";
import type { QoS } from "./mqtt-packet.js";
import { QUEUE_LIMIT } from "./outbox.js";
import { FILTERS_MAX } from "./requests.js";
import type { Message, Will } from "./session-types.js";
import { filterFault, TOPIC_SIZE_MAX, topicFault } from "./topics.js";

export const CLIENT_ID_SIZE_MAX = 128;
/** Bytes of a user name, a password or a will's payload. */
export const FIELD_SIZE_MAX = 1024;

export const DEFAULTS: {
	readonly packetSizeMax: number;
	readonly queueMax: number;
	readonly queueSizeMax: number;
	readonly inflightMax: number;
	readonly sessionExpiryS: number;
	readonly reconnectMinMs: number;
	readonly reconnectMaxMs: number;
} = frozen({
	packetSizeMax: 16 * 1024,
	queueMax: 32,
	queueSizeMax: 64 * 1024,
	inflightMax: 16,
	sessionExpiryS: 86_400,
	reconnectMinMs: 500,
	reconnectMaxMs: 30_000,
});

export interface MqttOptions {
	readonly transport: Transport;
	readonly clock: Clock;
	readonly random: Random;
	readonly host: string;
	readonly port: number;
	/** 1 to 128 bytes. */
	readonly clientId: string;
	readonly username?: string;
	/** Only with a user name. */
	readonly password?: Uint8Array;
	/** 4 is MQTT 3.1.1. */
	readonly protocol: 4 | 5;
	/**
	 * false: keeps a session at the broker. A session that this client does not know (first
	 * connection of a process, without `store`) is not taken up but cleared: its packet ids would
	 * mean other messages.
	 */
	readonly cleanStart: boolean;
	/** Seconds, 0 to 65,535; 0 is off. An MQTT 5 broker may order another. */
	readonly keepAliveS: number;
	readonly will?: Will;
	/** Records for this client alone; with it, messages of QoS 1 and 2 survive a restart. */
	readonly store?: KeyValue;
	/** Bytes of a packet from the broker, 128 to 2^28; 16 KiB. */
	readonly packetSizeMax?: number;
	/** Messages not yet acknowledged or sent, 1 to 1,024 (64 with `store`); 32. */
	readonly queueMax?: number;
	/** Bytes of their topics and payloads; 64 KiB. */
	readonly queueSizeMax?: number;
	/** Messages of QoS 1 and 2 unacknowledged at once, 1 to 65,535; 16. */
	readonly inflightMax?: number;
	/** How long an MQTT 5 broker keeps the session; a day. */
	readonly sessionExpiryS?: number;
	readonly reconnectMinMs?: number;
	readonly reconnectMaxMs?: number;
	/** A message's payload is `onMessage`'s only until it returns; saves a board the garbage. */
	readonly payloadsOnLoan?: boolean;
	readonly log?: Log;
	onOnline(sessionPresent: boolean): void;
	/** Each time a connection ends or could not be made; the client goes on trying. */
	onOffline(reason: string): void;
	onMessage(message: Message): void;
	/** `publish` returned false, and there is room again. */
	onWritable?(): void;
}

function within(name: string, value: number, min: number, max: number): void {
	if (!Number.isInteger(value) || value < min || value > max)
		throw new MqttError("argument", `${name} must be a whole number from ${min} to ${max}`);
}

/** @throws {@link MqttError} `argument`, naming the option. */
export function checkOptions(options: MqttOptions): void {
	const all = { ...DEFAULTS, ...options };
	within("port", all.port, 1, 65535);
	within("host's length", all.host.length, 1, 255);
	within("clientId's size", utf8Size(all.clientId), 1, CLIENT_ID_SIZE_MAX);
	within("protocol", all.protocol, 4, 5);
	within("keepAliveS", all.keepAliveS, 0, 65535);
	within("packetSizeMax", all.packetSizeMax, 128, 2 ** 28);
	within("queueMax", all.queueMax, 1, all.store === undefined ? QUEUE_LIMIT : SLOTS_MAX);
	within("queueSizeMax", all.queueSizeMax, 1, 2 ** 30);
	within("inflightMax", all.inflightMax, 1, 65535);
	within("sessionExpiryS", all.sessionExpiryS, 0, 2 ** 32 - 1);
	within("reconnectMinMs", all.reconnectMinMs, 1, 2 ** 30);
	within("reconnectMaxMs", all.reconnectMaxMs, all.reconnectMinMs, 2 ** 30);
	within("username's size", utf8Size(all.username ?? ""), 0, FIELD_SIZE_MAX);
	within("password's size", all.password?.length ?? 0, 0, FIELD_SIZE_MAX);
	if (all.password !== undefined && all.username === undefined)
		throw new MqttError("argument", "a password needs a user name");
	if (all.will === undefined) return;
	checkTopic(all.will.topic);
	within("will's size", all.will.payload.length, 0, FIELD_SIZE_MAX);
	within("will's QoS", all.will.qos, 0, 2);
}

/** @returns its bytes. */
function checkTopic(topic: string): number {
	const fault = topicFault(topic);
	if (fault !== undefined) throw new MqttError("argument", fault);
	const size = utf8Size(topic);
	if (size > TOPIC_SIZE_MAX) throw new MqttError("argument", `topic above ${TOPIC_SIZE_MAX} bytes`);
	return size;
}

/** @throws {@link MqttError} `argument`, `too-large` for what would never fit. */
export function checkMessage(
	topic: string,
	payload: Uint8Array,
	qos: QoS,
	options: { readonly store?: unknown; readonly queueSizeMax?: number },
): void {
	const topicSize = checkTopic(topic);
	within("QoS", qos, 0, 2);
	const queueSizeMax = options.queueSizeMax ?? DEFAULTS.queueSizeMax;
	const stored = options.store !== undefined && qos > 0;
	const sizeMax = stored ? Math.min(queueSizeMax, BODY_SIZE_MAX) : queueSizeMax;
	const size = topicSize + payload.length;
	if (size > sizeMax)
		throw new MqttError(
			"too-large",
			`a message of ${size} bytes, topic included, where ${sizeMax} are taken`,
		);
}

/** @throws {@link MqttError} `argument`. */
export function checkFilters(filters: readonly string[]): void {
	within("number of topic filters", filters.length, 1, FILTERS_MAX);
	for (const filter of filters) {
		const fault = filterFault(filter);
		if (fault !== undefined) throw new MqttError("argument", fault);
	}
}
