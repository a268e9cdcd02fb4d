/**
 * A station on Node for bench/attempt.ts: the real channel and MQTT client, one question at a time, and nothing
 * beside the wire: no flash, no fixture, no timer.
 */
import { loadBundle, stationDirectory } from "../keys/keys.js";
import { fromPrivateDer } from "../keys/rsa.js";
import { Initiator } from "../modules/channel/initiator.js";
import { RECORD_KIND, type StationSession } from "../modules/channel/session.js";
import type { ServerMessage, StationMessage, Ticket } from "../modules/messages/types.js";
import type { MqttClient } from "../modules/mqtt/client.js";
import { stationTopics } from "../modules/station/topics.js";
import { systemClock } from "../server/clock.js";
import { NodeCrypto } from "../server/crypto.js";
import { check } from "./figure.js";
import { connectPlain } from "./plain-client.js";

export class Player {
	readonly #up: string;
	readonly #initiator: Initiator;
	readonly #clients: MqttClient[] = [];
	#session: StationSession | undefined;
	#welcomed: () => void = () => undefined;
	#answered: (message: ServerMessage) => void = () => undefined;
	#ticketed: (ticket: Ticket) => void = () => undefined;
	/** Bytes of the record sent last. */
	sizeSent = 0;

	private constructor(keys: string, name: string) {
		const crypto = new NodeCrypto();
		const { kem, credential, server } = loadBundle(stationDirectory(keys, name));
		const unwrap = NodeCrypto.privateKey(fromPrivateDer(kem, name), "unwrap");
		this.#initiator = new Initiator({ crypto, name, credential, server, unwrap });
		this.#up = stationTopics(name).up;
	}

	/** Goes online and makes a session, up to the server's answer to `ready`; with the first ticket. */
	static async start(keys: string, name: string, url: string): Promise<[Player, Ticket]> {
		const player = new Player(keys, name);
		const { down, in: tickets } = stationTopics(name);
		const ticket = new Promise<Ticket>((resolve) => {
			player.#ticketed = resolve;
		});
		player.#clients.push(
			await connectPlain(url, name, down, (payload) => player.#received(payload)),
			await connectPlain(url, `${name}-in`, tickets, (payload) => player.#ticket(payload)),
		);
		const welcomed = new Promise<void>((resolve) => {
			player.#welcomed = resolve;
		});
		player.#publish(player.#initiator.hello());
		await welcomed;
		await player.ask({ type: "ready", boot: 1, journal: 0, recipes: [], state: "Idle" });
		return [player, await ticket];
	}

	#received(payload: Uint8Array): void {
		if (payload[0] === RECORD_KIND) {
			const opened = this.#session?.open(payload);
			if (opened) this.#answered(opened.message);
			return;
		}
		this.#session = this.#initiator.welcome(payload, systemClock.nowMs());
		if (this.#session) this.#welcomed();
	}

	#ticket(payload: Uint8Array): void {
		const ticket = this.#session?.openTicket(payload);
		if (ticket) this.#ticketed(ticket);
	}

	#publish(bytes: Uint8Array): void {
		this.sizeSent = bytes.length;
		this.#clients[0]?.publish(this.#up, bytes, { qos: 1 });
	}

	/** Seals and sends one message. @returns the next one that opens. */
	ask(message: StationMessage): Promise<ServerMessage> {
		check(this.#session !== undefined, "no session");
		const answer = new Promise<ServerMessage>((resolve) => {
			this.#answered = resolve;
		});
		this.#publish(this.#session.seal(message).bytes);
		return answer;
	}

	async close(): Promise<void> {
		this.#session?.close();
		this.#initiator.close();
		for (const client of this.#clients) await new Promise<void>((done) => client.close(done));
	}
}
