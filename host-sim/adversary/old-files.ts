/** Everything that was captured of a recipe's first version, to be brought back in the time of the second. */
import { concat } from "../../modules/bytes/bytes.js";
import { RECIPE_TOPICS_MAX } from "../../modules/station/topics.js";
import { Counts, kindOf } from "./kinds.js";
import type { Scene } from "./scene.js";
import type { Message } from "./wire.js";

/** Where the head begins in a head block, after its kind and the file's digest. */
const HEAD_AT = 33;
/** Old messages that come with each new one. */
const OLD_EACH = 4;

export class OldFiles {
	readonly #scene: Scene;
	readonly #old: readonly Message[];
	readonly given = new Counts();
	#next = 0;

	constructor(scene: Scene) {
		this.#scene = scene;
		this.#old = scene.wire.captured.filter(
			({ topic, payload }) => kindOf(payload) && !topic.endsWith("/up"),
		);
	}

	/** As they came: envelopes and blocks of files, `start`, `welcome-back`, tickets. */
	some(): void {
		for (let i = 0; i < OLD_EACH; i++) {
			const message = this.#old[this.#next++ % this.#old.length];
			if (message) this.#give("as it was", message.topic, message.payload);
		}
	}

	/** The retained envelopes, in place of the new ones. */
	retain(): void {
		for (const { topic, payload } of this.#old)
			if (kindOf(payload) === "envelope") {
				const base = topic.slice(0, topic.lastIndexOf("/"));
				for (let n = 0; n < RECIPE_TOPICS_MAX; n++)
					this.#give("retained", `${base}/${n}`, payload, true);
			}
	}

	/** Old heads under the new file's name, old segments likewise, before the new block. */
	rename(topic: string, block: Uint8Array): void {
		for (const { payload, topic: its } of this.#old)
			if (its === topic && payload[0] === block[0])
				this.#give(
					"under the new name",
					topic,
					concat(block.slice(0, HEAD_AT), payload.slice(HEAD_AT)),
				);
	}

	#give(how: string, topic: string, payload: Uint8Array, retain = false): void {
		this.#scene.wire.inject({ topic, payload, retain });
		this.given.add(how);
	}
}
