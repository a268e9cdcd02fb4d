/**
 * A board's flash as a file, from Node: making one, provisioning a board, looking inside. The file's layout is in
 * host-sim/xs/flash.h; the board's process has it open alone, so none of this while it runs.
 *
 * Partitions of a new image: `keys` (private: the board's C reads it, no JavaScript there can), `nvs` (key-value
 * records), slots for sealed files, `log0` and `log1` for logs; how large they are depends on the board (board-kind.ts).
 */

import {
	closeSync,
	existsSync,
	fdatasyncSync,
	fstatSync,
	fsyncSync,
	ftruncateSync,
	openSync,
	readSync,
	renameSync,
	rmSync,
	statSync,
	writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { type KeyValue, type Partition, StorageError } from "../modules/ports/storage.js";
import { type BoardKind, checkImageSize, newPartitions } from "./board-kind.js";
import { KeyValueLog, KeyValueLogError } from "./device/key-value-log.js";
import { FilePartition, ImageKeyValue } from "./flash-partition.js";
import {
	DEFAULT_PARTITIONS,
	decodeTable,
	type Entry,
	encodeTable,
	FLASH_BLOCK_SIZE,
	FlashImageError,
	isSlot,
	KEY_VALUE_PARTITION,
	KEYS_PARTITION,
	type PartitionShape,
} from "./flash-table.js";

export { FlashImageError, type PartitionShape } from "./flash-table.js";

const CONFIG_DOMAIN = "config";

/** An open flash image. */
export class FlashImage {
	readonly #file: string;
	readonly #entries: readonly Entry[];
	#descriptor: number | undefined;
	#log: KeyValueLog | undefined;

	/** @throws {@link FlashImageError} `missing`, `corrupt` or `io`. */
	constructor(file: string) {
		this.#file = file;
		if (!existsSync(file)) throw new FlashImageError("missing", `there is no flash image ${file}`);
		if (!statSync(file).isFile())
			throw new FlashImageError("missing", `${file} is not a file: name a flash image`);
		this.#descriptor = attempt(`cannot open ${file}`, () => openSync(file, "r+"));
		const entries = this.#readTable();
		if (typeof entries === "string") {
			this.close();
			throw new FlashImageError(
				"corrupt",
				`${file} is not a flash image, or is damaged: ${entries}`,
			);
		}
		this.#entries = entries;
	}

	/** Makes an erased image, for its owner only to read. @throws {@link FlashImageError} where the file exists. */
	static create(file: string, shapes: readonly PartitionShape[] = DEFAULT_PARTITIONS): FlashImage {
		const { table, size } = encodeTable(shapes);
		attempt(`cannot make ${file}`, () => {
			const descriptor = openSync(file, "wx", 0o600);
			try {
				ftruncateSync(descriptor, size);
				writeSync(descriptor, table);
				fsyncSync(descriptor);
			} finally {
				closeSync(descriptor);
			}
		});
		return new FlashImage(file);
	}

	/** @throws {@link FlashImageError} `missing`. */
	partition(name: string): Partition {
		return this.#partition(name, false);
	}

	#partition(name: string, isSynced: boolean): Partition {
		const entry = this.#entries.find((candidate) => candidate.name === name);
		if (!entry) throw new FlashImageError("missing", `${this.#file} has no partition ${name}`);
		return new FilePartition(() => this.#open(), entry, isSynced);
	}

	get partitionNames(): string[] {
		return this.#entries.map(({ name }) => name);
	}

	/** @throws {@link FlashImageError} `corrupt`. */
	keyValue(domain: string): KeyValue & { keys(): string[] } {
		const log = this.#openLog();
		const store = new ImageKeyValue(log, domain);
		const prefix = `${domain}/`;
		const keys = () =>
			log
				.keys()
				.filter((key) => key.startsWith(prefix))
				.map((key) => key.slice(prefix.length));
		return Object.assign(store, { keys });
	}

	/** What was written to partitions is on the disk when this returns; records always are. */
	sync(): void {
		fdatasyncSync(this.#open());
	}

	/** May be called twice. */
	close(): void {
		if (this.#descriptor !== undefined) closeSync(this.#descriptor);
		this.#descriptor = undefined;
	}

	#open(): number {
		if (this.#descriptor === undefined) throw new StorageError("closed", `${this.#file} is closed`);
		return this.#descriptor;
	}

	#readTable(): Entry[] | string {
		const table = Buffer.alloc(FLASH_BLOCK_SIZE);
		const count = readSync(this.#open(), table, 0, table.length, 0);
		return decodeTable(table.subarray(0, count), fstatSync(this.#open()).size);
	}

	#openLog(): KeyValueLog {
		try {
			this.#log ??= new KeyValueLog(this.#partition(KEY_VALUE_PARTITION, true));
			return this.#log;
		} catch (error) {
			if (!(error instanceof KeyValueLogError)) throw error;
			throw new FlashImageError("corrupt", `${this.#file}: ${error.message}`, { cause: error });
		}
	}
}

function attempt<T>(what: string, action: () => T): T {
	try {
		return action();
	} catch (error) {
		if (error instanceof FlashImageError) throw error;
		const reason = error instanceof Error ? error.message : String(error);
		throw new FlashImageError("io", `${what}: ${reason}`, { cause: error });
	}
}

export interface Provisioning {
	readonly file: string;
	/** Private keys by the name that firmware asks for (`kem`): PKCS#1 `RSAPrivateKey` in DER. */
	readonly keys: Readonly<Record<string, Uint8Array>>;
	/** All records of the key-value domain `config`. */
	readonly config: Readonly<Record<string, Uint8Array>>;
	/** Bytes of a slot; left out: as the image has them, or slotSizeOf(board) in a new one. */
	readonly slotSize?: number | undefined;
	/** linux */
	readonly board?: BoardKind | undefined;
}

/** The `keys` partition's content (its form: host-sim/xs/keystore.c). */
function encodeKeys(keys: Provisioning["keys"], capacity: number): Uint8Array {
	const parts: Buffer[] = [];
	for (const [name, der] of Object.entries(keys)) {
		if (!/^[a-z0-9._-]{1,15}$/.test(name) || der.length < 1 || der.length > 0xffff)
			throw new FlashImageError("range", `key "${name}": bad name or size ${der.length}`);
		const size = Buffer.alloc(2);
		size.writeUInt16LE(der.length);
		parts.push(Buffer.of(name.length), Buffer.from(name, "latin1"), size, Buffer.from(der));
	}
	const content = Buffer.concat(parts);
	if (content.length >= capacity)
		throw new FlashImageError(
			"range",
			`the keys take ${content.length} bytes, ${capacity} are there`,
		);
	return content;
}

function apply(image: FlashImage, { keys, config }: Provisioning): void {
	const partition = image.partition(KEYS_PARTITION);
	partition.erase(0, partition.size / FLASH_BLOCK_SIZE);
	partition.write(0, encodeKeys(keys, partition.size));
	const store = image.keyValue(CONFIG_DOMAIN);
	for (const key of store.keys()) if (!(key in config)) store.delete(key);
	for (const [key, value] of Object.entries(config)) store.write(key, value);
}

function isProvisioned(image: FlashImage, { keys, config }: Provisioning): boolean {
	const partition = image.partition(KEYS_PARTITION);
	const content = encodeKeys(keys, partition.size);
	const present = partition.read(0, content.length + 1);
	if (Buffer.compare(present.subarray(0, -1), content) !== 0 || present.at(-1) !== 0xff)
		return false;
	const store = image.keyValue(CONFIG_DOMAIN);
	const same = (key: string, value: Uint8Array) => {
		const old = store.read(key);
		return old !== undefined && Buffer.compare(old, value) === 0;
	};
	return (
		store.keys().every((key) => key in config) &&
		Object.entries(config).every(([key, value]) => same(key, value))
	);
}

/** An image's partitions stay as they are: what lies in them would be lost. @throws {@link FlashImageError} `range`. */
function checkSlots(image: FlashImage, slotSize: number | undefined): void {
	if (slotSize === undefined) return;
	for (const name of image.partitionNames) {
		const { size } = image.partition(name);
		if (isSlot(name) && size !== slotSize)
			throw new FlashImageError(
				"range",
				`${name} of this image has ${size} bytes, not ${slotSize}: only a new image takes another size`,
			);
	}
}

/** Bytes copied at a time. */
const COPY_SIZE = 1024 * 1024;

/** Copies a file that is mostly holes: what is all zero is not written. */
function copySparse(from: string, to: string): void {
	const source = openSync(from, "r");
	const target = openSync(to, "wx", 0o600);
	try {
		const { size } = fstatSync(source);
		ftruncateSync(target, size);
		const piece = Buffer.alloc(COPY_SIZE);
		const zeros = Buffer.alloc(COPY_SIZE);
		for (let at = 0; at < size; at += COPY_SIZE) {
			const part = piece.subarray(0, readSync(source, piece, 0, COPY_SIZE, at));
			if (!part.equals(zeros.subarray(0, part.length))) writeSync(target, part, 0, part.length, at);
		}
	} finally {
		closeSync(target);
		closeSync(source);
	}
}

/**
 * Gives a board its keys and its `config` records, making the image where there is none. All of it or nothing: a
 * changed image takes the old one's place in one step. Everything else in the image stays; nothing is written where
 * it holds all this already.
 *
 * @throws {@link FlashImageError}.
 */
export function provision(provisioning: Provisioning): void {
	const { file, slotSize, board = "linux" } = provisioning;
	const temporary = `${file}.new`;
	if (existsSync(file)) {
		checkImageSize(board, file, statSync(file).size);
		const image = new FlashImage(file);
		try {
			checkSlots(image, slotSize);
			if (isProvisioned(image, provisioning)) return;
		} finally {
			image.close();
		}
	}
	rmSync(temporary, { force: true });
	if (existsSync(file)) attempt(`cannot copy ${file}`, () => copySparse(file, temporary));
	const image = existsSync(file)
		? new FlashImage(temporary)
		: FlashImage.create(temporary, newPartitions(board, slotSize));
	try {
		apply(image, provisioning);
		image.sync();
	} catch (error) {
		rmSync(temporary, { force: true });
		throw error;
	} finally {
		image.close();
	}
	attempt(`cannot replace ${file}`, () => {
		renameSync(temporary, file);
		const folder = openSync(dirname(file), "r");
		fsyncSync(folder);
		closeSync(folder);
	});
}
