/**
 * The two kinds of simulated boards, and the flash that a new one of each gets.
 *
 *   linux  a process of this machine (host-sim/xs/linux)
 *   mcu    an emulated chip: RV32, 400 KB of RAM, 4 MB of flash (host-sim/mcu-emulator)
 */
import {
	encodeTable,
	FlashImageError,
	isSlot,
	type PartitionShape,
	partitionsWith,
	SLOT_SIZE_DEFAULT,
} from "./flash-table.js";

export const BOARD_KINDS = ["linux", "mcu"] as const;
export type BoardKind = (typeof BOARD_KINDS)[number];

/** @returns some kinds, or `undefined` where `value` is no list of them. */
export function readKinds(value: unknown): readonly BoardKind[] | undefined {
	if (!Array.isArray(value) || value.length === 0) return undefined;
	return value.every((kind) => BOARD_KINDS.includes(kind)) ? value : undefined;
}

/** Bytes of a chip's flash beside its firmware, which has the other 2 MiB (board/partitions.csv). */
export const CHIP_DATA_SIZE = 2 * 1024 * 1024;

/** As board/partitions.csv has them; what a real board keeps for Wi-Fi's calibration is left out. */
export const CHIP_PARTITIONS: readonly PartitionShape[] = [
	{ name: "keys", size: 0x6000, isPrivate: true },
	{ name: "nvs", size: 0x10000 },
	{ name: "slot0", size: 0x70000 },
	{ name: "slot1", size: 0x70000 },
	{ name: "slot2", size: 0x70000 },
	{ name: "log0", size: 0x48000 },
	{ name: "log1", size: 0x48000 },
];

/** Bytes of one slot of a new image, unless said otherwise. */
export function slotSizeOf(kind: BoardKind): number {
	if (kind === "linux") return SLOT_SIZE_DEFAULT;
	return CHIP_PARTITIONS.find(({ name }) => isSlot(name))?.size ?? 0;
}

/**
 * The partitions of a new image.
 *
 * @param slotSize - bytes, a multiple of 4,096; {@link slotSizeOf} where left out.
 * @throws FlashImageError `range` where a chip's flash has no room for such slots.
 */
export function newPartitions(
	kind: BoardKind,
	slotSize = slotSizeOf(kind),
): readonly PartitionShape[] {
	if (kind === "linux") return partitionsWith(slotSize);
	const shapes = withSlots(slotSize);
	const slots = shapes.filter(({ name }) => isSlot(name)).length;
	const most = Math.floor((CHIP_DATA_SIZE - encodeTable(withSlots(0)).size) / slots / 4096) * 4096;
	if (slotSize > most)
		throw new FlashImageError(
			"range",
			`slots of ${slotSize} bytes: a chip's flash has room for ${slots} of at most ${most}`,
		);
	return shapes;
}

/** {@link CHIP_PARTITIONS} with slots of this size; 0: without any. */
function withSlots(slotSize: number): readonly PartitionShape[] {
	return CHIP_PARTITIONS.flatMap((shape) => {
		if (!isSlot(shape.name)) return [shape];
		return slotSize === 0 ? [] : [{ ...shape, size: slotSize }];
	});
}

/** @throws FlashImageError `range` where an image of this size was made for another kind of board. */
export function checkImageSize(kind: BoardKind, file: string, size: number): void {
	if (kind === "mcu" && size > CHIP_DATA_SIZE)
		throw new FlashImageError(
			"range",
			`${file} has ${size} bytes, a chip's flash ${CHIP_DATA_SIZE} beside its firmware: ` +
				"it was made for a Linux board, name a new file",
		);
}
