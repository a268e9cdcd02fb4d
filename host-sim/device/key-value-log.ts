/**
 * A key-value store in one flash partition: an append-only log in one of two areas, compacted into the other.
 *
 * ```
 * area      header (12 bytes: "KVL1", sequence u32, CRC-32 of both), then records from offset 16
 * record    CRC-32 of the rest u32 | kind u8 (1 value, 2 deletion) | key size u8 | value size u16 | key | value
 * end       eight erased bytes (0xFF), or the area's end
 * ```
 *
 * Numbers are little-endian. The area with a valid header and the greater sequence counts; a header is written last,
 * when all its records are there, so a power cut leaves the old or the new area. A record whose CRC is wrong was cut
 * off while it was written: it and what follows do not count, and the next write compacts.
 * The simulator's board and Node use this same file. It leaves out wear levelling between more than two areas.
 */

/** Bytes of a key (domain, "/" and name) and of a value. */
export const RECORD_KEY_MAX = 31;
export const RECORD_VALUE_MAX = 4000;

const MAGIC = 0x314c564b;
const HEADER_SIZE = 12;
const RECORDS_OFFSET = 16;
const RECORD_HEAD = 8;
const KIND_VALUE = 1;
const KIND_DELETION = 2;

/** What the log needs of a partition; ports/storage's Partition is one. */
export interface LogFlash {
	readonly size: number;
	readonly blockSize: number;
	erase(first: number, end: number): void;
	read(offset: number, size: number): Uint8Array;
	write(offset: number, bytes: Uint8Array): void;
}

/** `full`: no room even after compaction; `corrupt`: records without a valid header; `range`: unusable key or value. */
export class KeyValueLogError extends Error {
	override readonly name = "KeyValueLogError";
	readonly code: "full" | "corrupt" | "range";
	constructor(code: KeyValueLogError["code"], message: string) {
		super(message);
		this.code = code;
	}
}

export interface LogExtent {
	/** Offsets in the partition: where the area in use begins, its records end, and it ends. */
	readonly start: number;
	readonly end: number;
	readonly limit: number;
	readonly sequence: number;
	/** What stands at `end` is not a record: it was cut off while it was written, or damaged since. */
	readonly isTorn: boolean;
}

/** @returns the size of the whole record at `offset` of `bytes`, 0 where there is none. */
export function recordSize(bytes: Uint8Array, offset: number): number {
	if (offset + RECORD_HEAD > bytes.length) return 0;
	const keySize = bytes[offset + 5] as number;
	const size = RECORD_HEAD + keySize + view(bytes).getUint16(offset + 6, true);
	if (keySize < 1 || keySize > RECORD_KEY_MAX || offset + size > bytes.length) return 0;
	const isWhole =
		view(bytes).getUint32(offset, true) === crc32(bytes.subarray(offset + 4, offset + size));
	return isWhole ? size : 0;
}

interface Place {
	readonly offset: number;
	readonly size: number;
}

/** What four bits do to a CRC-32, as integers of 32 bits with a sign: XS computes with others in floating point. */
const CRC_OF_BITS = [
	0x0, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
	0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
].map((crc) => crc | 0);

function crc32(bytes: Uint8Array): number {
	const { length } = bytes;
	let crc = -1;
	for (let i = 0; i < length; i++) {
		crc ^= bytes[i] as number;
		crc = ((crc >> 4) & 0xfffffff) ^ (CRC_OF_BITS[crc & 15] as number);
		crc = ((crc >> 4) & 0xfffffff) ^ (CRC_OF_BITS[crc & 15] as number);
	}
	return ~crc >>> 0;
}

function view(bytes: Uint8Array): DataView {
	return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function isErased(bytes: Uint8Array): boolean {
	for (const byte of bytes) if (byte !== 0xff) return false;
	return true;
}

/** Keys are ASCII. */
function keyBytes(key: string): Uint8Array {
	const bytes = new Uint8Array(key.length);
	for (let i = 0; i < key.length; i++) {
		const code = key.charCodeAt(i);
		if (code < 0x21 || code > 0x7e)
			throw new KeyValueLogError("range", `key "${key}": not plain ASCII`);
		bytes[i] = code;
	}
	if (bytes.length < 1 || bytes.length > RECORD_KEY_MAX)
		throw new KeyValueLogError(
			"range",
			`key "${key}": ${bytes.length} bytes, not 1 to ${RECORD_KEY_MAX}`,
		);
	return bytes;
}

function encodeRecord(kind: number, key: string, value: Uint8Array): Uint8Array {
	const name = keyBytes(key);
	if (value.length > RECORD_VALUE_MAX)
		throw new KeyValueLogError(
			"range",
			`${key}: ${value.length} bytes, more than ${RECORD_VALUE_MAX}`,
		);
	const record = new Uint8Array(RECORD_HEAD + name.length + value.length);
	record[4] = kind;
	record[5] = name.length;
	view(record).setUint16(6, value.length, true);
	record.set(name, RECORD_HEAD);
	record.set(value, RECORD_HEAD + name.length);
	view(record).setUint32(0, crc32(record.subarray(4)), true);
	return record;
}

export class KeyValueLog {
	readonly #flash: LogFlash;
	/** Bytes of one area. */
	readonly #areaSize: number;
	#area = 0;
	#sequence = 0;
	#end = RECORDS_OFFSET;
	/** Something unreadable stands at `#end`. */
	#torn = false;
	readonly #values = new Map<string, Place>();

	/**
	 * Opens the log, or starts one in an erased partition.
	 *
	 * @param flash - at least two blocks.
	 * @throws {@link KeyValueLogError} `corrupt`.
	 */
	constructor(flash: LogFlash) {
		this.#flash = flash;
		this.#areaSize = Math.floor(flash.size / flash.blockSize / 2) * flash.blockSize;
		const sequences = [this.#readHeader(0), this.#readHeader(1)];
		this.#area = (sequences[1] ?? 0) > (sequences[0] ?? 0) ? 1 : 0;
		const sequence = sequences[this.#area];
		if (sequence === undefined) {
			this.#start();
		} else {
			this.#sequence = sequence;
			this.#scan();
		}
	}

	/** @returns a copy, or `undefined`. */
	read(key: string): Uint8Array | undefined {
		const place = this.#values.get(key);
		return place && this.#flash.read(this.#base + place.offset, place.size);
	}

	/**
	 * Durable and whole when it returns. Writing the value that is there writes nothing.
	 *
	 * @throws {@link KeyValueLogError} `full`, `range`; the old value stays.
	 */
	write(key: string, value: Uint8Array): void {
		const record = encodeRecord(KIND_VALUE, key, value);
		const old = this.read(key);
		if (old && old.length === value.length && old.every((byte, i) => byte === value[i])) return;
		const place = this.#append(record, key);
		this.#values.set(key, { offset: place + record.length - value.length, size: value.length });
	}

	/** Where there is no room for a record of the deletion, the compaction leaves the key out. */
	delete(key: string): void {
		if (!this.#values.has(key)) return;
		this.#append(encodeRecord(KIND_DELETION, key, new Uint8Array(0)), key);
		this.#values.delete(key);
	}

	keys(): string[] {
		return [...this.#values.keys()];
	}

	/** How the partition is filled, for those who look inside it. */
	get extent(): LogExtent {
		const start = this.#base;
		return {
			start,
			end: start + this.#end,
			limit: start + this.#areaSize,
			sequence: this.#sequence,
			isTorn: this.#torn,
		};
	}

	get #base(): number {
		return this.#area * this.#areaSize;
	}

	#readHeader(area: number): number | undefined {
		const header = this.#flash.read(area * this.#areaSize, HEADER_SIZE);
		const numbers = view(header);
		const sequence = numbers.getUint32(4, true);
		const good = numbers.getUint32(0, true) === MAGIC && sequence > 0;
		return good && numbers.getUint32(8, true) === crc32(header.subarray(0, 8))
			? sequence
			: undefined;
	}

	#writeHeader(area: number, sequence: number): void {
		const header = new Uint8Array(HEADER_SIZE);
		view(header).setUint32(0, MAGIC, true);
		view(header).setUint32(4, sequence, true);
		view(header).setUint32(8, crc32(header.subarray(0, 8)), true);
		this.#flash.write(area * this.#areaSize, header);
	}

	#start(): void {
		for (const area of [0, 1])
			if (!isErased(this.#flash.read(area * this.#areaSize + RECORDS_OFFSET, RECORD_HEAD)))
				throw new KeyValueLogError("corrupt", "key-value storage: records without a valid header");
		this.#eraseArea(0);
		this.#writeHeader(0, 1);
		this.#sequence = 1;
	}

	#eraseArea(area: number): void {
		const blocks = this.#areaSize / this.#flash.blockSize;
		this.#flash.erase(area * blocks, (area + 1) * blocks);
	}

	#scan(): void {
		for (;;) {
			const size = this.#scanRecord(this.#end);
			if (size === 0) return;
			this.#end += size;
		}
	}

	/** Takes the record at `offset` in. @returns its size; 0 where there is none. */
	#scanRecord(offset: number): number {
		if (offset + RECORD_HEAD > this.#areaSize) return 0;
		const head = this.#flash.read(this.#base + offset, RECORD_HEAD);
		if (isErased(head)) return 0;
		const keySize = head[5] as number;
		const valueSize = view(head).getUint16(6, true);
		const size = RECORD_HEAD + keySize + valueSize;
		this.#torn = true;
		if (keySize < 1 || keySize > RECORD_KEY_MAX || offset + size > this.#areaSize) return 0;
		const record = this.#flash.read(this.#base + offset, size);
		if (view(head).getUint32(0, true) !== crc32(record.subarray(4))) return 0;
		this.#torn = false;
		const key = String.fromCharCode(...record.subarray(RECORD_HEAD, RECORD_HEAD + keySize));
		if (record[4] === KIND_VALUE)
			this.#values.set(key, { offset: offset + RECORD_HEAD + keySize, size: valueSize });
		else this.#values.delete(key);
		return size;
	}

	/** @param changed - the key that `record` is about. @returns where the record is. */
	#append(record: Uint8Array, changed: string): number {
		const isRoom = !this.#torn && this.#end + record.length <= this.#areaSize;
		if (!isRoom || !isErased(this.#flash.read(this.#base + this.#end, record.length)))
			return this.#compact(record, changed);
		this.#torn = true;
		this.#flash.write(this.#base + this.#end, record);
		this.#torn = false;
		this.#end += record.length;
		return this.#end - record.length;
	}

	/**
	 * Copies what counts into the other area, with `record` in place of what `changed` was; its header, written last,
	 * makes all of that count at once.
	 */
	#compact(record: Uint8Array, changed: string): number {
		const isValue = record[4] === KIND_VALUE;
		let size = RECORDS_OFFSET + (isValue ? record.length : 0);
		for (const [key, place] of this.#values)
			if (key !== changed) size += RECORD_HEAD + key.length + place.size;
		if (size > this.#areaSize)
			throw new KeyValueLogError("full", `${changed}: no room in the key-value storage`);
		const target = 1 - this.#area;
		this.#eraseArea(target);
		const places = new Map<string, Place>();
		let end = RECORDS_OFFSET;
		for (const [key, place] of this.#values) {
			if (key === changed) continue;
			const value = this.#flash.read(this.#base + place.offset, place.size);
			const copy = encodeRecord(KIND_VALUE, key, value);
			this.#flash.write(target * this.#areaSize + end, copy);
			end += copy.length;
			places.set(key, { offset: end - value.length, size: value.length });
		}
		if (isValue) this.#flash.write(target * this.#areaSize + end, record);
		this.#writeHeader(target, this.#sequence + 1);
		this.#area = target;
		this.#sequence++;
		this.#torn = false;
		this.#end = isValue ? end + record.length : end;
		for (const [key, place] of places) this.#values.set(key, place);
		return end;
	}
}
