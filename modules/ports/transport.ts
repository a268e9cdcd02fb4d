/** The Transport port: a byte stream to the broker. TCP on a board and in the simulator, TCP in Node. */

/** No method of these is called before `connect` returned, nor after `close()` or `closed`. */
export interface TransportEvents {
	opened(): void;
	/**
	 * Where the next bytes may be read to: a board's socket then needs no place of its own, and what is long is not copied.
	 *
	 * @param sizeMax - so many are there, 1 or more.
	 * @returns 1 to `sizeMax` bytes, for the very next `received` alone.
	 */
	room(sizeMax: number): Uint8Array;
	/**
	 * @param bytes - what `room` gave, filled, or the transport's own, any number; the receiver's only until it returns.
	 */
	received(bytes: Uint8Array): void;
	/** There is room again after a `write` that took less than all. */
	writable(): void;
	/** The peer or the network ended the connection; nothing follows. `reason` is for people. */
	closed(reason: string): void;
}

export interface Connection {
	/**
	 * @param bytes - not to be changed afterwards.
	 * @returns how many leading bytes were taken (0 to `bytes.length`); when fewer than all, `writable` follows.
	 */
	write(bytes: Uint8Array): number;
	/** May be called twice; no event follows. */
	close(): void;
}

export interface Transport {
	/** @param host - a name or an address. @param port - 1 to 65,535. */
	connect(host: string, port: number, events: TransportEvents): Connection;
}
