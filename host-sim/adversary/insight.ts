/**
 * What a message says, sealed or not. No attacker can read that; this one is told, so that it does what one would do who
 * always guesses right.
 */
import { hex } from "../../modules/bytes/bytes.js";
import { sessionIdOf } from "../../modules/channel/session.js";
import { SERVER } from "../simulation/line.js";
import { kindOf } from "./kinds.js";
import type { Scene } from "./scene.js";
import type { Message } from "./wire.js";

/** Where the sequence number of a record ends. */
const SEQ_END = 17;
const SEQ_SIZE = 6;

export class Insight {
	readonly #records = new Map<string, string>();

	/** Before the line is switched on. */
	constructor(scene: Scene) {
		scene.onSeen((seen) => {
			if (seen.type !== "said" || seen.kind !== "message") return;
			const { by, session, seq, message } = seen;
			this.#records.set(`${by === SERVER}/${session}/${seq}`, message.type);
		});
	}

	/** A record's message by its name in docs/protocol.md §6, or else what kindOf says. */
	of({ topic, payload }: Pick<Message, "topic" | "payload">): string | undefined {
		const kind = kindOf(payload);
		if (kind !== "record" || payload.length < SEQ_END) return kind;
		const seq = Buffer.from(payload).readUIntBE(SEQ_END - SEQ_SIZE, SEQ_SIZE);
		const name = `${topic.endsWith("/down")}/${hex(sessionIdOf(payload))}/${seq}`;
		return this.#records.get(name) ?? kind;
	}
}
