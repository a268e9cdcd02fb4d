/**
 * Suite 0: the Bus over a real broker, with the project's own MQTT client. A party subscribes
 * before `start`, to at most FILTERS_MAX (64) topics, which is a server of 21 stations. The session
 * is a clean one, as by default in Python's MQTT client.
 */
import { MqttClient, type MqttOptions, type QoS } from "../../modules/mqtt/client.js";
import { REFUSAL } from "../../modules/mqtt/requests.js";
import type { Bus } from "./bus.js";
import { HEAD_SIZE, TEXT_SIZE_MAX } from "./format.js";

const KEEP_ALIVE_S = 30;
/** Bytes of a topic and of what else is in a PUBLISH beside its payload. */
const OVERHEAD_SIZE_MAX = 256;
const PACKET_SIZE_MAX = HEAD_SIZE + TEXT_SIZE_MAX + OVERHEAD_SIZE_MAX;
/** Messages that wait for the broker, and room for so many of the largest. */
const QUEUE_MAX = 128;
const QUEUE_SIZE_MAX = QUEUE_MAX * PACKET_SIZE_MAX;

export type MqttBusOptions = Pick<
	MqttOptions,
	"transport" | "clock" | "random" | "host" | "port" | "clientId" | "log"
>;

export class MqttBus implements Bus {
	readonly #client: MqttClient;
	readonly #filters: { filter: string; qos: QoS }[] = [];
	readonly #receivers = new Map<string, (payload: Uint8Array) => void>();
	#lost = 0;

	/** @throws MqttError `argument`. */
	constructor(options: MqttBusOptions) {
		this.#client = new MqttClient({
			...options,
			protocol: 4,
			cleanStart: true,
			keepAliveS: KEEP_ALIVE_S,
			packetSizeMax: PACKET_SIZE_MAX,
			queueMax: QUEUE_MAX,
			queueSizeMax: QUEUE_SIZE_MAX,
			onOnline: () => {},
			onOffline: () => {},
			onMessage: ({ topic, payload }) => this.#receivers.get(topic)?.(payload),
		});
	}

	/** Messages for which there was no room in the queue. */
	get lost(): number {
		return this.#lost;
	}

	publish(topic: string, payload: Uint8Array, options: { qos: QoS; retain: boolean }): void {
		if (!this.#client.publish(topic, payload, options)) this.#lost++;
	}

	subscribe(topic: string, qos: QoS, receive: (payload: Uint8Array) => void): void {
		this.#filters.push({ filter: topic, qos });
		this.#receivers.set(topic, receive);
	}

	/**
	 * Connects. @returns once the broker has granted what was subscribed to. @throws MqttError
	 * `argument`.
	 */
	start(): Promise<void> {
		return new Promise((resolve, reject) => {
			this.#client.subscribe(this.#filters, (granted) => {
				if (granted.some((code) => code >= REFUSAL))
					reject(new Error("a subscription was refused"));
				else resolve();
			});
			this.#client.start();
		});
	}

	/** Sends what is due and disconnects. May be called twice. */
	close(): Promise<void> {
		return new Promise((resolve) => this.#client.close(resolve));
	}
}
