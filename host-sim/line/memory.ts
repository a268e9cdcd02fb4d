/**
 * A station's memory in words: of a Linux board what is alive in its engine, of a chip all of its RAM by owner. Garbage
 * was collected first.
 */
import type { Memory } from "./events.js";
import { bytes, table } from "./table.js";

/** Bytes of one slot on a board (32-bit XS); the simulator's own are twice as large. */
export const BOARD_SLOT_SIZE = 16;

/** Bytes of a board's RAM that are alive in the engine; what it has in flash is not counted. */
export function memoryBytes({ slots, chunkBytes }: Memory): number {
	return slots * BOARD_SLOT_SIZE + chunkBytes;
}

/** RAM that something has used since the chip started. */
function touchedBytes({ ramBytes, neverTouchedBytes }: NonNullable<Memory["chip"]>): number {
	return ramBytes - neverTouchedBytes;
}

/** For a column: `36 kB`; of a chip `331 of 410 kB`, what was ever touched. */
export function memoryCell(memory: Memory): string {
	const { chip } = memory;
	if (chip === undefined) return bytes(memoryBytes(memory));
	return `${Math.round(touchedBytes(chip) / 1000)} of ${bytes(chip.ramBytes)}`;
}

/**
 * By owner, and by place. XS as it is now: what is alive of slots and chunks, and what it has taken for them and its
 * stack; the others at most. XS and crypto are in the heap, the network is in what is static.
 */
const OWNERS: readonly (readonly [string, (memory: Required<Memory>) => number])[] = [
	["XS slots", ({ slots }) => slots * BOARD_SLOT_SIZE],
	["XS chunks", ({ chunkBytes }) => chunkBytes],
	["XS taken", ({ reservedBytes }) => reservedBytes],
	["crypto", ({ chip }) => chip.cryptoPeakBytes],
	["heap", ({ chip }) => chip.heapPeakBytes],
	["network", ({ chip }) => chip.networkPeakBytes],
	["static", ({ chip }) => chip.staticBytes],
	["stack", ({ chip }) => chip.stackPeakBytes],
	["never touched", ({ chip }) => chip.neverTouchedBytes],
];

function isChips(memory: Memory | undefined): memory is Required<Memory> {
	return memory?.chip !== undefined;
}

/** @returns a row a chip; `undefined` where there is none. */
export function ramTable(
	stations: readonly { readonly id: string; readonly memory: Memory | undefined }[],
): string | undefined {
	const rows = stations.flatMap(({ id, memory }) =>
		isChips(memory) ? [[id, ...OWNERS.map(([, of]) => bytes(of(memory)))]] : [],
	);
	if (rows.length === 0) return undefined;
	return table(["RAM", ...OWNERS.map(([name]) => `>${name}`)], rows);
}

/** A chip that has touched so much more is worth a line. */
const NOTE_BYTES = 1000;

/** Says where a chip's RAM went, whenever it has touched more of it than it ever had. */
export class RamNotes {
	readonly #most = new Map<string, number>();

	/** @returns a line, or `undefined` where nothing new is to be said. */
	note(station: string, memory: Memory): string | undefined {
		if (!isChips(memory)) return undefined;
		const touched = touchedBytes(memory.chip);
		if (touched < (this.#most.get(station) ?? 0) + NOTE_BYTES) return undefined;
		this.#most.set(station, touched);
		const owners = OWNERS.map(([name, of]) => `${name} ${bytes(of(memory))}`);
		return `${station}: RAM ${memoryCell(memory)}: ${owners.join(", ")}`;
	}
}
