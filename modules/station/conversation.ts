/**
 * The station's side of everything on the wire: MQTT, the handshake, records and tickets, each at the time that
 * link.ts says. What is said and done is the runner's, through {@link ConversationOptions}.
 *
 * Whatever arrives retained on `up`, `down`, `in` or `file` is dropped (docs/protocol.md §3). A ticket is taken
 * only under a number above the last one of its session, so that a repeated one makes nobody write; one for a unit
 * that was tried here and has gone is not taken at all, since a broker may have kept many of them back.
 */
import { sameBytes, utf8, view } from "../bytes/bytes.js";
import { SIGNED_KIND } from "../channel/cose.js";
import { Initiator } from "../channel/initiator.js";
import { RECORD_HEADER_SIZE, RECORD_KIND, type StationSession } from "../channel/session.js";
import { blockSizeMax } from "../envelope/block.js";
import type {
	Kept,
	Pull,
	Ready,
	ServerMessage,
	StationMessage,
	Ticket,
} from "../messages/types.js";
import { MqttClient, type MqttMessage } from "../mqtt/client.js";
import type { Clock, Timer } from "../ports/clock.js";
import type { Crypto, PrivateKey } from "../ports/crypto.js";
import type { Log } from "../ports/log.js";
import type { Random } from "../ports/random.js";
import type { Transport } from "../ports/transport.js";
import type { BoardConfig } from "./config.js";
import { Link, type Pace } from "./link.js";
import { SERVER_TOPIC, type StationTopics, stationTopics } from "./topics.js";
import type { Trust } from "./trust.js";

/** Bytes of one MQTT packet: the largest record, block of one segment or retained envelope, with room for its topic. */
export const PACKET_SIZE_MAX = 8192;
/** Bytes of a block's packet beside the block. */
const PACKET_ROOM = 128;
export const KEEP_ALIVE_S = 20;
export const QUEUE_MAX = 16;
/** A broker that restarts is back within seconds; a station that it keeps waiting costs it next to nothing. */
export const RECONNECT_MIN_MS = 200;
export const RECONNECT_MAX_MS = 3000;

export interface ConversationOptions {
	readonly crypto: Crypto;
	readonly privateKey: PrivateKey;
	readonly board: BoardConfig;
	/** Segments of the largest block that may come. */
	readonly blockSegments: number;
	readonly trust: Trust;
	readonly transport: Transport;
	readonly clock: Clock;
	readonly random: Random;
	readonly log: Log;
	/** The machine's question, and how fast to be. */
	question(): StationMessage | undefined;
	pace(): Pace;
	ready(): Ready;
	/** Something else to say while the session is open: blocks to ask for, an alarm, a log. `undefined`: nothing now. */
	more(nowMs: number): StationMessage | undefined;
	/** When `more` will have something to say. */
	moreMs(): number;
	/** `isFresh` says whether a `start` or `resume` answers a request young enough. */
	onMessage(message: Exclude<ServerMessage, Pull | Kept>, isFresh: boolean): void;
	/** After the first message in a session. */
	onSession(): void;
	onTicket(ticket: Ticket): void;
	/** What is said unasked about a log. */
	onLogMessage(message: Pull | Kept): void;
	/** A payload on `file`, or on `recipe/<n>`. */
	onBlock(bytes: Uint8Array): void;
	onEnvelope(bytes: Uint8Array): void;
	/** No word from the server for SILENCE_MS. */
	onSilence(): void;
	/** The broker can be reached. */
	onOnline(): void;
}

export class Conversation {
	readonly #options: ConversationOptions;
	readonly #topics: StationTopics;
	readonly #link: Link;
	readonly #mqtt: MqttClient;
	#initiator: Initiator;
	#session: StationSession | undefined;
	/** The last one, as long as its WELCOME may come. */
	#lastHello: Uint8Array | undefined;
	#lastTicket = -1;
	/** Proof of the unit that left last in this session. */
	#retired: Uint8Array | undefined;
	#sealedBefore = 0;
	#asked = false;
	#timer: Timer | undefined;
	#timerMs = 0;
	#closed = false;

	constructor(options: ConversationOptions) {
		this.#options = options;
		const { board, clock, random, transport, log } = options;
		this.#topics = stationTopics(board.station);
		this.#link = new Link(random, clock.nowMs());
		this.#initiator = this.#newInitiator();
		this.#mqtt = new MqttClient({
			transport,
			clock,
			random,
			log,
			host: board.host,
			port: board.port,
			clientId: board.station,
			username: board.username,
			password: utf8(board.password),
			protocol: 4,
			// What a broker kept for us would be sealed for a session that is gone; the protocol repeats itself.
			cleanStart: true,
			keepAliveS: KEEP_ALIVE_S,
			packetSizeMax: Math.max(PACKET_SIZE_MAX, blockSizeMax(options.blockSegments) + PACKET_ROOM),
			payloadsOnLoan: true,
			queueMax: QUEUE_MAX,
			reconnectMinMs: RECONNECT_MIN_MS,
			reconnectMaxMs: RECONNECT_MAX_MS,
			will: { topic: this.#topics.state, payload: utf8("offline"), qos: 1, retain: true },
			onOnline: () => this.#onOnline(),
			onOffline: () => this.#onOffline(),
			onMessage: (message) => this.#onMqtt(message),
		});
	}

	start(): void {
		const { down, in: tickets, file, recipes } = this.#topics;
		this.#mqtt.subscribe([
			{ filter: down, qos: 1 },
			{ filter: tickets, qos: 1 },
			{ filter: file, qos: 0 },
			{ filter: recipes, qos: 1 },
			{ filter: SERVER_TOPIC, qos: 1 },
		]);
		this.#mqtt.start();
		this.#arm();
	}

	/** A session is established and the server has answered in it. */
	get isOpen(): boolean {
		return this.#link.phase === "open";
	}
	get isOnline(): boolean {
		return this.#mqtt.online;
	}
	/** MQTT messages sent and received. */
	get messages(): number {
		const { sent, received } = this.#mqtt.counters;
		return sent + received;
	}
	/** In all sessions since the start. */
	get bytesSealed(): number {
		return this.#sealedBefore + (this.#session?.bytesSealed ?? 0);
	}

	/** There is a new question: it is sent soon, but not before this has returned. */
	ask(): void {
		this.#asked = true;
		this.#link.changed(this.#options.clock.nowMs());
		this.#arm();
	}

	/** `moreMs` may have changed. */
	wake(): void {
		this.#arm();
	}

	/** The session is given up for a new one: a credential changed, or the server asks. */
	renew(): void {
		this.#initiator.close();
		this.#lastHello = undefined;
		this.#initiator = this.#newInitiator();
		this.#link.ended(this.#options.clock.nowMs());
		this.#arm();
	}

	/** The unit of this proof has gone for good: in this session no ticket brings it again. */
	retire(proof: Uint8Array): void {
		this.#retired = proof;
	}

	/** Publishes a ticket on the next station's `in`, unread. */
	passOn(station: string, ticket: Uint8Array): void {
		this.#mqtt.publish(stationTopics(station).in, ticket, { qos: 1 });
	}

	/**
	 * Publishes a block of a log.
	 *
	 * @param done - called when it has been written, or is lost. @returns false where there is no room for it.
	 */
	publishLog(block: Uint8Array, done: () => void): boolean {
		return this.#mqtt.publish(this.#topics.log, block, { qos: 0 }, done);
	}

	/** @param state - a hint for people, never acted on. */
	publishState(state: string): void {
		this.#mqtt.publish(this.#topics.state, utf8(state), { qos: 1, retain: true });
	}

	/** @param done - called when the broker has been told. */
	close(done?: () => void): void {
		if (!this.#closed) {
			this.#closed = true;
			this.#timer?.cancel();
			this.#dropSession();
			this.#initiator.close();
		}
		this.#mqtt.close(done);
	}

	#newInitiator(): Initiator {
		const { crypto, board, trust, privateKey } = this.#options;
		const { own: credential, server } = trust;
		return new Initiator({ crypto, name: board.station, credential, server, unwrap: privateKey });
	}

	#onOnline(): void {
		this.#link.connected(this.#options.clock.nowMs());
		this.#options.onOnline();
		this.#arm();
	}

	#onOffline(): void {
		this.#link.disconnected();
		this.#arm();
	}

	#onMqtt({ topic, payload, retain }: MqttMessage): void {
		if (this.#closed) return;
		const { down, in: tickets, file } = this.#topics;
		if (topic === SERVER_TOPIC) this.#onCredential(payload, retain);
		else if (topic !== down && topic !== tickets && topic !== file)
			this.#options.onEnvelope(payload);
		else if (retain) return;
		else if (topic === file) {
			this.#options.onBlock(payload);
			// The next blocks are asked for while more of these are still coming in.
			this.#sayMore(this.#options.clock.nowMs());
		} else if (topic === tickets) this.#onTicket(payload);
		else if (payload[0] === RECORD_KIND) this.#onRecord(payload);
		else if (payload[0] === SIGNED_KIND) this.#onCredential(payload, true);
		else this.#onWelcome(payload);
		this.#arm();
	}

	/** @param retain - false: the server's was published just now, which it does when it has come online. */
	#onCredential(bytes: Uint8Array, retain: boolean): void {
		const { trust, clock, log } = this.#options;
		if (!retain && sameBytes(bytes, trust.server.bytes)) this.#link.serverOnline(clock.nowMs());
		// A copy: the bytes are on loan, and a credential is kept.
		if (trust.offer(bytes.slice(), clock.nowMs()) === undefined) return;
		log("a newer credential was signed by the plant: new session");
		this.renew();
	}

	#onWelcome(bytes: Uint8Array): void {
		const nowMs = this.#options.clock.nowMs();
		const session = this.#initiator.welcome(bytes, nowMs);
		if (!session) return;
		this.#dropSession();
		this.#session = session;
		this.#lastHello = undefined;
		this.#lastTicket = -1;
		this.#retired = undefined;
		this.#link.welcomed(nowMs);
		this.#options.log("session established");
	}

	#onRecord(bytes: Uint8Array): void {
		const opened = this.#session?.open(bytes);
		if (!opened) return;
		const { clock, onMessage, pace } = this.#options;
		const { message } = opened;
		const nowMs = clock.nowMs();
		if (message.type === "pull" || message.type === "kept") {
			this.#link.overheard(nowMs);
			this.#options.onLogMessage(message);
			return;
		}
		this.#asked = false;
		const isFresh = "replyTo" in message && this.#link.isFresh(message.replyTo, nowMs);
		const isFirst = this.#link.phase === "greeting";
		onMessage.call(this.#options, message, isFresh);
		this.#link.heard(nowMs, pace.call(this.#options), this.#asked);
		if (isFirst) this.#options.onSession();
	}

	#onTicket(bytes: Uint8Array): void {
		const ticket = this.#session?.openTicket(bytes);
		if (!ticket || ticket.to !== this.#options.board.station) return;
		const number = view(bytes).getUint32(RECORD_HEADER_SIZE - 4);
		if (number <= this.#lastTicket) return;
		this.#lastTicket = number;
		if (this.#retired && sameBytes(ticket.proof, this.#retired)) return;
		this.#options.onTicket(ticket);
	}

	/** Does what is due and sets the timer for what comes next. */
	#pump(): void {
		const { clock, onSilence } = this.#options;
		const nowMs = clock.nowMs();
		for (let action = this.#link.take(nowMs); action; action = this.#link.take(nowMs)) {
			if (action === "silence") onSilence.call(this.#options);
			else if (action === "hello") this.#hello();
			else if (action === "hello-again") this.#helloAgain();
			else this.#sendQuestion(nowMs);
		}
		this.#sayMore(nowMs);
		this.#arm();
	}

	/** What else there is to say by now. */
	#sayMore(nowMs: number): void {
		if (!this.#mayAsk || this.#options.moreMs() > nowMs) return;
		const message = this.#options.more(nowMs);
		if (message) this.#send(message, nowMs);
	}

	get #mayAsk(): boolean {
		return this.isOpen && this.#link.online;
	}

	/** One timer for what comes next; where that has moved on, it is set again when it fires. */
	#arm(): void {
		if (this.#closed) return;
		let nextMs = this.#link.nextMs;
		if (this.#mayAsk) nextMs = Math.min(nextMs, this.#options.moreMs());
		if (nextMs === Number.POSITIVE_INFINITY) return;
		if (this.#timer) {
			if (this.#timerMs <= nextMs) return;
			this.#timer.cancel();
		}
		this.#setTimer(nextMs);
	}

	#setTimer(nextMs: number): void {
		const { clock } = this.#options;
		this.#timerMs = nextMs;
		const delayMs = Math.max(0, Math.ceil(nextMs - clock.nowMs()));
		this.#timer = clock.set(delayMs, () => {
			this.#timer = undefined;
			this.#pump();
		});
	}

	#hello(): void {
		this.#dropSession();
		if (this.#options.trust.isServerExpired) {
			this.#options.log("the server's credential has expired: waiting for a newer one");
			return;
		}
		this.#lastHello = this.#initiator.hello();
		this.#mqtt.publish(this.#topics.up, this.#lastHello, { qos: 1 });
	}

	/** A server that has it answers as before, a new one as to any HELLO; no key is made here. */
	#helloAgain(): void {
		if (this.#lastHello) this.#mqtt.publish(this.#topics.up, this.#lastHello, { qos: 1 });
	}

	#sendQuestion(nowMs: number): void {
		const { question, ready } = this.#options;
		const greeting = this.#link.phase === "greeting";
		const message = greeting ? undefined : question.call(this.#options);
		this.#send(message ?? ready.call(this.#options), nowMs);
	}

	#send(message: StationMessage, nowMs: number): void {
		if (!this.#session || this.#session.expired(nowMs)) {
			this.#link.ended(nowMs);
			return;
		}
		const { bytes, seq } = this.#session.seal(message);
		this.#link.sent(seq, nowMs);
		this.#mqtt.publish(this.#topics.up, bytes, { qos: 1 });
	}

	#dropSession(): void {
		this.#sealedBefore += this.#session?.bytesSealed ?? 0;
		this.#session?.close();
		this.#session = undefined;
	}
}
