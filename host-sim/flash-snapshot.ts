/**
 * A flash image read without changing it, also while a board runs on it: the small partitions as they were at one
 * moment, the slots for sealed files from the file.
 *
 * Leaves out: what the bytes mean (flash-inspect.ts).
 */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { type KeyValue, StorageError } from "../modules/ports/storage.js";
import {
	KeyValueLog,
	KeyValueLogError,
	type LogExtent,
	type LogFlash,
	recordSize,
} from "./device/key-value-log.js";
import { decodeTable, type Entry, FLASH_BLOCK_SIZE, FlashImageError } from "./flash-table.js";

/** An image that is open for reading. */
export class FlashSnapshot {
	readonly entries: readonly Entry[];
	/** Of the file, in bytes. */
	readonly size: number;
	readonly #file: string;
	readonly #descriptor: number;

	/** @throws {@link FlashImageError} `missing`, `io`, or `corrupt` where there is no table of partitions. */
	constructor(file: string) {
		this.#file = file;
		this.#descriptor = open(file);
		try {
			this.size = fstatSync(this.#descriptor).size;
			const entries = decodeTable(this.#read(0, Math.min(this.size, FLASH_BLOCK_SIZE)), this.size);
			if (typeof entries === "string")
				throw new FlashImageError(
					"corrupt",
					`${file} is not a flash image, or is damaged: ${entries}`,
				);
			this.entries = entries;
		} catch (error) {
			this.close();
			throw error;
		}
	}

	entry(name: string): Entry | undefined {
		return this.entries.find((entry) => entry.name === name);
	}

	/** Bytes as the board reads them. @throws {@link FlashImageError} `io`. */
	read(entry: Entry, offset: number, size: number): Uint8Array {
		return Uint8Array.from(this.#read(entry.offset + offset, size), (byte) => ~byte);
	}

	close(): void {
		closeSync(this.#descriptor);
	}

	#read(offset: number, size: number): Buffer {
		const bytes = Buffer.alloc(size);
		try {
			if (readSync(this.#descriptor, bytes, 0, size, offset) === size) return bytes;
		} catch (error) {
			throw new FlashImageError("io", `${this.#file} cannot be read: ${reason(error)}`);
		}
		throw new FlashImageError("io", `${this.#file} became shorter while it was read`);
	}
}

function open(file: string): number {
	let descriptor: number;
	try {
		descriptor = openSync(file, "r");
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === "ENOENT")
			throw new FlashImageError("missing", `${file} is not there: name a flash image`);
		throw new FlashImageError("io", `${file} cannot be read: ${reason(error)}`);
	}
	if (fstatSync(descriptor).isFile()) return descriptor;
	closeSync(descriptor);
	throw new FlashImageError("missing", `${file} is not a file: name a flash image`);
}

function reason(error: unknown): string {
	return error instanceof Error ? error.message : String(error);
}

/** A copy of the key-value partition: the log opens it as a board does, and what it writes reaches no file. */
export class RecordsCopy {
	readonly #bytes: Uint8Array;
	readonly #log: KeyValueLog;

	/** @throws {@link KeyValueLogError} `corrupt`. */
	constructor(bytes: Uint8Array) {
		this.#bytes = bytes.slice();
		this.#log = new KeyValueLog(memoryFlash(this.#bytes));
	}

	get extent(): LogExtent {
		return this.#log.extent;
	}

	/** Every record's key, `<domain>/<name>`, and size. */
	get records(): { key: string; size: number }[] {
		return this.#log.keys().map((key) => ({ key, size: this.#log.read(key)?.length ?? 0 }));
	}

	/**
	 * Where a whole record stands after one that is not: a power cut leaves the last one unfinished and nothing after
	 * it, so the record between was damaged.
	 */
	recordAfterTear(): number | undefined {
		const { end, limit, isTorn } = this.#log.extent;
		if (!isTorn) return undefined;
		const area = this.#bytes.subarray(0, limit);
		for (let at = end + 1; at < limit; at++) if (recordSize(area, at) > 0) return at;
		return undefined;
	}

	domain(name: string): KeyValue {
		const log = this.#log;
		return {
			read: (key) => log.read(`${name}/${key}`),
			write: (key, value) => guard(() => log.write(`${name}/${key}`, value)),
			delete: (key) => guard(() => log.delete(`${name}/${key}`)),
			close: () => {},
		};
	}
}

function guard(work: () => void): void {
	try {
		work();
	} catch (error) {
		if (error instanceof KeyValueLogError) throw new StorageError(error.code, error.message);
		throw error;
	}
}

function memoryFlash(bytes: Uint8Array): LogFlash {
	return {
		size: bytes.length,
		blockSize: FLASH_BLOCK_SIZE,
		erase: (first, end) => void bytes.fill(0xff, first * FLASH_BLOCK_SIZE, end * FLASH_BLOCK_SIZE),
		read: (offset, size) => bytes.slice(offset, offset + size),
		write: (offset, source) => bytes.set(source, offset),
	};
}
