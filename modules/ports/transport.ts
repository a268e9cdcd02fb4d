/** The Transport port: a byte stream to the broker. TCP on a board and in the simulator, TCP in Node. */

/** No method of these is called before `connect` returned, nor after `close()` or `closed`. */
export interface TransportEvents {
	opened(): void;
	/** The bytes are the receiver's to keep. At most 4,096 at a time. */
	received(bytes: Uint8Array): void;
	/** There is room again after a `write` that took less than all. */
	writable(): void;
	/** The peer or the network ended the connection; nothing follows. `reason` is for people. */
	closed(reason: string): void;
}

export interface Connection {
	/** @returns how many leading bytes were taken (0 to `bytes.length`); when fewer than all, `writable` follows. */
	write(bytes: Uint8Array): number;
	/** May be called twice; no event follows. */
	close(): void;
}

export interface Transport {
	/** @param host - a name or an address. @param port - 1 to 65,535. */
	connect(host: string, port: number, events: TransportEvents): Connection;
}
