/**
 * What the attacker holds: every message that is published passes through here, and anything can be published on any
 * topic. Simulated, that is a broker that has gone over to the attacker; with a real broker, the network in front of it
 * and a client of its own.
 */
import { MqttClient } from "../../modules/mqtt/client.js";
import { Bridge } from "../simulation/bridge.js";
import type { Message, SimulatedBroker } from "../simulation/broker.js";
import { Dice } from "../simulation/dice.js";
import type { BridgeEnd } from "../simulation/line.js";
import type { Listener, Network } from "../simulation/network.js";
import { Process, RealPace, type VirtualTime } from "../simulation/time.js";

export type { Message } from "../simulation/broker.js";

export interface Hostile {
	readonly topic: string;
	readonly payload: Uint8Array;
	readonly retain?: boolean;
}

/** Where a real broker is, and how one logs in there. */
export interface RealBroker {
	readonly host: string;
	readonly port: number;
	readonly username?: string;
	readonly password?: string;
}

/** What an attack takes place in. */
export interface Place {
	readonly time: VirtualTime;
	readonly network: Network;
	readonly broker: SimulatedBroker;
}

export const ATTACKER = "attacker";
const QUEUE_MAX = 1024;
const QUEUE_SIZE_MAX = 32 * 1024 * 1024;
/** Messages that wait for room in that queue. */
const WAITING_MAX = 100_000;
/** For a party to learn that its connection is gone. */
const CUT_MS = 50;
/** Messages kept of one attack. */
const CAPTURED_MAX = 5000;

export class Wire {
	readonly captured: Message[] = [];
	readonly #retained = new Set<string>();
	/** Published by the attacker. */
	injected = 0;
	readonly #real: RealBroker | undefined;
	#place: Place | undefined;
	readonly #process = new Process({
		name: ATTACKER,
		isAsync: false,
		onDeath: () => undefined,
		onFailure: (error) => {
			throw error;
		},
	});
	#bridge: Bridge | undefined;
	#client: MqttClient | undefined;
	readonly #waiting: Hostile[] = [];
	#onMessage: (message: Message) => boolean = () => true;

	/** @param real - left out, the broker is the modelled one. */
	constructor(real: RealBroker | undefined) {
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
	connect(place: Place): void {
		this.#place = place;
		if (!this.#real) return;
		const { time, network } = place;
		const process = this.#process;
		this.#client = new MqttClient({
			transport: network.transport(process),
			clock: time.clock(process, 1),
			random: new Dice(0, ATTACKER),
			host: "broker",
			port: 1883,
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
			onWritable: () => this.#pump(),
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

	/** Cuts a party's connection, and lets it make no other for so long. */
	cut(party: string, durationMs: number): void {
		const { time, network } = this.#place as Place;
		if (this.#bridge) this.#bridge.drop(party);
		else this.#place?.broker.drop(party, true);
		const link = network.link(party);
		time.after(CUT_MS, this.#process, () => {
			link.downUntilMs = time.nowMs + durationMs;
		});
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
		if (message.from === ATTACKER) return true;
		if (this.captured.length < CAPTURED_MAX) this.captured.push(message);
		return this.#onMessage(message);
	}

	/** Publishes; whoever has subscribed gets it. */
	inject(hostile: Hostile): void {
		const { topic, payload, retain = false } = hostile;
		if (this.#waiting.length === WAITING_MAX) return;
		this.injected++;
		if (retain) this.#retained.add(topic);
		if (!this.#client)
			this.#place?.broker.route({ topic, payload, qos: 1, retain, from: ATTACKER });
		else {
			this.#waiting.push(hostile);
			this.#pump();
		}
	}

	#pump(): void {
		for (let next = this.#waiting[0]; next; next = this.#waiting[0]) {
			const { topic, payload, retain = false } = next;
			if (!this.#client?.publish(topic, payload, { qos: 1, retain })) return;
			this.#waiting.shift();
		}
	}

	/** The captured messages whose topic ends so. */
	on(end: string): readonly Message[] {
		return this.captured.filter(({ topic }) => topic.endsWith(`/${end}`));
	}
}
