/**
 * Reads what a broker sends to a receiver, and keeps the messages of QoS 2 that it publishes again after it has
 * released them (PUBREL).
 *
 * MQTT forbids that (3.1.1 and 5, §4.3.3): the receiver forgets the id at PUBREL, takes the message for a new one, and
 * nothing that a client does can help. Mosquitto 2.0.11 does it where a connection breaks while it repeats its
 * PUBRELs after a reconnection: those that it did not get to are still marked "PUBREL to be repeated", and the next
 * reconnection takes every mark but "PUBCOMP awaited" for "not yet received". That takes two breaks within
 * milliseconds, which is why it is rare.
 */
import { parser } from "mqtt-packet";

export class QosTwoWatch {
	readonly #protocol: 4 | 5;
	readonly #parsers = new Map<number, ReturnType<typeof parser>>();
	/** Ids released at least once; a test uses none of them a second time. */
	readonly #released = new Set<number>();
	/** Texts of messages that the broker should not have published again. */
	readonly publishedAgain: Set<string> = new Set();

	constructor(protocol: 4 | 5) {
		this.#protocol = protocol;
	}

	/** @param bytes - as the broker sent them on this connection. */
	saw(connection: number, bytes: Uint8Array): void {
		const known = this.#parsers.get(connection);
		const reader = known ?? parser({ protocolVersion: this.#protocol });
		if (known === undefined) {
			this.#parsers.set(connection, reader);
			reader.on("packet", (packet) => {
				if (packet.cmd === "pubrel") this.#released.add(packet.messageId ?? 0);
				if (packet.cmd === "publish" && this.#released.has(packet.messageId ?? 0))
					this.publishedAgain.add(packet.payload.toString());
			});
		}
		reader.parse(Buffer.from(bytes));
	}
}
