/**
 * The Storage port in memory. The sealed and the plain side of bench/transfer.ts both write to it, so that no disk
 * stands between them and hides what one of them costs.
 */
import { type KeyValue, type Partition, StorageError } from "../../modules/ports/storage.js";

const BLOCK_SIZE = 4096;
const ERASED = 0xff;

export class MemoryPartition implements Partition {
	readonly blockSize = BLOCK_SIZE;
	readonly bytes: Uint8Array;

	/** @param size - a multiple of 4,096. */
	constructor(size: number) {
		this.bytes = new Uint8Array(size);
	}

	get size(): number {
		return this.bytes.length;
	}

	erase(first: number, end: number): void {
		this.bytes.fill(ERASED, first * BLOCK_SIZE, end * BLOCK_SIZE);
	}

	read(offset: number, size: number): Uint8Array {
		if (offset < 0 || offset + size > this.size) throw new StorageError("range", "read");
		return this.bytes.slice(offset, offset + size);
	}

	write(offset: number, bytes: Uint8Array): void {
		if (offset < 0 || offset + bytes.length > this.size) throw new StorageError("range", "write");
		this.bytes.set(bytes, offset);
	}

	close(): void {}
}

export class MemoryKeyValue implements KeyValue {
	readonly #records: Map<string, Uint8Array>;

	constructor(records: Readonly<Record<string, Uint8Array>> = {}) {
		this.#records = new Map(Object.entries(records));
	}

	read(key: string): Uint8Array | undefined {
		return this.#records.get(key)?.slice();
	}

	write(key: string, value: Uint8Array): void {
		this.#records.set(key, value.slice());
	}

	delete(key: string): void {
		this.#records.delete(key);
	}

	close(): void {}
}

/** Bytes of a slot for a sealed file of `size` bytes, whatever it is cut into from 256 bytes on. */
export function slotSizeFor(size: number): number {
	return Math.ceil((size * 1.1 + 16_384) / BLOCK_SIZE) * BLOCK_SIZE;
}
