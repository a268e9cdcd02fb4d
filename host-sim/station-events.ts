/**
 * What a simulated board's console says, line by line. Lines that begin with `@memory `, `@counters `, `@transfer `,
 * `@logs `, `@reset `, `@ended ` or `@instructions ` carry JSON and become events of their own; the last three come
 * from emulated chips alone.
 */

/** Characters of a console line that are kept, unless said otherwise. */
export const LINE_MAX = 4096;

/** How far a file, or a log, is on its way. */
export interface Transfer {
	/** `down`: a file to the station; `up`: a log from it. */
	readonly direction: string;
	/** Of a file. */
	readonly file?: string;
	readonly version?: number;
	/** Segments that are there, and all of them. */
	readonly done: number;
	readonly of: number;
	/** Of the sealed file, that are there; of a log's plaintext, in all. */
	readonly bytes: number;
}

/** Fields of {@link ChipMemory}, as the chip names them. */
const CHIP_FIELDS = [
	"ramBytes",
	"neverTouchedBytes",
	"stackBytes",
	"stackPeakBytes",
	"staticBytes",
	"heapBytes",
	"heapPeakBytes",
	"cryptoBytes",
	"cryptoPeakBytes",
	"networkBytes",
	"networkPeakBytes",
] as const;

/**
 * The RAM of a chip by owner, now and at most since it started. `stack` is the C stack's whole place and the deepest it
 * has been, `static` what was placed by the linker, `heap` all that was allocated, with `crypto` and `network` in it.
 */
export type ChipMemory = Readonly<Record<(typeof CHIP_FIELDS)[number], number>>;

export interface MemoryReport {
	/** Slots take 16 bytes on a board. `base` is what a board keeps in flash. */
	readonly slots: number;
	readonly chunkBytes: number;
	readonly baseSlots: number;
	readonly baseChunkBytes: number;
	/** What is taken of the board's budget, and the budget (0: none). */
	readonly reservedBytes: number;
	/** Of what is taken, for chunks. */
	readonly reservedChunkBytes: number;
	readonly limitBytes: number;
	/** Of an emulated chip alone. */
	readonly chip?: ChipMemory;
}

export type StationEvent =
	| { readonly kind: "log"; readonly line: string }
	| ({ readonly kind: "memory" } & MemoryReport)
	| { readonly kind: "counters"; readonly messages: number; readonly bytesSealed: number }
	| ({ readonly kind: "transfer" } & Transfer)
	/** Finished logs in flash that the server has yet to keep. */
	| { readonly kind: "logs"; readonly waiting: number }
	/** A chip begins anew, and why: `power-on`, or a fault's name. */
	| { readonly kind: "reset"; readonly reason: string }
	/** A chip's engine, or the chip, ends; a restart or the end of its process follows. `status` as {@link BOARD_EXIT}. */
	| { readonly kind: "ended"; readonly status: number; readonly message: string }
	/** Instructions since the chip started, at work and while it waited. */
	| { readonly kind: "instructions"; readonly busy: number; readonly idle: number };

function fields(line: string, prefix: string): Record<string, unknown> | undefined {
	if (!line.startsWith(prefix)) return undefined;
	try {
		const value: unknown = JSON.parse(line.slice(prefix.length));
		return typeof value === "object" && value !== null
			? (value as Record<string, unknown>)
			: undefined;
	} catch {
		return undefined;
	}
}

function count(value: unknown): number {
	return typeof value === "number" && Number.isFinite(value) ? value : 0;
}

function word(value: unknown): string {
	return typeof value === "string" ? value : "";
}

function memoryReport(memory: Record<string, unknown>): MemoryReport {
	const { chip } = memory;
	const isChip = typeof chip === "object" && chip !== null;
	const owners = isChip ? (chip as Record<string, unknown>) : {};
	return {
		slots: count(memory.slots),
		chunkBytes: count(memory.chunkBytes),
		baseSlots: count(memory.baseSlots),
		baseChunkBytes: count(memory.baseChunkBytes),
		reservedBytes: count(memory.reservedBytes),
		reservedChunkBytes: count(memory.reservedChunkBytes),
		limitBytes: count(memory.limitBytes),
		...(isChip && {
			chip: Object.fromEntries(
				CHIP_FIELDS.map((name) => [name, count(owners[name])]),
			) as unknown as ChipMemory,
		}),
	};
}

function transferReport(transfer: Record<string, unknown>): Transfer {
	return {
		direction: word(transfer.direction),
		...(transfer.file === undefined
			? {}
			: { file: word(transfer.file), version: count(transfer.version) }),
		done: count(transfer.done),
		of: count(transfer.of),
		bytes: count(transfer.bytes),
	};
}

type Reader = (value: Record<string, unknown>) => StationEvent;
const READERS: readonly (readonly [string, Reader])[] = [
	["@memory ", (value) => ({ kind: "memory", ...memoryReport(value) })],
	[
		"@counters ",
		({ messages, bytesSealed }) => ({
			kind: "counters",
			messages: count(messages),
			bytesSealed: count(bytesSealed),
		}),
	],
	["@transfer ", (value) => ({ kind: "transfer", ...transferReport(value) })],
	["@logs ", ({ waiting }) => ({ kind: "logs", waiting: count(waiting) })],
	["@reset ", ({ reason }) => ({ kind: "reset", reason: word(reason) })],
	[
		"@ended ",
		({ status, message }) => ({ kind: "ended", status: count(status), message: word(message) }),
	],
	[
		"@instructions ",
		({ busy, idle }) => ({ kind: "instructions", busy: count(busy), idle: count(idle) }),
	],
];

/** @param line - one line of the console, without its end. @param lineMax - characters that are kept of it. */
export function parseConsoleLine(line: string, lineMax = LINE_MAX): StationEvent {
	for (const [prefix, read] of READERS) {
		const value = fields(line, prefix);
		if (value) return read(value);
	}
	return { kind: "log", line: line.slice(0, lineMax) };
}
