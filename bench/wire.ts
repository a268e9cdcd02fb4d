/** A listener at the broker that counts what a line's topics carry, as a tap at its network card would. */

import type { MqttClient } from "../modules/mqtt/client.js";
import { Codec } from "../modules/mqtt/codec.js";
import { connectPlain } from "./plain-client.js";

export interface Heard {
	readonly topic: string;
	/** Bytes of the payload. */
	readonly size: number;
}

export class Wire {
	readonly heard: Heard[] = [];
	#client: MqttClient | undefined;

	/** @param filter - of topics, for example `interlock/1/bench/#`. */
	static async listen(url: string, filter: string): Promise<Wire> {
		const wire = new Wire();
		wire.#client = await connectPlain(url, "bench-wire", filter, (payload, topic) => {
			wire.heard.push({ topic, size: payload.length });
		});
		return wire;
	}

	/** Bytes of all payloads on topics with one of these endings. */
	bytes(...endings: readonly string[]): number {
		return this.#matching(endings).reduce((sum, { size }) => sum + size, 0);
	}

	/** The same with what MQTT adds to each. */
	packetBytes(...endings: readonly string[]): number {
		return this.#matching(endings).reduce(
			(sum, { topic, size }) => sum + packetSize(topic, size, topic.endsWith("/file") ? 0 : 1),
			0,
		);
	}

	#matching(endings: readonly string[]): Heard[] {
		return this.heard.filter(({ topic }) => endings.some((ending) => topic.endsWith(ending)));
	}

	async close(): Promise<void> {
		await new Promise<void>((resolve) => this.#client?.close(resolve));
	}
}

const codec = new Codec(4);

/** Bytes of the PUBLISH packet that carries a payload of so many bytes. */
export function packetSize(topic: string, payloadSize: number, qos: 0 | 1): number {
	const payload = new Uint8Array(payloadSize);
	const flags = { qos, dup: false, retain: false };
	return codec.encode({ cmd: "publish", topic, payload, messageId: 1, ...flags } as never).length;
}
