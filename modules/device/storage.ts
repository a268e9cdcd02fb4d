/** The Storage port over ECMA-419's key-value storage and flash (clause 22 and the SDK's flash partitions). */
import flash, { type Flash } from "embedded:storage/flash";
import keyValue, { type KeyValueStorage } from "embedded:storage/key-value";
import {
	KEY_LENGTH_MAX,
	type KeyValue,
	type Partition,
	StorageError,
	VALUE_SIZE_MAX,
} from "../ports/storage.js";

/** How an area that is full is told: the simulator's `code`, NVS's own name, POSIX's. */
const FULL = /\bfull\b|no room|no space|NOT_ENOUGH_SPACE|ENOSPC/i;

/** @throws {@link StorageError} `full` or `io`, with the platform's own words. */
function guard<T>(what: string, action: () => T): T {
	try {
		return action();
	} catch (error) {
		throw failure(what, error);
	}
}

function failure(what: string, error: unknown): StorageError {
	if (error instanceof StorageError) return error;
	const reason = error instanceof Error ? error.message : String(error);
	if (isFull(error, reason))
		return new StorageError(
			"full",
			`${what}: ${reason}; nothing was changed: give the partition more room`,
		);
	return new StorageError("io", `${what}: ${reason}`);
}

function isFull(error: unknown, reason: string): boolean {
	const code = error instanceof Error && "code" in error ? error.code : undefined;
	return code === "full" || FULL.test(reason);
}

/** One key-value domain. */
export class DeviceKeyValue implements KeyValue {
	readonly #domain: string;
	#storage: KeyValueStorage | undefined;

	/** @param domain - 1 to 15 characters; made where it is not there. */
	constructor(domain: string) {
		this.#domain = domain;
		this.#storage = guard(`domain ${domain}`, () =>
			keyValue.open({ path: domain, format: "buffer" }),
		);
	}

	read(key: string): Uint8Array | undefined {
		const storage = this.#open(key);
		const value = guard(`${this.#domain}/${key}`, () => storage.read(key));
		return value && new Uint8Array(value);
	}

	write(key: string, value: Uint8Array): void {
		const storage = this.#open(key);
		if (value.length > VALUE_SIZE_MAX)
			throw new StorageError("range", `${this.#domain}/${key}: ${value.length} bytes`);
		guard(`${this.#domain}/${key}`, () => storage.write(key, value));
	}

	delete(key: string): void {
		const storage = this.#open(key);
		guard(`${this.#domain}/${key}`, () => storage.delete(key));
	}

	close(): void {
		this.#storage?.close();
		this.#storage = undefined;
	}

	#open(key: string): KeyValueStorage {
		if (!this.#storage) throw new StorageError("closed", `domain ${this.#domain} is closed`);
		if (key.length === 0 || key.length > KEY_LENGTH_MAX)
			throw new StorageError("range", `${this.#domain}: a key of ${key.length} characters`);
		return this.#storage;
	}
}

/** One flash partition. */
export class DevicePartition implements Partition {
	readonly size: number;
	readonly blockSize: number;
	readonly #name: string;
	#flash: Flash | undefined;

	/** @throws {@link StorageError} `io` where there is no partition of this name. */
	constructor(name: string) {
		this.#name = name;
		const opened = guard(`partition ${name}`, () => flash.open({ path: name, mode: "r+" }));
		this.#flash = opened;
		const { size, blockLength } = opened.status();
		this.size = size;
		this.blockSize = blockLength;
	}

	// Here without guard(): a closure and a text for each segment of a file would be garbage.

	erase(first: number, end: number): void {
		const opened = this.#open(first * this.blockSize, (end - first) * this.blockSize);
		if (end <= first) return;
		try {
			opened.eraseBlock(first, end);
		} catch (error) {
			throw failure(`erase ${this.#name}`, error);
		}
	}

	read(offset: number, size: number): Uint8Array {
		const opened = this.#open(offset, size);
		try {
			return new Uint8Array(opened.read(size, offset));
		} catch (error) {
			throw failure(`read ${this.#name}`, error);
		}
	}

	write(offset: number, bytes: Uint8Array): void {
		const opened = this.#open(offset, bytes.length);
		try {
			opened.write(bytes, offset);
		} catch (error) {
			throw failure(`write ${this.#name}`, error);
		}
	}

	close(): void {
		this.#flash?.close();
		this.#flash = undefined;
	}

	#open(offset: number, size: number): Flash {
		if (!this.#flash) throw new StorageError("closed", `partition ${this.#name} is closed`);
		if (!(offset >= 0 && size >= 0 && offset + size <= this.size))
			throw new StorageError("range", `${this.#name}: ${size} bytes at ${offset}`);
		return this.#flash;
	}
}

/** The partitions `slot0`, `slot1`, … up to `max`, as many as the board has (at least one). */
export function openSlots(max: number): Partition[] {
	const names = [...flash];
	const slots: Partition[] = [];
	for (let i = 0; i < max && names.includes(`slot${i}`); i++)
		slots.push(new DevicePartition(`slot${i}`));
	if (slots.length === 0)
		throw new StorageError("io", 'no partition "slot0": flash its table first');
	return slots;
}
