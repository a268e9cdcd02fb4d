/**
 * What the attacker holds: every message that is published passes through here, and anything can be published on any
 * topic. Simulated, that is a broker that has gone over to the attacker; with a real broker, the network in front of it
 * and a client of its own.
 */
import { MqttClient } from "../../modules/mqtt/client.js";
import type { BrokerAddress } from "../../server/address.js";
import { systemClock, systemRandom } from "../../server/clock.js";
import { TcpTransport } from "../../server/transport.js";
import { Bridge } from "../simulation/bridge.js";
import type { Message, SimulatedBroker } from "../simulation/broker.js";
import type { BridgeEnd } from "../simulation/line.js";
import type { Listener } from "../simulation/network.js";
import { RealPace } from "../simulation/time.js";

export type { Message } from "../simulation/broker.js";

export interface Hostile {
	readonly topic: string;
	readonly payload: Uint8Array;
	readonly retain?: boolean;
}

export const ATTACKER = "attacker";
const QUEUE_MAX = 1024;
const QUEUE_SIZE_MAX = 32 * 1024 * 1024;
/** Messages kept of one attack, and messages that wait for a real broker. */
const CAPTURED_MAX = 5000;
const WAITING_MAX = 100_000;

export class Wire {
	readonly captured: Message[] = [];
	readonly #retained = new Set<string>();
	/** Published by the attacker. */
	injected = 0;
	readonly #real: BrokerAddress | undefined;
	#broker: SimulatedBroker | undefined;
	#bridge: Bridge | undefined;
	/** For a real broker, beyond what the client takes at once. */
	readonly #waiting: Hostile[] = [];
	#client: MqttClient | undefined;
	#onMessage: (message: Message) => boolean = () => true;

	/** @param real - left out, the broker is the modelled one. */
	constructor(real: BrokerAddress | undefined) {
		this.#real = real;
	}

	/** What a real broker needs; `undefined` for the modelled one. */
	get real(): { pace: RealPace; listener: (end: BridgeEnd) => Listener } | undefined {
		const real = this.#real;
		return (
			real && {
				pace: new RealPace(),
				listener: (end) => {
					this.#bridge = new Bridge({ ...real, ...end });
					return this.#bridge;
				},
			}
		);
	}

	/** Begins to be able to publish. */
	connect(broker: SimulatedBroker): void {
		this.#broker = broker;
		const real = this.#real;
		if (!real) return;
		const { username, password, ...place } = real;
		this.#client = new MqttClient({
			transport: new TcpTransport(),
			clock: systemClock,
			random: systemRandom,
			...place,
			...(username !== "" && { username, password }),
			clientId: ATTACKER,
			protocol: 4,
			cleanStart: true,
			keepAliveS: 0,
			queueMax: QUEUE_MAX,
			queueSizeMax: QUEUE_SIZE_MAX,
			inflightMax: 64,
			onOnline: () => undefined,
			onOffline: () => undefined,
			onMessage: () => undefined,
			onWritable: () => this.#flush(),
		});
		this.#client.start();
	}

	/** Topics on which a real broker keeps something that is to go with the attack. */
	get retained(): readonly string[] {
		const topics = this.captured.filter(({ retain }) => retain).map(({ topic }) => topic);
		return this.#real ? [...new Set([...topics, ...this.#retained])] : [];
	}

	/** Whether hours can only be waited for. */
	get isReal(): boolean {
		return this.#real !== undefined;
	}

	/** Cuts a party's connection, which hears of it. */
	drop(party: string): void {
		if (this.#bridge) this.#bridge.drop(party);
		else this.#broker?.drop(party, true);
	}

	/** Leaves a real broker. */
	close(): void {
		this.#client?.close();
		this.#bridge?.close();
	}

	/** From now on asked about each message of the parties; false: it goes no further. */
	onMessage(handler: (message: Message) => boolean): void {
		this.#onMessage = handler;
	}

	/** A message was published. @returns whether it goes on. */
	pass(message: Message): boolean {
		if (this.captured.length < CAPTURED_MAX) this.captured.push(message);
		return this.#onMessage(message);
	}

	/** Publishes; whoever has subscribed gets it. */
	inject({ topic, payload, retain = false }: Hostile): void {
		if (this.#waiting.length >= WAITING_MAX) return;
		this.injected++;
		if (retain) this.#retained.add(topic);
		if (!this.#client) {
			this.#broker?.route({ topic, payload, qos: 1, retain, from: ATTACKER });
			return;
		}
		this.#waiting.push({ topic, payload, retain });
		this.#flush();
	}

	/** As much as the client takes. */
	#flush(): void {
		for (const [i, { topic, payload, retain = false }] of this.#waiting.entries())
			if (!this.#client?.publish(topic, payload, { qos: 1, retain })) {
				this.#waiting.splice(0, i);
				return;
			}
		this.#waiting.length = 0;
	}

	/** The captured messages whose topic ends so. */
	on(end: string): readonly Message[] {
		return this.captured.filter(({ topic }) => topic.endsWith(`/${end}`));
	}
}
