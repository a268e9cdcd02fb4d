/**
 * A broker's end of a connection with a limit on packet size, for brokers that have none: it
 * follows the packets' fixed headers and ends the connection at the first one that is too large,
 * before its bytes are passed on. It keeps nothing but the header it is in.
 */
import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import { MqttError } from "../modules/mqtt/error.js";
import { FixedHeader } from "../modules/mqtt/framer.js";

export class LimitedStream extends Duplex {
	readonly #socket: Socket;
	readonly #header: FixedHeader;
	/** Bytes of the packet under way that are still to come. */
	#left = 0;

	/** @param packetSizeMax - bytes of a whole packet. */
	constructor(socket: Socket, packetSizeMax: number) {
		super({ allowHalfOpen: false });
		this.#socket = socket;
		this.#header = new FixedHeader(packetSizeMax);
		socket.on("data", (bytes: Buffer) => this.#pass(bytes));
		socket.on("end", () => this.push(null));
		socket.on("error", (error: Error) => this.destroy(error));
		socket.on("close", () => this.destroy());
	}

	#pass(bytes: Buffer): void {
		if (this.destroyed) return;
		try {
			this.#follow(bytes);
		} catch (error) {
			if (!(error instanceof MqttError)) throw error;
			this.destroy(error);
			return;
		}
		if (!this.push(bytes)) this.#socket.pause();
	}

	#follow(bytes: Buffer): void {
		for (let offset = 0; offset < bytes.length; ) {
			if (this.#left > 0) {
				const skipped = Math.min(this.#left, bytes.length - offset);
				this.#left -= skipped;
				offset += skipped;
			} else if (this.#header.add(bytes[offset++] as number)) {
				this.#left = this.#header.remaining;
				this.#header.reset();
			}
		}
	}

	override _read(): void {
		this.#socket.resume();
	}

	override _write(bytes: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
		this.#socket.write(bytes, done);
	}

	override _writev(parts: { chunk: Buffer }[], done: (error?: Error | null) => void): void {
		this.#socket.write(Buffer.concat(parts.map(({ chunk }) => chunk)), done);
	}

	override _final(done: (error?: Error | null) => void): void {
		this.#socket.end(done);
	}

	override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
		this.#socket.destroy();
		done(error);
	}
}
