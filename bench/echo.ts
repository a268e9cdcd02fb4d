/** Plain publish-and-echo: the rival of an attempt. echo-peer.ts is the other end. */
import type { MqttClient } from "../modules/mqtt/client.js";
import { check } from "./measure.js";
import { connectPlain, ECHO_DOWN, ECHO_UP } from "./plain-client.js";

export class Echo {
	#client: MqttClient | undefined;
	/** Who waits for the message with this number. */
	readonly #waiting = new Map<number, (payload: Uint8Array) => void>();
	#number = 0;

	static async connect(url: string): Promise<Echo> {
		const echo = new Echo();
		echo.#client = await connectPlain(url, "bench-echo-one", ECHO_DOWN, (payload) =>
			echo.#received(payload),
		);
		return echo;
	}

	#received(payload: Uint8Array): void {
		const number = new DataView(payload.buffer, payload.byteOffset).getUint32(0);
		this.#waiting.get(number)?.(payload);
		this.#waiting.delete(number);
	}

	/** A message there and back, at QoS 1. Several may be on their way. @param size - in bytes, 4 or more. */
	async round(size: number): Promise<void> {
		const number = this.#number++;
		const sent = new Uint8Array(size).fill(number);
		new DataView(sent.buffer).setUint32(0, number);
		const back = await new Promise<Uint8Array>((resolve) => {
			this.#waiting.set(number, resolve);
			const taken = this.#client?.publish(ECHO_UP, sent, { qos: 1 });
			check(taken === true, "no room for an echo");
		});
		check(Buffer.compare(back, sent) === 0, "another message came back");
	}

	async close(): Promise<void> {
		await new Promise<void>((resolve) => this.#client?.close(resolve));
	}
}
