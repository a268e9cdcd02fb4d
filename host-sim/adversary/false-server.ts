/** Somebody who answers HELLOs with a server's keys that are stolen, or its own. */
import { hex } from "../../modules/bytes/bytes.js";
import { answerHello } from "../../modules/channel/answer.js";
import type { Credential } from "../../modules/channel/credential.js";
import {
	decodeHello,
	HELLO_LABEL,
	type Hello,
	SESSION_ID_SIZE,
} from "../../modules/channel/handshake.js";
import { type ServerSession, sessionIdOf } from "../../modules/channel/session.js";
import type { PrivateKey } from "../../modules/ports/crypto.js";
import { stationTopics } from "../../modules/station/topics.js";
import type { Scene } from "./scene.js";
import type { Message } from "./wire.js";

/** Credentials change, and the stations make new sessions. */
const CHANGE_MS = 15_000;
const REAL_CHANGE_MS = 8000;

export interface FalseKeys {
	readonly credential: Credential;
	readonly kem: PrivateKey;
}

export class FalseServer {
	readonly #scene: Scene;
	readonly #keys: FalseKeys;
	readonly #sessions = new Map<string, ServerSession>();
	/** HELLOs answered, those whose k_c these keys gave, and records that opened in a session so made. */
	answered = 0;
	unwrapped = 0;
	opened = 0;

	constructor(scene: Scene, keys: FalseKeys) {
		this.#scene = scene;
		this.#keys = keys;
	}

	/** Takes a message of a station to the server. @returns whether it was a HELLO. */
	hear({ topic, payload, from }: Message): boolean {
		if (topic.endsWith("/up") && from.includes(".")) {
			const session = this.#sessions.get(hex(sessionIdOf(payload)));
			if (session?.open(payload)) this.opened++;
			const hello = decodeHello(payload);
			if (hello) this.#answer(from, hello, payload);
			return hello !== undefined;
		}
		return false;
	}

	#answer(name: string, hello: Hello, bytes: Uint8Array): void {
		const { crypto, line, wire } = this.#scene;
		const { credential: server, kem } = this.#keys;
		const station = line.plant.serverKeys().stations.get(name);
		if (!station) return;
		const secret = crypto.unwrap(kem, hello.wrapped, HELLO_LABEL);
		if (secret) this.unwrapped++;
		const request = {
			hello,
			helloDigest: crypto.sha256(bytes),
			// Without it, a guess.
			helloSecret: secret ?? crypto.secret(),
			sessionId: crypto.random(SESSION_ID_SIZE),
			station,
			server,
		};
		const answer = answerHello(crypto, request, 0);
		if (!answer) return;
		this.answered++;
		this.#sessions.set(hex(request.sessionId), answer.session);
		wire.inject({ topic: stationTopics(name).down, payload: answer.welcome });
	}
}

/**
 * What a plant does: units, new keys for the server and new credentials for the stations, more units.
 *
 * @param onChange - called between units and new keys. @param onChanged - when all stations have them.
 */
export async function changeKeys(
	scene: Scene,
	onChange: () => void = () => undefined,
	onChanged: () => Promise<void> = async () => undefined,
): Promise<void> {
	const { line, wire } = scene;
	await scene.finish();
	onChange();
	line.plant.rotateServer();
	for (const name of line.plant.stations) line.plant.renewStation(name);
	line.announceKeys();
	await scene.wait(wire.isReal ? REAL_CHANGE_MS : CHANGE_MS);
	await onChanged();
	await scene.bringUnits(2);
}

/** Every board starts anew, and gets what the broker keeps. */
export function restartBoards({ line }: Scene): void {
	for (const board of line.boards) {
		board.cut();
		board.powerOn();
	}
}
