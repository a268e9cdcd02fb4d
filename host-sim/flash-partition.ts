/** What an open flash image holds, behind the Storage port: raw partitions and key-value domains. */

import { fdatasyncSync, readSync, writeSync } from "node:fs";
import {
	KEY_LENGTH_MAX,
	type KeyValue,
	type Partition,
	StorageError,
	VALUE_SIZE_MAX,
} from "../modules/ports/storage.js";
import { type KeyValueLog, KeyValueLogError } from "./device/key-value-log.js";
import { type Entry, FLASH_BLOCK_SIZE } from "./flash-table.js";

/** A partition of an open image; writes need erased bytes, as on the board. */
export class FilePartition implements Partition {
	readonly blockSize = FLASH_BLOCK_SIZE;
	readonly size: number;
	readonly #file: () => number;
	readonly #entry: Entry;

	constructor(file: () => number, entry: Entry) {
		this.#file = file;
		this.#entry = entry;
		this.size = entry.size;
	}

	erase(first: number, end: number): void {
		this.#check(first * FLASH_BLOCK_SIZE, (end - first) * FLASH_BLOCK_SIZE);
		const zeros = new Uint8Array((end - first) * FLASH_BLOCK_SIZE);
		this.#put(first * FLASH_BLOCK_SIZE, zeros);
	}

	read(offset: number, size: number): Uint8Array {
		return this.#stored(offset, size).map((byte) => ~byte);
	}

	write(offset: number, bytes: Uint8Array): void {
		if (this.#stored(offset, bytes.length).some((byte) => byte !== 0))
			throw new StorageError("io", `${this.#entry.name}: not erased at ${offset}`);
		this.#put(
			offset,
			bytes.map((byte) => ~byte),
		);
	}

	close(): void {}

	#check(offset: number, size: number): void {
		if (!(offset >= 0 && size >= 0 && offset + size <= this.size))
			throw new StorageError("range", `${this.#entry.name}: ${size} bytes at ${offset}`);
	}

	#stored(offset: number, size: number): Uint8Array {
		this.#check(offset, size);
		const bytes = new Uint8Array(size);
		const count = readSync(this.#file(), bytes, 0, size, this.#entry.offset + offset);
		if (count !== size) throw new StorageError("io", `${this.#entry.name}: the file is cut off`);
		return bytes;
	}

	#put(offset: number, bytes: Uint8Array): void {
		writeSync(this.#file(), bytes, 0, bytes.length, this.#entry.offset + offset);
		fdatasyncSync(this.#file());
	}
}

/** One key-value domain of an open image, as the board's firmware sees it. */
export class ImageKeyValue implements KeyValue {
	readonly #log: KeyValueLog;
	readonly #prefix: string;

	constructor(log: KeyValueLog, domain: string) {
		this.#log = log;
		this.#prefix = `${domain}/`;
	}

	read(key: string): Uint8Array | undefined {
		return this.#log.read(this.#prefix + this.#checked(key));
	}

	write(key: string, value: Uint8Array): void {
		if (value.length > VALUE_SIZE_MAX)
			throw new StorageError("range", `${key}: ${value.length} bytes`);
		try {
			this.#log.write(this.#prefix + this.#checked(key), value);
		} catch (error) {
			if (error instanceof KeyValueLogError) throw new StorageError(error.code, error.message);
			throw error;
		}
	}

	delete(key: string): void {
		this.#log.delete(this.#prefix + this.#checked(key));
	}

	close(): void {}

	#checked(key: string): string {
		if (!/^[a-z0-9._-]+$/.test(key) || key.length > KEY_LENGTH_MAX)
			throw new StorageError("range", `key "${key}": not 1 to ${KEY_LENGTH_MAX} of [a-z0-9._-]`);
		return key;
	}
}
