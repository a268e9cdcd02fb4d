/** The Storage port: a board's small records (key-value) and its raw flash partitions. */

/** Characters of a key: `[a-z0-9._-]`, 1 to 15 of them (ESP32 NVS). */
export const KEY_LENGTH_MAX = 15;
/** Bytes of a value (one NVS page holds 4,000). */
export const VALUE_SIZE_MAX = 4000;

/** `full`: no room; `io`: the medium failed; `range`: outside the partition or an unusable key or size. */
export class StorageError extends Error {
	override readonly name = "StorageError";
	readonly code: "full" | "io" | "range" | "corrupt" | "closed";
	constructor(code: StorageError["code"], message: string) {
		super(message);
		this.code = code;
	}
}

/**
 * Small records. Each write is atomic (after a power cut the old value or the new one is there, whole) and
 * durable when the call returns. What must change together therefore lives under one key.
 */
export interface KeyValue {
	/** @returns a copy of the value, or `undefined` where the key is not there. */
	read(key: string): Uint8Array | undefined;
	/** @throws {@link StorageError} and leaves the old value. */
	write(key: string, value: Uint8Array): void;
	/** Deleting what is not there is not an error. */
	delete(key: string): void;
	close(): void;
}

/** A raw flash partition: erased bytes read 0xFF; write only where erased. */
export interface Partition {
	/** In bytes, a multiple of `blockSize`. */
	readonly size: number;
	/** Bytes erased at a time (4,096). */
	readonly blockSize: number;
	/** Erases the blocks `first` to `end - 1`. */
	erase(first: number, end: number): void;
	read(offset: number, size: number): Uint8Array;
	write(offset: number, bytes: Uint8Array): void;
	close(): void;
}
