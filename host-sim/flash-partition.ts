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

/** Bytes read, complemented and written at a time. */
const PIECE_SIZE = 16 * FLASH_BLOCK_SIZE;
const ZEROS = Buffer.alloc(PIECE_SIZE);

/**
 * A partition of an open image; writes need erased bytes, as on the board. What is changed is on the disk when the call
 * returns only where that was asked for; host-sim/xs/flash.h says who needs it.
 */
export class FilePartition implements Partition {
	readonly blockSize = FLASH_BLOCK_SIZE;
	readonly size: number;
	readonly #file: () => number;
	readonly #entry: Entry;
	readonly #isSynced: boolean;
	readonly #piece = Buffer.from(new ArrayBuffer(PIECE_SIZE));
	/** From here to there it was erased by this object, and not written since: known without a look. */
	#blankFrom = 0;
	#blankTo = 0;

	constructor(file: () => number, entry: Entry, isSynced: boolean) {
		this.#file = file;
		this.#entry = entry;
		this.#isSynced = isSynced;
		this.size = entry.size;
	}

	/** What is erased already is not written, so that an image stays as sparse as it can. */
	erase(first: number, end: number): void {
		this.#check(first * FLASH_BLOCK_SIZE, (end - first) * FLASH_BLOCK_SIZE);
		const endAt = end * FLASH_BLOCK_SIZE;
		for (let at = first * FLASH_BLOCK_SIZE; at < endAt; at += PIECE_SIZE) {
			const part = this.#piece.subarray(0, Math.min(PIECE_SIZE, endAt - at));
			this.#get(at, part);
			if (!isZero(part)) this.#put(at, part.fill(0));
		}
		if (first * FLASH_BLOCK_SIZE !== this.#blankTo) this.#blankFrom = first * FLASH_BLOCK_SIZE;
		this.#blankTo = endAt;
		this.#sync();
	}

	read(offset: number, size: number): Uint8Array {
		this.#check(offset, size);
		const bytes = new Uint8Array(size);
		this.#get(offset, bytes);
		complement(bytes);
		return bytes;
	}

	write(offset: number, bytes: Uint8Array): void {
		this.#check(offset, bytes.length);
		this.#checkErased(offset, bytes.length);
		for (let at = 0; at < bytes.length; at += PIECE_SIZE) {
			const part = this.#piece.subarray(0, Math.min(PIECE_SIZE, bytes.length - at));
			part.set(bytes.subarray(at, at + part.length));
			complement(part);
			this.#put(offset + at, part);
		}
		this.#sync();
	}

	close(): void {}

	#checkErased(offset: number, size: number): void {
		const end = offset + size;
		if (offset < this.#blankFrom || end > this.#blankTo) {
			for (let at = offset; at < end; at += PIECE_SIZE) {
				const part = this.#piece.subarray(0, Math.min(PIECE_SIZE, end - at));
				this.#get(at, part);
				if (!isZero(part)) throw new StorageError("io", `${this.#entry.name}: not erased at ${at}`);
			}
			if (end <= this.#blankFrom || offset >= this.#blankTo) return;
		}
		this.#blankFrom = Math.max(end, this.#blankFrom);
	}

	#check(offset: number, size: number): void {
		if (!(offset >= 0 && size >= 0 && offset + size <= this.size))
			throw new StorageError("range", `${this.#entry.name}: ${size} bytes at ${offset}`);
	}

	/** As they are in the file. */
	#get(offset: number, target: Uint8Array): void {
		const count = readSync(this.#file(), target, 0, target.length, this.#entry.offset + offset);
		if (count !== target.length)
			throw new StorageError("io", `${this.#entry.name}: the file is cut off`);
	}

	#put(offset: number, bytes: Uint8Array): void {
		writeSync(this.#file(), bytes, 0, bytes.length, this.#entry.offset + offset);
	}

	#sync(): void {
		if (this.#isSynced) fdatasyncSync(this.#file());
	}
}

/** @param bytes - from the start of their buffer; four at a time. */
function complement(bytes: Uint8Array): void {
	const words = new Uint32Array(bytes.buffer, 0, bytes.length >>> 2);
	for (let i = 0; i < words.length; i++) words[i] = ~(words[i] as number);
	for (let i = 4 * words.length; i < bytes.length; i++) bytes[i] = ~(bytes[i] as number);
}

/** @param bytes - up to PIECE_SIZE. */
function isZero(bytes: Buffer): boolean {
	return bytes.equals(bytes.length === PIECE_SIZE ? ZEROS : ZEROS.subarray(0, bytes.length));
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
