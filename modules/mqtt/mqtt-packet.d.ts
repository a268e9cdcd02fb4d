/**
 * What Interlock uses of the bundled mqtt-packet 9.0.2 (made by bin/bundle.mjs; MIT licence).
 * The packets are listed by direction: what a client sends and what it may be sent.
 */

export type QoS = 0 | 1 | 2;

export interface Connect {
	readonly cmd: "connect";
	readonly protocolVersion: 4 | 5;
	readonly clean: boolean;
	readonly keepalive: number;
	readonly clientId: string;
	readonly username?: string;
	readonly password?: Uint8Array;
	readonly will?: {
		readonly topic: string;
		readonly payload: Uint8Array;
		readonly qos: QoS;
		readonly retain: boolean;
	};
	readonly properties?: {
		readonly sessionExpiryInterval?: number;
		readonly receiveMaximum?: number;
		readonly maximumPacketSize?: number;
	};
}
export interface Publish {
	readonly cmd: "publish";
	readonly topic: string;
	readonly payload: Uint8Array;
	readonly qos: QoS;
	readonly retain: boolean;
	readonly dup: boolean;
	readonly messageId?: number;
	readonly properties?: Readonly<Record<string, unknown>>;
}
export interface Acknowledgement {
	readonly cmd: "puback" | "pubrec" | "pubrel" | "pubcomp";
	readonly messageId: number;
	readonly reasonCode?: number;
}
export interface Subscribe {
	readonly cmd: "subscribe";
	readonly messageId: number;
	readonly subscriptions: readonly { readonly topic: string; readonly qos: QoS }[];
}
export interface Unsubscribe {
	readonly cmd: "unsubscribe";
	readonly messageId: number;
	readonly unsubscriptions: readonly string[];
}
export interface Ping {
	readonly cmd: "pingreq" | "pingresp";
}
export interface Disconnect {
	readonly cmd: "disconnect";
	readonly reasonCode?: number;
}
export interface Connack {
	readonly cmd: "connack";
	readonly sessionPresent: boolean;
	/** MQTT 3.1.1. */
	readonly returnCode?: number;
	/** MQTT 5. */
	readonly reasonCode?: number;
	readonly properties?: {
		readonly receiveMaximum?: number;
		readonly maximumQoS?: number;
		readonly retainAvailable?: boolean;
		readonly maximumPacketSize?: number;
		readonly serverKeepAlive?: number;
	};
}
export interface Suback {
	readonly cmd: "suback" | "unsuback";
	readonly messageId: number;
	readonly granted?: readonly number[];
}
/** What only a server is sent; or MQTT 5's AUTH, which Interlock does not ask for. */
export interface Misdirected {
	readonly cmd: "auth" | "reserved";
}

export type PacketOut =
	| Connect
	| Publish
	| Acknowledgement
	| Subscribe
	| Unsubscribe
	| Ping
	| Disconnect;
export type PacketIn =
	| Connect
	| Connack
	| Publish
	| Acknowledgement
	| Subscribe
	| Unsubscribe
	| Suback
	| Ping
	| Disconnect
	| Misdirected;

export interface Sink {
	write(part: Uint8Array | string): boolean;
	destroy(error: Error): void;
}

export interface Parser {
	on(name: "packet", listener: (packet: PacketIn) => void): this;
	on(name: "error", listener: (error: Error) => void): this;
	/** @returns how many bytes are left waiting. */
	parse(bytes: Uint8Array): number;
}

export function parser(options: { readonly protocolVersion: 4 | 5 }): Parser;
/** Number caching (65,536 small buffers) is off. */
export function writeToStream(
	packet: PacketOut,
	sink: Sink,
	options: { readonly protocolVersion: 4 | 5 },
): boolean;
