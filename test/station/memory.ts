/** Storage in memory for the station's tests; counts what is written and can lose power at any write. */
import { type KeyValue, type Partition, StorageError } from "../../modules/ports/storage.js";

/** Thrown in place of a write: the board has lost power. */
export class PowerCut extends Error {}

export class MemoryKeyValue implements KeyValue {
	readonly values = new Map<string, Uint8Array>();
	writes = 0;
	/** The board has no power: nothing is written. */
	isDead = false;
	/** Writes to the power cut; the last one comes too late where `losesLast`. */
	writesToPowerCut = Number.POSITIVE_INFINITY;
	losesLast = false;
	onPowerCut: () => void = () => undefined;

	read(key: string): Uint8Array | undefined {
		return this.values.get(key)?.slice();
	}
	write(key: string, value: Uint8Array): void {
		if (value.length > 4000) throw new StorageError("range", key);
		if (this.isDead) return;
		const isLast = --this.writesToPowerCut === 0;
		if (!isLast || !this.losesLast) {
			this.writes++;
			this.values.set(key, value.slice());
		}
		if (!isLast) return;
		this.isDead = true;
		this.onPowerCut();
	}
	delete(key: string): void {
		this.values.delete(key);
	}
	close(): void {}
}

/** NOR flash: a write needs erased bytes. */
export class MemoryPartition implements Partition {
	readonly size: number;
	readonly blockSize = 4096;
	readonly bytes: Uint8Array;
	erases = 0;
	reads = 0;
	writes = 0;
	/** Bytes that may still be written before the power fails, in the middle of a write if it comes to that. */
	bytesToPowerCut = Number.POSITIVE_INFINITY;

	constructor(size = 64 * 1024) {
		this.size = size;
		this.bytes = new Uint8Array(size).fill(0xff);
	}

	erase(first: number, end: number): void {
		if (this.bytesToPowerCut <= 0) throw new PowerCut();
		this.erases += end - first;
		this.bytes.fill(0xff, first * this.blockSize, end * this.blockSize);
	}
	read(offset: number, size: number): Uint8Array {
		if (offset + size > this.size) throw new StorageError("range", "read");
		this.reads++;
		return this.bytes.slice(offset, offset + size);
	}
	write(offset: number, bytes: Uint8Array): void {
		if (offset + bytes.length > this.size) throw new StorageError("range", "write");
		const size = Math.min(bytes.length, this.bytesToPowerCut);
		this.bytesToPowerCut -= size;
		for (let i = 0; i < size; i++) {
			if (this.bytes[offset + i] !== 0xff)
				throw new Error(`flash: byte ${offset + i} is not erased`);
			this.bytes[offset + i] = bytes[i] as number;
		}
		this.writes++;
		if (size < bytes.length) throw new PowerCut();
	}
	close(): void {}
}
