/**
 * A session with the broker's side played by the test: packets of the published codec in, packets
 * out.
 */
import { createRequire } from "node:module";
import type { Restored } from "../../modules/mqtt/inflight-store.js";
import { DEFAULTS } from "../../modules/mqtt/options.js";
import { Session } from "../../modules/mqtt/session.js";
import type { Effect, SessionOptions } from "../../modules/mqtt/session-types.js";

interface Reference {
	generate(packet: object, options: { protocolVersion: number }): Uint8Array;
	parser(options: { protocolVersion: number }): {
		on(name: "packet", listener: (packet: Sent) => void): void;
		parse(bytes: Uint8Array): void;
	};
}
const reference = createRequire(import.meta.url)("mqtt-packet") as Reference;

/** A packet that the client wrote. */
export type Sent = Record<string, unknown> & { cmd: string; messageId?: number };

export class Play {
	readonly session: Session;
	readonly protocol: 4 | 5;
	readonly effects: Effect[] = [];
	nowMs = 1000;

	constructor(options: Partial<SessionOptions> = {}, restored?: Restored) {
		this.protocol = options.protocol ?? 4;
		this.session = new Session(
			{
				...DEFAULTS,
				clientId: "me",
				protocol: 4,
				cleanStart: false,
				keepAliveS: 0,
				...options,
			},
			restored,
		);
	}

	/** What the client writes now. */
	sent(): Sent[] {
		const packets: Sent[] = [];
		const parser = reference.parser({ protocolVersion: this.protocol });
		parser.on("packet", (packet) => packets.push(packet));
		for (;;) {
			const bytes = this.session.output(this.nowMs);
			if (bytes === undefined) break;
			parser.parse(Buffer.from(bytes));
		}
		this.effects.push(...this.session.take());
		return packets;
	}

	/** The broker sends a packet. */
	receive(packet: object): void {
		const bytes = reference.generate(packet, { protocolVersion: this.protocol });
		this.session.packet(new Uint8Array(bytes), this.nowMs);
		this.effects.push(...this.session.take());
	}

	/** The effects since the last call. */
	happened(): Effect[] {
		return this.effects.splice(0);
	}

	/** Those of one type. */
	of<T extends Effect["type"]>(type: T): Extract<Effect, { type: T }>[] {
		return this.happened().filter((effect) => effect.type === type) as Extract<
			Effect,
			{ type: T }
		>[];
	}

	/** From nothing to the CONNECT being written. */
	connecting(): Sent {
		this.session.opening(this.nowMs);
		this.session.opened();
		return this.sent()[0] as Sent;
	}

	/** From nothing to online. */
	online(sessionPresent = false, properties?: object): this {
		this.connecting();
		this.receive({ cmd: "connack", returnCode: 0, reasonCode: 0, sessionPresent, properties });
		return this;
	}

	/** Loses the connection. */
	lost(): this {
		this.session.closed();
		return this;
	}

	publish(text: string, qos: 0 | 1 | 2, handle = 0, retain = false): boolean {
		return this.session.publish("t", Buffer.from(text), { qos, retain, handle }) !== undefined;
	}

	subscribe(filter: string, handle = 1): void {
		this.session.request("subscribe", [{ filter, qos: 1 }], handle);
	}

	ack(cmd: string, messageId: number | undefined, reasonCode = 0): void {
		this.receive({ cmd, messageId, reasonCode });
	}
}

/** Command, id and repetition of what was sent, in short. */
export function brief(packets: Sent[]): string[] {
	return packets.map(
		({ cmd, messageId, dup, qos }) =>
			cmd +
			(cmd === "publish" && qos === 0 ? "" : messageId === undefined ? "" : ` ${messageId}`) +
			(dup ? " again" : ""),
	);
}
