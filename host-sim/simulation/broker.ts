/**
 * The modelled broker: MQTT 3.1.1 as a station and the server use it, and as untrusted as the protocol has it. What
 * it does with a message is up to its {@link Courier}: pass it on, late, again, not at all.
 *
 * Clean sessions, wills, retained messages, keep-alive, one connection a client id. Left out, since no party here
 * asks for them: persistent sessions and access rules; QoS 2 is taken, and granted as 1. The client's own behaviour at
 * real brokers, all three qualities included, is tested in test/mqtt.
 */
import { generate, type IPublishPacket, type Packet, parser } from "mqtt-packet";
import type { Timer } from "../../modules/ports/clock.js";
import type { Accepted, Listener, Peer } from "./network.js";
import { Process, type VirtualTime } from "./time.js";

export interface Message {
	readonly topic: string;
	readonly payload: Uint8Array;
	readonly qos: 0 | 1;
	readonly retain: boolean;
	/** Who published it: a party's name. */
	readonly from: string;
}

/** Decides what becomes of a message on its way to one subscriber. */
export interface Courier {
	/** @returns for each copy that is to be delivered, after how many milliseconds. */
	deliveries(message: Message, to: string): readonly number[];
}

export interface BrokerOptions {
	readonly time: VirtualTime;
	readonly courier: Courier;
	/** Every message that is published, before it goes anywhere. @returns false: it is swallowed. */
	readonly onPublish: (message: Message) => boolean;
}

/** What a broker kept while it was down is delivered so much later. */
const KEPT_MS = 1500;

interface Client {
	readonly peer: Peer;
	id: string;
	/** By filter. */
	readonly filters: Map<string, 0 | 1>;
	will: Message | undefined;
	keepAlive: Timer | undefined;
	keepAliveMs: number;
	nextId: number;
}

/** Does a topic match a filter? MQTT 3.1.1 §4.7. */
export function matches(filter: string, topic: string): boolean {
	if (filter === topic) return true;
	if (!/[+#]/.test(filter)) return false;
	const levels = topic.split("/");
	const wanted = filter.split("/");
	for (const [i, level] of wanted.entries()) {
		if (level === "#") return true;
		if (levels[i] === undefined || (level !== "+" && level !== levels[i])) return false;
	}
	return wanted.length === levels.length;
}

export class SimulatedBroker implements Listener {
	readonly #options: BrokerOptions;
	#process: Process;
	readonly #clients = new Set<Client>();
	#retained = new Map<string, Message>();
	#isUp = true;

	constructor(options: BrokerOptions) {
		this.#options = options;
		this.#process = this.#newProcess();
	}

	get process(): Process {
		return this.#process;
	}

	get isUp(): boolean {
		return this.#isUp;
	}

	/** @param keepsQueued - what it has not delivered yet it delivers when it is back. */
	stop(isTold: () => boolean, keepsQueued: boolean): void {
		this.#isUp = false;
		for (const { peer, keepAlive } of this.#clients) {
			keepAlive?.cancel();
			peer.close(isTold());
		}
		this.#clients.clear();
		if (keepsQueued) return;
		this.#process.kill();
		this.#process = this.#newProcess();
	}

	start(keepsRetained: boolean): void {
		this.#isUp = true;
		if (!keepsRetained) this.#retained = new Map();
	}

	/** Cuts one party's connection. */
	drop(party: string, isTold: boolean): void {
		for (const client of this.#clients)
			if (client.peer.party === party) {
				client.peer.close(isTold);
				this.#leave(client);
			}
	}

	accept(peer: Peer): Accepted | undefined {
		if (!this.#isUp) return undefined;
		const client: Client = {
			peer,
			id: "",
			filters: new Map(),
			will: undefined,
			keepAlive: undefined,
			keepAliveMs: 0,
			nextId: 1,
		};
		this.#clients.add(client);
		const stream = parser();
		stream.on("packet", (packet) => this.#packet(client, packet));
		stream.on("error", (error) => {
			throw error;
		});
		return {
			received: (bytes) => {
				if (this.#clients.has(client)) stream.parse(Buffer.from(bytes));
			},
			ended: () => this.#leave(client),
		};
	}

	/** Publishes on behalf of a party, or of somebody else. */
	publish(message: Message): void {
		if (!this.#options.onPublish(message)) return;
		this.route(message);
	}

	/** Gives a message to whoever has subscribed to its topic, as the courier has it. */
	route(message: Message): void {
		if (message.retain) {
			if (message.payload.length === 0) this.#retained.delete(message.topic);
			else this.#retained.set(message.topic, message);
		}
		for (const party of this.#subscribers(message.topic))
			this.#send(party, { ...message, retain: false });
	}

	/** Gives it to them without asking anybody. */
	hand(message: Message): void {
		for (const party of this.#subscribers(message.topic)) this.#deliver(party, message);
	}

	#subscribers(topic: string): string[] {
		const parties: string[] = [];
		for (const client of this.#clients)
			if (this.#filterOf(client, topic)) parties.push(client.peer.party);
		return parties;
	}

	/** To the connection that the party has when the message comes to its turn. */
	#send(party: string, message: Message): void {
		const { time, courier } = this.#options;
		for (const delayMs of courier.deliveries(message, party))
			if (delayMs === 0) this.#deliver(party, message);
			else time.after(delayMs, this.#process, () => this.#deliver(party, message));
	}

	#deliver(party: string, message: Message): void {
		if (!this.#isUp) {
			this.#options.time.after(KEPT_MS, this.#process, () => this.#deliver(party, message));
			return;
		}
		for (const client of this.#clients) {
			if (client.peer.party !== party) continue;
			const filter = this.#filterOf(client, message.topic);
			if (!filter) continue;
			const qos = Math.min(message.qos, filter.qos) as 0 | 1;
			const { topic, payload, retain } = message;
			const packet: IPublishPacket = {
				cmd: "publish",
				topic,
				payload: Buffer.from(payload),
				qos,
				retain,
				dup: false,
			};
			if (qos > 0) {
				packet.messageId = client.nextId;
				client.nextId = (client.nextId % 65_535) + 1;
			}
			client.peer.send(generate(packet));
		}
	}

	#filterOf(client: Client, topic: string): { readonly qos: 0 | 1 } | undefined {
		for (const [filter, qos] of client.filters) if (matches(filter, topic)) return { qos };
		return undefined;
	}

	#packet(client: Client, packet: Packet): void {
		this.#keepAlive(client);
		const reply = (answer: Packet) => client.peer.send(generate(answer));
		switch (packet.cmd) {
			case "connect": {
				for (const other of this.#clients)
					if (other.id === packet.clientId) {
						other.peer.close(true);
						this.#leave(other);
					}
				client.id = packet.clientId;
				client.keepAliveMs = (packet.keepalive ?? 0) * 1500;
				if (packet.will) {
					const { topic, payload, retain = false } = packet.will;
					const bytes = new Uint8Array(Buffer.from(payload));
					client.will = { topic, payload: bytes, qos: 1, retain, from: client.peer.party };
				}
				this.#keepAlive(client);
				reply({ cmd: "connack", returnCode: 0, sessionPresent: false });
				break;
			}
			case "subscribe": {
				const granted: (0 | 1)[] = [];
				for (const { topic, qos } of packet.subscriptions) {
					const level = qos === 0 ? 0 : 1;
					client.filters.set(topic, level);
					granted.push(level);
				}
				const messageId = packet.messageId as number;
				reply({ cmd: "suback", messageId, granted });
				for (const { topic } of packet.subscriptions)
					for (const message of this.#retained.values())
						if (matches(topic, message.topic)) this.#send(client.peer.party, message);
				break;
			}
			case "publish": {
				const { topic, payload, qos, retain, messageId } = packet;
				if (qos === 1) reply({ cmd: "puback", messageId: messageId as number });
				if (qos === 2) reply({ cmd: "pubrec", messageId: messageId as number });
				this.publish({
					topic,
					payload: new Uint8Array(Buffer.from(payload)),
					qos: qos === 0 ? 0 : 1,
					retain,
					from: client.peer.party,
				});
				break;
			}
			case "pubrel":
				reply({ cmd: "pubcomp", messageId: packet.messageId as number });
				break;
			case "pingreq":
				reply({ cmd: "pingresp" });
				break;
			case "disconnect":
				client.will = undefined;
				this.#leave(client);
		}
	}

	#keepAlive(client: Client): void {
		client.keepAlive?.cancel();
		if (client.keepAliveMs === 0) return;
		client.keepAlive = this.#options.time.after(client.keepAliveMs, this.#process, () => {
			client.peer.close(false);
			this.#leave(client);
		});
	}

	#leave(client: Client): void {
		if (!this.#clients.delete(client)) return;
		client.keepAlive?.cancel();
		if (client.will) this.publish(client.will);
	}

	#newProcess(): Process {
		return new Process({
			name: "broker",
			isAsync: false,
			onDeath: () => undefined,
			onFailure: (error) => {
				throw error;
			},
		});
	}
}
