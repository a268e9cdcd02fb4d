/**
 * Small sealed files on `recipe/<n>`, retained, so that a station can fetch its file while the server is away
 * (docs/protocol.md §3). Published once per connection and whenever they change; what is no longer wanted is
 * cleared.
 */
import { sameBytes } from "../modules/bytes/bytes.js";
import { recipeTopic } from "../modules/station/topics.js";
import { OFFERS_MAX } from "./files.js";

export interface RetainedOptions {
	/** Full names. */
	readonly route: readonly string[];
	/** The files a station should have there; `undefined` for one that is too large. */
	readonly files: (station: string) => Promise<readonly (Uint8Array | undefined)[]>;
	/** @returns false where there is no room now. */
	readonly publish: (topic: string, payload: Uint8Array) => boolean;
}

export class Retained {
	readonly #options: RetainedOptions;
	/** What this connection has published, by topic. */
	readonly #published = new Map<string, Uint8Array>();

	constructor(options: RetainedOptions) {
		this.#options = options;
	}

	/** A new connection: the broker may have forgotten. */
	forget(): void {
		this.#published.clear();
	}

	/** @returns false where the queue was full before everything was up to date: call again when there is room. */
	async update(): Promise<boolean> {
		const { route, files, publish } = this.#options;
		for (const station of route) {
			const wanted = await files(station);
			for (let i = 0; i < OFFERS_MAX; i++) {
				const topic = recipeTopic(station, i);
				const payload = wanted[i] ?? new Uint8Array();
				const before = this.#published.get(topic);
				if (before && sameBytes(before, payload)) continue;
				if (!publish(topic, payload)) return false;
				this.#published.set(topic, payload);
			}
		}
		return true;
	}
}
