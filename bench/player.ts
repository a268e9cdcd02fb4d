/**
 * A station on Node for the benches: the real channel and MQTT client, one question at a time, and nothing beside the
 * wire: no flash, no fixture, no timer.
 */

import { loadBundle, stationDirectory } from "../keys/keys.js";
import { fromPrivateDer } from "../keys/rsa.js";
import { sameBytes } from "../modules/bytes/bytes.js";
import { Initiator } from "../modules/channel/initiator.js";
import { RECORD_KIND, type StationSession } from "../modules/channel/session.js";
import type { ServerMessage, StationMessage, Ticket } from "../modules/messages/types.js";
import type { MqttClient } from "../modules/mqtt/client.js";
import { stationTopics } from "../modules/station/topics.js";
import { systemClock } from "../server/clock.js";
import { NodeCrypto } from "../server/crypto.js";
import { check } from "./measure.js";
import { connectPlain } from "./plain-client.js";

/** A payload that went over the wire, and what was in it. */
export interface Carried {
	readonly message:
		| StationMessage
		| ServerMessage
		| { readonly type: "HELLO" | "WELCOME" }
		| { readonly type: "ticket"; readonly ticket: Ticket };
	readonly topic: string;
	readonly size: number;
}

export class Player {
	readonly name: string;
	readonly #topics: ReturnType<typeof stationTopics>;
	readonly #initiator: Initiator;
	readonly #clients: MqttClient[] = [];
	readonly #onCarried: (carried: Carried) => void;
	#session: StationSession | undefined;
	#asked: StationMessage["type"] | undefined;
	/** Of the last ticket. */
	#proof: Uint8Array | undefined;
	#welcomed: () => void = () => undefined;
	#answered: (message: ServerMessage) => void = () => undefined;
	#ticketed: (ticket: Ticket) => void = () => undefined;
	#ticket: Promise<Ticket> | undefined;
	/** Bytes of the record sent last. */
	sizeSent = 0;

	private constructor(keys: string, name: string, onCarried: (carried: Carried) => void) {
		const crypto = new NodeCrypto();
		const { kem, credential, server } = loadBundle(stationDirectory(keys, name));
		const unwrap = NodeCrypto.privateKey(fromPrivateDer(kem, name), "unwrap");
		this.#initiator = new Initiator({ crypto, name, credential, server, unwrap });
		this.#topics = stationTopics(name);
		this.#onCarried = onCarried;
		this.name = name;
	}

	/** Goes online. @param onCarried - told of every payload of this station's that goes over the wire. */
	static async connect(
		keys: string,
		name: string,
		url: string,
		onCarried: (carried: Carried) => void = () => undefined,
	): Promise<Player> {
		const player = new Player(keys, name, onCarried);
		const { down, in: tickets } = player.#topics;
		player.#expectTicket();
		player.#clients.push(
			await connectPlain(url, name, down, (payload) => player.#received(payload)),
			await connectPlain(url, `${name}-in`, tickets, (payload) => player.#takeTicket(payload)),
		);
		return player;
	}

	/** Makes a session, up to the server's answer to `ready`. */
	async greet(): Promise<ServerMessage> {
		const welcomed = new Promise<void>((resolve) => {
			this.#welcomed = resolve;
		});
		this.#publish(this.#initiator.hello(), { type: "HELLO" });
		await welcomed;
		return await this.ask({ type: "ready", boot: 1, journal: 0, recipes: [], state: "Idle" });
	}

	/** The next ticket for this station, from `connect` or from the last call on. */
	async ticket(): Promise<Ticket> {
		const ticket = await (this.#ticket as Promise<Ticket>);
		this.#expectTicket();
		return ticket;
	}

	#expectTicket(): void {
		this.#ticket = new Promise<Ticket>((resolve) => {
			this.#ticketed = resolve;
		});
	}

	#received(payload: Uint8Array): void {
		const { down: topic } = this.#topics;
		const size = payload.length;
		if (payload[0] === RECORD_KIND) {
			const opened = this.#session?.open(payload);
			if (!opened) return;
			this.#onCarried({ message: opened.message, topic, size });
			if (this.#isAnswer(opened.message)) this.#answered(opened.message);
			return;
		}
		this.#session = this.#initiator.welcome(payload, systemClock.nowMs());
		if (!this.#session) return;
		this.#onCarried({ message: { type: "WELCOME" }, topic, size });
		this.#welcomed();
	}

	/** What the server also says unasked answers only what asks for it. */
	#isAnswer({ type }: ServerMessage): boolean {
		if (type === "closed") return this.#asked === "done";
		return type !== "welcome-back" || this.#asked === "ready" || this.#asked === "blocks";
	}

	#takeTicket(payload: Uint8Array): void {
		const ticket = this.#session?.openTicket(payload);
		// Until a unit has arrived its ticket may come again.
		if (!ticket || (this.#proof && sameBytes(ticket.proof, this.#proof))) return;
		this.#proof = ticket.proof;
		const { in: topic } = this.#topics;
		this.#onCarried({ message: { type: "ticket", ticket }, topic, size: payload.length });
		this.#ticketed(ticket);
	}

	#publish(bytes: Uint8Array, message: Carried["message"]): void {
		const { up: topic } = this.#topics;
		this.sizeSent = bytes.length;
		this.#onCarried({ message, topic, size: bytes.length });
		this.#clients[0]?.publish(topic, bytes, { qos: 1 });
	}

	/** Seals and sends one message. @returns the next one that opens. */
	ask(message: StationMessage): Promise<ServerMessage> {
		const answer = new Promise<ServerMessage>((resolve) => {
			this.#answered = resolve;
		});
		this.tell(message);
		return answer;
	}

	/** Seals and sends a message that no record answers. */
	tell(message: StationMessage): void {
		check(this.#session !== undefined, "no session");
		this.#asked = message.type;
		this.#publish(this.#session.seal(message).bytes, message);
	}

	/** Gives a ticket, unread, to the station it is for. */
	passOn(to: string, ticket: Uint8Array): void {
		this.#clients[0]?.publish(stationTopics(to).in, ticket, { qos: 1 });
	}

	async close(): Promise<void> {
		this.#session?.close();
		this.#initiator.close();
		for (const client of this.#clients) await new Promise<void>((done) => client.close(done));
	}
}
