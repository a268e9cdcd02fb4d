/** The Transport port over TCP in Node (node:net), without Nagle's delay. Leaves out TLS. */
import { connect as connectTcp, type Socket } from "node:net";
import type { Connection, Transport, TransportEvents } from "../modules/ports/transport.js";

/** Bytes given to Node and not yet to the network. */
export const UNSENT_MAX = 256 * 1024;
/** For what was written to leave after `close()`. */
const CLOSE_TIMEOUT_MS = 1000;

/** What the system says, for people; a name with several addresses gives an error without words. */
function inWords(error: NodeJS.ErrnoException, address: string): string {
	switch (error.code) {
		case "ECONNREFUSED":
			return `nobody listens at ${address}`;
		case "ENOTFOUND":
		case "EAI_AGAIN":
			return `${address}: there is no such host, or nobody who knows it can be asked`;
		case "EHOSTUNREACH":
		case "ENETUNREACH":
		case "ETIMEDOUT":
			return `${address} cannot be reached`;
		default:
			return error.message === "" ? error.name : error.message;
	}
}

class TcpConnection implements Connection {
	readonly #socket: Socket;
	#closed = false;
	#waiting = false;

	constructor(host: string, port: number, events: TransportEvents) {
		let reason = "the connection was closed";
		this.#socket = connectTcp({ host, port, noDelay: true })
			.on("connect", () => {
				if (!this.#closed) events.opened();
			})
			.on("data", (bytes: Buffer) => {
				if (!this.#closed) events.received(bytes);
			})
			.on("drain", () => {
				if (this.#closed || !this.#waiting) return;
				this.#waiting = false;
				events.writable();
			})
			.on("error", (error: Error) => {
				reason = inWords(error, `${host}:${port}`);
			})
			.on("close", () => {
				if (this.#closed) return;
				this.#closed = true;
				events.closed(reason);
			});
	}

	write(bytes: Uint8Array): number {
		if (this.#closed) return 0;
		const room = Math.max(0, UNSENT_MAX - this.#socket.writableLength);
		const taken = Math.min(room, bytes.length);
		if (taken > 0) this.#send(bytes.subarray(0, taken));
		if (taken < bytes.length) this.#waiting = true;
		return taken;
	}

	/** What is written in one go leaves in one go: blocks of a file, an acknowledgement and the answer after it. */
	#send(bytes: Uint8Array): void {
		if (this.#socket.writableCorked === 0) {
			this.#socket.cork();
			setImmediate(() => this.#socket.uncork());
		}
		this.#socket.write(bytes);
	}

	close(): void {
		if (this.#closed) return;
		this.#closed = true;
		const socket = this.#socket;
		if (socket.connecting) {
			socket.destroy();
			return;
		}
		const timer = setTimeout(() => socket.destroy(), CLOSE_TIMEOUT_MS);
		socket.once("close", () => clearTimeout(timer));
		// Not destroyed at once: bytes still coming in would reset the connection and lose those
		// going out.
		socket.end();
	}
}

export class TcpTransport implements Transport {
	/** @param host - a name or an address. @param port - 1 to 65,535. */
	connect(host: string, port: number, events: TransportEvents): Connection {
		return new TcpConnection(host, port, events);
	}
}
