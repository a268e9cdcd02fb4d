/** Processes and clients in virtual time, for the tests of the simulation's parts. */

import { type Courier, type Message, SimulatedBroker } from "../../host-sim/simulation/broker.js";
import { Dice } from "../../host-sim/simulation/dice.js";
import { Network } from "../../host-sim/simulation/network.js";
import { Process, type ProcessOptions, VirtualTime } from "../../host-sim/simulation/time.js";
import { fromUtf8, utf8 } from "../../modules/bytes/bytes.js";
import { MqttClient, type MqttOptions } from "../../modules/mqtt/client.js";

const EVENTS_MAX = 10_000;

/** Passes on at once what throws, as nothing should. */
export function process(name: string, change: Partial<ProcessOptions> = {}): Process {
	return new Process({
		name,
		isAsync: false,
		onDeath: () => undefined,
		onFailure: (error) => {
			throw error;
		},
		...change,
	});
}

/** Lets `durationMs` of virtual time pass. */
export async function pass(time: VirtualTime, durationMs: number): Promise<void> {
	const isInTime = await time.run(time.nowMs + durationMs, () => false, EVENTS_MAX);
	if (!isInTime) throw new Error(`more than ${EVENTS_MAX} events in ${durationMs} ms`);
}

/** A party at the broker: the project's own client. */
export class Party {
	readonly client: MqttClient;
	/** As `topic: text`, with `(retained)` behind what was. */
	readonly received: string[] = [];
	readonly process: Process;
	offline = 0;

	constructor(bench: Bench, name: string, options: Partial<MqttOptions> = {}) {
		this.process = process(name);
		this.client = new MqttClient({
			transport: bench.network.transport(this.process),
			clock: bench.time.clock(this.process, 1),
			random: new Dice(1, name),
			host: "broker",
			port: 1883,
			clientId: name,
			protocol: 4,
			cleanStart: true,
			keepAliveS: 0,
			onOnline: () => undefined,
			onOffline: () => {
				this.offline++;
			},
			onMessage: ({ topic, payload, retain }) => {
				this.received.push(`${topic}: ${fromUtf8(payload)}${retain ? " (retained)" : ""}`);
			},
			...options,
		});
		this.client.start();
	}

	subscribe(...filters: string[]): this {
		this.client.subscribe(filters.map((filter) => ({ filter, qos: 1 })));
		return this;
	}

	say(topic: string, text: string, retain = false): void {
		this.client.publish(topic, utf8(text), { qos: 1, retain });
	}
}

/** A broker and a network that do what they should, until a test says otherwise. */
export class Bench {
	readonly time = new VirtualTime();
	readonly network = new Network(this.time, new Dice(1, "network"));
	readonly published: Message[] = [];
	courier: Courier = { deliveries: () => [0] };
	readonly broker = new SimulatedBroker({
		time: this.time,
		courier: { deliveries: (message, to) => this.courier.deliveries(message, to) },
		onPublish: (message) => {
			this.published.push(message);
			return true;
		},
	});

	constructor() {
		this.network.listener = this.broker;
	}

	pass(durationMs: number): Promise<void> {
		return pass(this.time, durationMs);
	}
}
