/**
 * `embedded:storage/key-value` of the simulator's board, as an ESP32's NVS behaves: domains of small records in the
 * flash partition `nvs`. Format "buffer" only. Every store of the machine shares one log.
 */
import flash, { type Flash } from "embedded:storage/flash";
import type { KeyValueStorage } from "embedded:storage/key-value";
import { KeyValueLog, type LogFlash } from "./key-value-log.js";

const PARTITION = "nvs";
/** Characters of a domain or a key, as in NVS. */
const NAME_MAX = 15;

let shared: KeyValueLog | undefined;

function logFlash(opened: Flash): LogFlash {
	const { size, blockLength } = opened.status();
	return {
		size,
		blockSize: blockLength,
		erase: (first, end) => opened.eraseBlock(first, end),
		read: (offset, length) => new Uint8Array(opened.read(length, offset)),
		write: (offset, bytes) => opened.write(bytes, offset),
	};
}

function openLog(): KeyValueLog {
	shared ??= new KeyValueLog(logFlash(flash.open({ path: PARTITION, mode: "r+", sync: true })));
	return shared;
}

function checked(name: string): string {
	if (!/^[^/]{1,15}$/.test(name))
		throw new RangeError(`"${name}": not 1 to ${NAME_MAX} characters`);
	return name;
}

class Store implements KeyValueStorage {
	readonly #prefix: string;
	readonly #writable: boolean;
	#log: KeyValueLog | undefined;

	constructor(domain: string, writable: boolean) {
		this.#prefix = `${checked(domain)}/`;
		this.#writable = writable;
		this.#log = openLog();
	}

	read(key: string): ArrayBuffer | undefined {
		return this.#opened().read(this.#prefix + checked(key))?.buffer as ArrayBuffer | undefined;
	}

	write(key: string, value: ArrayBuffer | Uint8Array): void {
		if (!this.#writable) throw new Error("read-only");
		const bytes = value instanceof Uint8Array ? value : new Uint8Array(value);
		this.#opened().write(this.#prefix + checked(key), bytes);
	}

	delete(key: string): void {
		if (!this.#writable) throw new Error("read-only");
		this.#opened().delete(this.#prefix + checked(key));
	}

	close(): void {
		this.#log = undefined;
	}

	*[Symbol.iterator](): IterableIterator<string> {
		for (const key of this.#opened().keys())
			if (key.startsWith(this.#prefix)) yield key.slice(this.#prefix.length);
	}

	#opened(): KeyValueLog {
		if (!this.#log) throw new Error("closed");
		return this.#log;
	}
}

export default Object.freeze({
	open(options: { path: string; mode?: "r" | "r+"; format?: "buffer" }): KeyValueStorage {
		const { path, mode = "r+", format = "buffer" } = options;
		if (format !== "buffer") throw new RangeError("format: buffer only");
		return new Store(path, mode === "r+");
	},
});
