/**
 * The Transport port over an ECMA-419 TCP socket (`embedded:io/socket/tcp`), without Nagle's delay.
 *
 * The socket says how many bytes it takes and throws above that; here a write takes what there is
 * room for. Leaves out TLS: what goes through is sealed.
 */
import type TCP from "embedded:io/socket/tcp";
import type { Clock } from "../ports/clock.js";
import type { Connection, Transport, TransportEvents } from "../ports/transport.js";

export interface SocketOptions {
	/** The TCP class. */
	readonly io: typeof TCP;
	readonly clock: Clock;
	/**
	 * Finds the IPv4 address of a name; `done` is called once, later. Without it only addresses can
	 * be used.
	 */
	readonly resolve?: (host: string, done: (address: string | undefined) => void) => void;
}

function isAddress(host: string): boolean {
	const parts = host.split(".");
	return (
		parts.length === 4 &&
		parts.every((part) => part !== "" && part.length <= 3 && Number(part) <= 255)
	);
}

class SocketConnection implements Connection {
	readonly #events: TransportEvents;
	#socket: TCP | undefined;
	#opened = false;
	#closed = false;
	/** Bytes the socket takes now. */
	#room = 0;
	#waiting = false;

	constructor(options: SocketOptions, host: string, port: number, events: TransportEvents) {
		this.#events = events;
		if (isAddress(host)) this.#open(options, host, port);
		else if (options.resolve === undefined) this.#end(options, `${host} is not an IPv4 address`);
		else
			options.resolve(host, (address) => {
				if (this.#closed) return;
				if (address !== undefined) this.#open(options, address, port);
				else this.#end(options, `the name ${host} has no address`);
			});
	}

	#open(options: SocketOptions, address: string, port: number): void {
		try {
			this.#socket = new options.io({
				address,
				port,
				nodelay: true,
				onReadable: (size) => this.#readable(size),
				onWritable: (size) => this.#writable(size),
				onError: () => this.#lost(this.#opened ? "the connection was closed" : "could not connect"),
			});
		} catch (error) {
			this.#end(options, error instanceof Error ? error.message : "no socket");
		}
	}

	/** Not from within `connect`: no event comes before it has returned. */
	#end(options: SocketOptions, reason: string): void {
		options.clock.set(0, () => this.#lost(reason));
	}

	#lost(reason: string): void {
		if (this.#closed) return;
		this.close();
		this.#events.closed(reason);
	}

	#writable(size: number): void {
		if (this.#closed) return;
		this.#room = size;
		if (!this.#opened) {
			this.#opened = true;
			this.#events.opened();
		} else if (this.#waiting && size > 0) {
			this.#waiting = false;
			this.#events.writable();
		}
	}

	#readable(size: number): void {
		for (let left = size; left > 0 && !this.#closed; ) {
			const room = this.#events.room(left);
			left -= room.length;
			this.#socket?.read(room);
			this.#events.received(room);
		}
	}

	write(bytes: Uint8Array): number {
		if (this.#closed || this.#socket === undefined) return 0;
		const taken = Math.min(this.#room, bytes.length);
		if (taken < bytes.length) this.#waiting = true;
		if (taken === 0) return 0;
		this.#socket.write(bytes.subarray(0, taken));
		this.#room -= taken;
		return taken;
	}

	close(): void {
		this.#closed = true;
		this.#socket?.close();
		this.#socket = undefined;
	}
}

export class SocketTransport implements Transport {
	readonly #options: SocketOptions;

	constructor(options: SocketOptions) {
		this.#options = options;
	}

	/**
	 * @param host - an IPv4 address, or a name where there is a resolver. @param port - 1 to 65,535.
	 */
	connect(host: string, port: number, events: TransportEvents): Connection {
		return new SocketConnection(this.#options, host, port, events);
	}
}
