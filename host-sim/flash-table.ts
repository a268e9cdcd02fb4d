/**
 * The table at the start of a flash image: which partitions it has and where (host-sim/xs/flash.h has the layout).
 */

export const FLASH_BLOCK_SIZE = 4096;
const MAGIC = "interlock-flash1";
const NAME_SIZE = 16;
const TABLE_OFFSET = 20;
const ENTRY_SIZE = 32;
const FLAG_PRIVATE = 1;
const PARTITIONS_MAX = 16;
/** Private keys; the board's C reads it, no JavaScript there can. */
export const KEYS_PARTITION = "keys";
/** Key-value records. */
export const KEY_VALUE_PARTITION = "nvs";

/** `missing`: no such file or partition; `corrupt`: not a flash image, or a damaged one; `io`: the disk refused;
 * `range`: names, sizes or keys that do not fit. */
export class FlashImageError extends Error {
	override readonly name = "FlashImageError";
	readonly code: "missing" | "corrupt" | "io" | "range";
	constructor(code: FlashImageError["code"], message: string, options?: ErrorOptions) {
		super(message, options);
		this.code = code;
	}
}

export interface PartitionShape {
	/** 1 to 15 characters. */
	readonly name: string;
	/** In bytes, a multiple of 4,096. */
	readonly size: number;
	readonly isPrivate?: boolean;
}

/** Bytes of one of the slots of a new image, unless said otherwise, and at most. */
export const SLOT_SIZE_DEFAULT = 1024 * 1024;
export const SLOT_SIZE_MAX = 512 * 1024 * 1024;

export const DEFAULT_PARTITIONS: readonly PartitionShape[] = [
	{ name: KEYS_PARTITION, size: 16 * 1024, isPrivate: true },
	{ name: KEY_VALUE_PARTITION, size: 128 * 1024 },
	{ name: "slot0", size: SLOT_SIZE_DEFAULT },
	{ name: "slot1", size: SLOT_SIZE_DEFAULT },
	{ name: "slot2", size: SLOT_SIZE_DEFAULT },
	{ name: "slot3", size: SLOT_SIZE_DEFAULT },
];

/** Offsets in an image are 32 bits. */
const IMAGE_SIZE_MAX = 0xffff_ffff;
const SLOT = /^slot\d+$/;

/** Whether a partition of this name is for sealed files. */
export function isSlot(name: string): boolean {
	return SLOT.test(name);
}

/** {@link DEFAULT_PARTITIONS}, with slots of this size. @param slotSize - bytes, a multiple of 4,096. */
export function partitionsWith(slotSize: number): readonly PartitionShape[] {
	return DEFAULT_PARTITIONS.map((shape) =>
		isSlot(shape.name) ? { ...shape, size: slotSize } : shape,
	);
}

export interface Entry {
	readonly name: string;
	readonly offset: number;
	readonly size: number;
	readonly isPrivate: boolean;
}

function crc32(bytes: Uint8Array): number {
	let crc = -1;
	for (const byte of bytes) {
		crc ^= byte;
		for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
	}
	return ~crc >>> 0;
}

/** @returns the image's first block, and its size in bytes. @throws {@link FlashImageError} `range`. */
export function encodeTable(shapes: readonly PartitionShape[]): { table: Buffer; size: number } {
	if (shapes.length < 1 || shapes.length > PARTITIONS_MAX)
		throw new FlashImageError("range", `${shapes.length} partitions, not 1 to ${PARTITIONS_MAX}`);
	const table = Buffer.alloc(FLASH_BLOCK_SIZE);
	const end = TABLE_OFFSET + shapes.length * ENTRY_SIZE;
	let offset = FLASH_BLOCK_SIZE;
	table.write(MAGIC, "latin1");
	table.writeUInt32LE(shapes.length, MAGIC.length);
	for (const [i, { name, size, isPrivate }] of shapes.entries()) {
		if (!/^[\x21-\x7e]{1,15}$/.test(name) || size <= 0 || size % FLASH_BLOCK_SIZE !== 0)
			throw new FlashImageError("range", `partition "${name}": bad name or size ${size}`);
		if (isSlot(name) && size > SLOT_SIZE_MAX)
			throw new FlashImageError(
				"range",
				`a slot of ${size} bytes: a slot has at most ${SLOT_SIZE_MAX}`,
			);
		if (offset + size > IMAGE_SIZE_MAX)
			throw new FlashImageError(
				"range",
				`partition "${name}" would end at ${offset + size}: an image has at most ${IMAGE_SIZE_MAX} bytes`,
			);
		const at = TABLE_OFFSET + i * ENTRY_SIZE;
		table.write(name, at, "latin1");
		table.writeUInt32LE(offset, at + NAME_SIZE);
		table.writeUInt32LE(size, at + NAME_SIZE + 4);
		table.writeUInt32LE(isPrivate ? FLAG_PRIVATE : 0, at + NAME_SIZE + 8);
		offset += size;
	}
	table.writeUInt32LE(crc32(table.subarray(0, end)), end);
	return { table, size: offset };
}

/** @returns the partitions, or why `table` (the first block, or what there is of it) is not one. */
export function decodeTable(table: Buffer, fileSize: number): Entry[] | string {
	if (table.toString("latin1", 0, MAGIC.length) !== MAGIC)
		return `it does not begin with "${MAGIC}"`;
	if (table.length < FLASH_BLOCK_SIZE)
		return `its table of partitions is cut off: ${table.length} bytes of ${FLASH_BLOCK_SIZE}`;
	const count = table.readUInt32LE(MAGIC.length);
	if (count < 1 || count > PARTITIONS_MAX)
		return `byte ${MAGIC.length}: ${count} partitions, not 1 to ${PARTITIONS_MAX}`;
	const end = TABLE_OFFSET + count * ENTRY_SIZE;
	if (table.readUInt32LE(end) !== crc32(table.subarray(0, end)))
		return `the table of partitions, bytes 0 to ${end + 3}, does not have the checksum it ends with`;
	const entries: Entry[] = [];
	for (let at = TABLE_OFFSET; at < end; at += ENTRY_SIZE) {
		const name = table.toString("latin1", at, at + NAME_SIZE).replace(/\0.*$/, "");
		const offset = table.readUInt32LE(at + NAME_SIZE);
		const size = table.readUInt32LE(at + NAME_SIZE + 4);
		const isPrivate = (table.readUInt32LE(at + NAME_SIZE + 8) & FLAG_PRIVATE) !== 0;
		if (offset + size > fileSize)
			return `partition ${name} ends at ${offset + size}, the file is cut off at ${fileSize}`;
		entries.push({ name, offset, size, isPrivate });
	}
	return entries;
}
