/**
 * A server played by a test: the real channel, and no will of its own. It answers HELLOs; everything else is said
 * when the test wants it said. It can also do what only a broker could: put anything on any topic.
 */
import type { ServerKeys } from "../../keys/keys.js";
import { Responder } from "../../modules/channel/responder.js";
import { RECORD_KIND, type ServerSession } from "../../modules/channel/session.js";
import type { Ready, ServerMessage, StationMessage, Ticket } from "../../modules/messages/types.js";
import { MqttClient } from "../../modules/mqtt/client.js";
import { stationTopics } from "../../modules/station/topics.js";
import type { Broker } from "../../server/broker.js";
import { systemClock, systemRandom } from "../../server/clock.js";
import { NodeCrypto } from "../../server/crypto.js";
import { TcpTransport } from "../../server/transport.js";

interface Heard {
	readonly name: string;
	readonly message: StationMessage;
	readonly seq: number;
}

export class ScriptedServer {
	readonly crypto = new NodeCrypto();
	readonly #responder: Responder;
	readonly #mqtt: MqttClient;
	readonly #heard: Heard[] = [];
	readonly #sessions = new Map<string, ServerSession>();
	#waiting: (() => void)[] = [];

	constructor(keys: ServerKeys, broker: Broker) {
		this.#responder = new Responder({
			crypto: this.crypto,
			credential: keys.credential,
			unwrap: (wrapped, label) => this.crypto.unwrapAsync(keys.kem, wrapped, label),
			stationCredential: (name) => keys.stations.get(name),
			clock: systemClock,
		});
		this.#mqtt = new MqttClient({
			transport: new TcpTransport(),
			clock: systemClock,
			random: systemRandom,
			host: "127.0.0.1",
			port: broker.port,
			clientId: "server",
			protocol: 4,
			cleanStart: true,
			keepAliveS: 30,
			queueMax: 1024,
			queueSizeMax: 2 ** 24,
			onOnline: () => undefined,
			onOffline: () => undefined,
			onMessage: ({ topic, payload }) => void this.#onUp(topic, payload),
		});
	}

	/** Resolves when it hears everything that stations say. */
	start(): Promise<void> {
		this.#mqtt.start();
		return new Promise((resolve) =>
			this.#mqtt.subscribe([{ filter: "interlock/1/+/+/up", qos: 1 }], () => resolve()),
		);
	}

	close(): void {
		this.#mqtt.close();
	}

	/** The next message of this type that a station has said or says. */
	async next<T extends StationMessage["type"]>(
		name: string,
		type: T,
	): Promise<{ message: Extract<StationMessage, { type: T }>; seq: number }> {
		for (;;) {
			const at = this.#heard.findIndex((each) => each.name === name && each.message.type === type);
			const found = this.#heard.splice(at, at < 0 ? 0 : 1)[0];
			if (at >= 0 && found)
				return { message: found.message as Extract<StationMessage, { type: T }>, seq: found.seq };
			await new Promise<void>((resolve) => this.#waiting.push(resolve));
		}
	}

	/** Forgets what was heard and not asked for. */
	forget(): void {
		this.#heard.length = 0;
	}

	session(name: string): ServerSession {
		const session = this.#sessions.get(name);
		if (!session) throw new Error(`${name} has no session`);
		return session;
	}

	say(name: string, message: ServerMessage): Uint8Array {
		const { bytes } = this.session(name).seal(message);
		this.put(stationTopics(name).down, bytes);
		return bytes;
	}

	/** Seals a ticket under the session of `to` and puts it on the topic of `on`. */
	ticket(ticket: Ticket, to = ticket.to, on = to): Uint8Array {
		const bytes = this.session(to).sealTicket(ticket);
		this.put(stationTopics(on).in, bytes);
		return bytes;
	}

	put(topic: string, payload: Uint8Array, options: { retain?: boolean; qos?: 0 | 1 } = {}): void {
		const { retain = false, qos = 1 } = options;
		if (!this.#mqtt.publish(topic, payload, { qos, retain })) throw new Error("queue full");
	}

	/** Answers the handshake and the first `ready`. */
	async greet(name: string): Promise<Ready> {
		const { message } = await this.next(name, "ready");
		this.say(name, { type: "welcome-back", journal: 0, timeS: 1_800_000_000, recipes: [] });
		return message;
	}

	/** What the station says after it has dealt with everything that was sent to it before: a new `ready`. */
	async settle(name: string): Promise<Ready> {
		this.forget();
		this.say(name, { type: "rekey" });
		return await this.greet(name);
	}

	async #onUp(topic: string, payload: Uint8Array): Promise<void> {
		const [, , line, station] = topic.split("/");
		const name = `${line}.${station}`;
		if (payload[0] !== RECORD_KIND) {
			const welcome = await this.#responder.hello(name, payload);
			if (welcome) this.put(stationTopics(name).down, welcome);
			return;
		}
		const opened = this.#responder.open(name, payload);
		if (!opened) return;
		this.#sessions.set(name, opened.session);
		this.#heard.push({ name, message: opened.message, seq: opened.seq });
		for (const wake of this.#waiting.splice(0)) wake();
	}
}
