/** Messages of every sort, as many as there is time for. */
import {
	encodeHello,
	HELLO_LABEL,
	HELLO_NONCE_SIZE,
	SUITE,
} from "../../modules/channel/handshake.js";
import { RANDOM_SIZE_MAX, X25519_SIZE } from "../../modules/ports/crypto.js";
import { PACKET_SIZE_MAX } from "../../modules/station/conversation.js";
import { SERVER_TOPIC, stationTopics } from "../../modules/station/topics.js";
import { Dice } from "../simulation/dice.js";
import { Counts, kindOf } from "./kinds.js";
import type { Scene } from "./scene.js";

/** So many messages each time, so often: 1,500 a second. */
const BURST = 30;
const BURST_EVERY_MS = 20;
/** A flood of whatever length is of one kind with one of this. */
const MESSAGES_MAX = 20_000;
/** Bytes at the end of every sealed message that are sealed. */
const SEALED_SIZE = 80;
/** A packet's topic and lengths. */
const PACKET_OVERHEAD = 64;
/** Larger than a station or the server takes: it ends the connection. Once in so many. */
const TOO_LARGE_SIZE = 20_000;
const TOO_LARGE_EVERY = 3000;
export class Flood {
	readonly #scene: Scene;
	readonly #dice: Dice;
	readonly sent = new Counts();

	constructor(scene: Scene) {
		this.#scene = scene;
		this.#dice = new Dice(scene.seed, "flood");
	}

	/** Goes on until the line is done. */
	run(): void {
		const { line } = this.#scene;
		for (let i = 0; i < BURST; i++) this.#send();
		if (this.#scene.isDone || this.sent.total >= MESSAGES_MAX) return;
		line.time.after(BURST_EVERY_MS, line.operator, () => this.run());
	}

	#send(): void {
		const { wire, topics } = this.#scene;
		const [kind, payload, topic] = this.#make();
		this.sent.add(kind);
		const to = topic ?? this.#dice.pick([...topics, SERVER_TOPIC]) ?? SERVER_TOPIC;
		wire.inject({ topic: to, payload });
	}

	/** @returns what it is, its bytes, and the topic, where only one will do. */
	#make(): readonly [string, Uint8Array, string?] {
		const { crypto, line } = this.#scene;
		const dice = this.#dice;
		const { stations } = line.plant;
		const last = stations.at(-1) ?? "";
		const another = dice.pick(stations.slice(0, -1)) ?? last;
		const up = stationTopics(dice.pick(stations) ?? last).up;
		if ((this.sent.total + 1) % TOO_LARGE_EVERY === 0)
			return ["too large a packet", new Uint8Array(TOO_LARGE_SIZE)];
		const makers: readonly (() => readonly [string, Uint8Array, string?])[] = [
			() => ["captured HELLO", this.#captured("HELLO"), up],
			() => ["changed HELLO", this.#changed("HELLO"), up],
			// Those of one station take its pending sessions, those of the others cost RSA operations.
			() => ["fresh HELLO", this.#hello(last, this.#wrapped()), stationTopics(last).up],
			() => [
				"HELLO with noise for a key",
				this.#hello(another, crypto.random(this.#wrapped().length)),
				stationTopics(another).up,
			],
			() => ["captured ticket", this.#captured("ticket")],
			() => ["changed ticket", this.#changed("ticket")],
			() => ["changed record", this.#changed("record")],
			() => ["garbage", crypto.random(dice.whole(0, RANDOM_SIZE_MAX))],
			() => ["largest packet", new Uint8Array(PACKET_SIZE_MAX - PACKET_OVERHEAD).fill(0x10)],
		];
		return dice.pick(makers)?.() ?? ["nothing", new Uint8Array()];
	}

	#captured(kind: string): Uint8Array {
		const all = this.#scene.wire.captured.filter(({ payload }) => kindOf(payload) === kind);
		return this.#dice.pick(all)?.payload ?? new Uint8Array();
	}

	/** In one byte of its sealed part. */
	#changed(kind: string): Uint8Array {
		const copy = this.#captured(kind).slice();
		const at = copy.length - this.#dice.whole(1, SEALED_SIZE);
		if (at >= 0) copy[at] = (copy[at] as number) ^ 1;
		return copy;
	}

	#wrapped(): Uint8Array {
		const { crypto, line } = this.#scene;
		const key = crypto.publicKey(line.plant.serverKeys().credential.kem, "wrap");
		return crypto.wrap(key, crypto.secret(), HELLO_LABEL);
	}

	/** As anybody makes it who has read the credentials. */
	#hello(name: string, wrapped: Uint8Array): Uint8Array {
		const { crypto, line } = this.#scene;
		const { credential, stations } = line.plant.serverKeys();
		return encodeHello({
			suite: SUITE,
			name,
			stationEpoch: stations.get(name)?.epoch ?? 0,
			serverEpoch: credential.epoch,
			nonce: crypto.random(HELLO_NONCE_SIZE),
			share: crypto.random(X25519_SIZE),
			wrapped,
		});
	}
}
