/** Suite 0: one party's end of the bus: seals, opens, and tells of what was dropped. */
import type { KeyObject } from "node:crypto";
import { type Bus, type Kind, QOS, topicOf } from "./bus.js";
import type { OnEvent } from "./events.js";
import { open, seal } from "./format.js";

export interface PartyOptions {
	readonly bus: Bus;
	/** The party's own, RSA of 2,048 bits. */
	readonly privateKey: KeyObject;
	readonly onEvent: OnEvent;
}

export class Post {
	readonly #options: PartyOptions & { readonly party: string };
	#closed = false;

	constructor(options: PartyOptions & { readonly party: string }) {
		this.#options = options;
	}

	/** @param to - the receiver's public key. @throws RangeError as seal() does. */
	send(station: string, kind: Kind, to: KeyObject, text: string): void {
		const options = { qos: QOS, retain: kind === "file" } as const;
		this.#options.bus.publish(topicOf(station, kind), seal(to, text), options);
	}

	/** @param take - returns false where it does not expect this text; not called after `close()`. */
	receive(station: string, kind: Kind, take: (text: string) => boolean): void {
		const { bus, privateKey, party, onEvent } = this.#options;
		const topic = topicOf(station, kind);
		bus.subscribe(topic, QOS, (payload) => {
			if (this.#closed) return;
			const text = open(privateKey, payload);
			if (text === undefined) onEvent({ event: "dropped", party, topic, why: "unreadable" });
			else if (!take(text)) onEvent({ event: "dropped", party, topic, why: "unexpected" });
		});
	}

	/** May be called twice. */
	close(): void {
		this.#closed = true;
	}
}
