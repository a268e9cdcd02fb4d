/**
 * A station played by a test: the real channel and MQTT client, and no will of its own. It says what the test
 * wants said, when the test wants it, and hands over what comes back.
 */
import { loadBundle } from "../../keys/keys.js";
import { stationDirectory } from "../../keys/plant.js";
import { fromPrivateDer } from "../../keys/rsa.js";
import { utf8 } from "../../modules/bytes/bytes.js";
import { Initiator } from "../../modules/channel/initiator.js";
import { RECORD_KIND, type StationSession } from "../../modules/channel/session.js";
import type { Ready, ServerMessage, StationMessage, Ticket } from "../../modules/messages/types.js";
import { MqttClient } from "../../modules/mqtt/client.js";
import { stationTopics } from "../../modules/station/topics.js";
import { systemClock, systemRandom } from "../../server/clock.js";
import { NodeCrypto } from "../../server/crypto.js";
import { TcpTransport } from "../../server/transport.js";

/** Things that arrive, and tests that wait for them. */
export class Inbox<T> {
	readonly #items: T[] = [];
	readonly #waiting: ((item: T) => void)[] = [];

	push(item: T): void {
		const waiting = this.#waiting.shift();
		if (waiting) waiting(item);
		else this.#items.push(item);
	}
	/** The next one, when it is there. */
	next(): Promise<T> {
		const item = this.#items.shift();
		if (item !== undefined) return Promise.resolve(item);
		return new Promise((resolve) => this.#waiting.push(resolve));
	}
	get size(): number {
		return this.#items.length;
	}
	clear(): void {
		this.#items.length = 0;
	}
}

export class ScriptedStation {
	readonly name: string;
	readonly crypto = new NodeCrypto();
	readonly bundle;
	readonly key;
	readonly replies = new Inbox<ServerMessage>();
	/** As they came on `in`, unopened. */
	readonly tickets = new Inbox<Uint8Array>();
	readonly blocks = new Inbox<Uint8Array>();
	readonly envelopes = new Inbox<Uint8Array>();
	session: StationSession | undefined;
	/** The highest journal number of any reply. */
	journal = 0;
	boot = 1;
	#seq = 0;
	readonly #initiator: Initiator;
	readonly #mqtt: MqttClient;
	readonly #topics;
	#welcomed: ((session: StationSession) => void) | undefined;
	#subscribed: Promise<void>;

	constructor(keys: string, name: string, broker: { host: string; port: number }) {
		this.name = name;
		this.bundle = loadBundle(stationDirectory(keys, name));
		this.key = NodeCrypto.privateKey(fromPrivateDer(this.bundle.kem, name), "unwrap");
		this.#topics = stationTopics(name);
		this.#initiator = new Initiator({
			crypto: this.crypto,
			name,
			credential: this.bundle.credential,
			server: this.bundle.server,
			unwrap: this.key,
		});
		this.#mqtt = new MqttClient({
			...broker,
			transport: new TcpTransport(),
			clock: systemClock,
			random: systemRandom,
			clientId: name,
			username: this.bundle.username,
			password: utf8(this.bundle.password),
			protocol: 4,
			cleanStart: true,
			keepAliveS: 10,
			onOnline: () => undefined,
			onOffline: () => undefined,
			onMessage: ({ topic, payload }) => this.#received(topic, payload),
		});
		const { down, in: tickets, file, recipes } = this.#topics;
		const filters = [down, tickets, file, recipes].map((filter) => ({ filter, qos: 1 as const }));
		this.#subscribed = new Promise((resolve) => this.#mqtt.subscribe(filters, () => resolve()));
		this.#mqtt.start();
	}

	#received(topic: string, payload: Uint8Array): void {
		if (topic === this.#topics.in) this.tickets.push(payload);
		else if (topic === this.#topics.file) this.blocks.push(payload);
		else if (topic !== this.#topics.down) this.envelopes.push(payload);
		else if (payload[0] === RECORD_KIND) this.#record(payload);
		else {
			const session = this.#initiator.welcome(payload, systemClock.nowMs());
			if (session) this.#welcomed?.(session);
		}
	}

	#record(payload: Uint8Array): void {
		const opened = this.session?.open(payload);
		if (!opened) return;
		const { message } = opened;
		if ("journal" in message) this.journal = Math.max(this.journal, message.journal);
		this.replies.push(message);
	}

	/** Makes a session; a HELLO that met no server is sent again. @returns the answer to `ready`. */
	async connect(ready: Partial<Ready> = {}): Promise<ServerMessage> {
		await this.#subscribed;
		this.session?.close();
		const welcomed = new Promise<StationSession>((resolve) => {
			this.#welcomed = resolve;
		});
		const hello = this.#initiator.hello();
		const say = () => this.publish(this.#topics.up, hello);
		say();
		const again = setInterval(say, 500);
		this.session = await welcomed;
		clearInterval(again);
		return await this.ask(this.ready(ready));
	}

	/** A HELLO that the broker keeps; resolves when it has it. */
	async sayHelloRetained(): Promise<void> {
		await this.#subscribed;
		const options = { qos: 1, retain: true } as const;
		await new Promise<void>((resolve) => {
			this.#mqtt.publish(this.#topics.up, this.#initiator.hello(), options, () => resolve());
		});
	}

	ready(change: Partial<Ready> = {}): Ready {
		const { boot, journal } = this;
		return { type: "ready", boot, journal, recipes: [], state: "Idle", ...change };
	}

	/** Says something without waiting. @returns its `seq`. */
	say(message: StationMessage): number {
		if (!this.session) throw new Error(`${this.name} has no session`);
		const { bytes, seq } = this.session.seal(message);
		this.publish(this.#topics.up, bytes);
		this.#seq = seq;
		return seq;
	}

	/** The answer to one message. */
	async ask(message: StationMessage): Promise<ServerMessage> {
		this.say(message);
		return await this.replies.next();
	}

	/** `seq` of what was said last. */
	get lastSeq(): number {
		return this.#seq;
	}

	/** The next ticket on `in`, opened. */
	async ticket(): Promise<Ticket> {
		const bytes = await this.tickets.next();
		const ticket = this.session?.openTicket(bytes);
		if (!ticket) throw new Error(`${this.name}: a ticket that it cannot open`);
		return ticket;
	}

	publish(topic: string, payload: Uint8Array): void {
		this.#mqtt.publish(topic, payload, { qos: 1 });
	}

	async close(): Promise<void> {
		this.session?.close();
		this.#initiator.close();
		await new Promise<void>((resolve) => this.#mqtt.close(resolve));
	}
}
