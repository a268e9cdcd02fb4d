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
		const { wire, topics, line } = this.#scene;
		const [kind, payload] = this.#make();
		const named = line.plant.stations.map((name) => `${stationTopics(name).up}`);
		const all = /HELLO/.test(kind) ? named : [...topics, SERVER_TOPIC];
		this.sent.add(kind);
		wire.inject({ topic: this.#dice.pick(all) ?? SERVER_TOPIC, payload });
	}

	#make(): readonly [string, Uint8Array] {
		const { crypto } = this.#scene;
		const dice = this.#dice;
		if ((this.sent.total + 1) % TOO_LARGE_EVERY === 0)
			return ["too large a packet", new Uint8Array(TOO_LARGE_SIZE)];
		const makers: readonly (() => readonly [string, Uint8Array])[] = [
			() => ["captured HELLO", this.#captured("HELLO")],
			() => ["changed HELLO", this.#changed("HELLO")],
			() => ["fresh HELLO", this.#hello()],
			() => ["captured ticket", this.#captured("ticket")],
			() => ["changed ticket", this.#changed("ticket")],
			() => ["changed record", this.#changed("record")],
			() => ["garbage", crypto.random(dice.whole(0, RANDOM_SIZE_MAX))],
			() => ["largest packet", new Uint8Array(PACKET_SIZE_MAX - PACKET_OVERHEAD).fill(0x10)],
		];
		const made = dice.pick(makers);
		return made?.() ?? ["nothing", new Uint8Array()];
	}

	#captured(kind: string): Uint8Array {
		const all = this.#scene.wire.captured.filter(({ payload }) => kindOf(payload) === kind);
		return all.length > 0 ? (this.#dice.pick(all)?.payload as Uint8Array) : new Uint8Array();
	}

	#changed(kind: string): Uint8Array {
		const copy = this.#captured(kind).slice();
		const at = this.#dice.whole(1, Math.max(1, copy.length - 1));
		copy[at] = (copy[at] ?? 0) ^ 1;
		return copy;
	}

	/** As anybody makes it who has read the credentials. */
	#hello(): Uint8Array {
		const { crypto, line } = this.#scene;
		const { credential, stations } = line.plant.serverKeys();
		const name = this.#dice.pick(line.plant.stations) ?? "";
		return encodeHello({
			suite: SUITE,
			name,
			stationEpoch: stations.get(name)?.epoch ?? 0,
			serverEpoch: credential.epoch,
			nonce: crypto.random(HELLO_NONCE_SIZE),
			share: crypto.random(X25519_SIZE),
			wrapped: crypto.wrap(crypto.publicKey(credential.kem, "wrap"), crypto.secret(), HELLO_LABEL),
		});
	}
}
