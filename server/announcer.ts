/**
 * The credentials that the server publishes, for stations that may not know the newest ones (docs/protocol.md §4): its own,
 * retained, whenever it comes online or has new keys; and both, for the sake of a station whose HELLO was refused.
 */
import { type Credential, SERVER_SUBJECT } from "../modules/channel/credential.js";
import { SERVER_TOPIC, stationTopics } from "../modules/station/topics.js";

/** For the sake of refused HELLOs each credential is published at most so often: anybody can send them. */
const AGAIN_MS = 5000;

export interface AnnouncerOptions {
	readonly clock: { nowMs(): number };
	/** The server's own of this moment, and a station's, where it has a good one. */
	readonly server: () => Credential;
	readonly station: (name: string) => Credential | undefined;
	readonly publish: (topic: string, payload: Uint8Array, retain: boolean) => void;
}

export class Announcer {
	readonly #options: AnnouncerOptions;
	/** By subject: when it may next be published for the sake of a refused HELLO. */
	readonly #againMs = new Map<string, number>();

	constructor(options: AnnouncerOptions) {
		this.#options = options;
	}

	/** Publishes the server's. */
	announce(): void {
		const { server, publish } = this.#options;
		publish(SERVER_TOPIC, server().bytes, true);
	}

	/**
	 * A station's HELLO was refused: it may not know the server's newest credential or, where its own was renewed while it had
	 * no session, that.
	 */
	help(name: string): void {
		const { station, publish } = this.#options;
		if (this.#isDue(SERVER_SUBJECT)) this.announce();
		const own = station(name);
		if (own && this.#isDue(name)) publish(stationTopics(name).down, own.bytes, false);
	}

	#isDue(subject: string): boolean {
		const nowMs = this.#options.clock.nowMs();
		if (nowMs < (this.#againMs.get(subject) ?? 0)) return false;
		this.#againMs.set(subject, nowMs + AGAIN_MS);
		return true;
	}
}
