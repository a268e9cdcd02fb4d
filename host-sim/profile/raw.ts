/**
 * A profile as the simulator's host writes it (host-sim/xs/profiled/profile-write.c), read and checked: every index
 * is in range and a node comes after its parent, so that nobody who walks the tree can go astray.
 */
import { readFileSync, statSync } from "node:fs";

export const FORMAT = "interlock-profile-1";
/** Bytes of a file. */
export const PROFILE_SIZE_MAX = 128 * 1024 * 1024;

/**
 * `format`: not a profile, or damaged; `size`: too large for one; `build`: the profiler cannot be built;
 * `run`: what was to be profiled did not get through.
 */
export class ProfileError extends Error {
	readonly code: "format" | "size" | "build" | "run";
	constructor(code: ProfileError["code"], message: string) {
		super(message);
		this.name = "ProfileError";
		this.code = code;
	}
}

export type FunctionKind = "pseudo" | "phase" | "native" | "script";

export interface RawFunction {
	/** `undefined`: it has none. */
	readonly name: string | undefined;
	readonly kind: FunctionKind;
	readonly className: string | undefined;
	/** Of a script: its module, and the line in its compiled source, from 1 (0: not known). */
	readonly module: string | undefined;
	readonly line: number;
	/** Of a native: the C function. */
	readonly symbol: string | undefined;
}

export interface RawNode {
	/** Index; the root's is 0. */
	readonly parent: number;
	readonly function: number;
	readonly ticks: number;
	/** Part of the ticks: blocked, or others had the processor. */
	readonly waiting: number;
	readonly collections: number;
	/** Allocated here, estimated; slots, and bytes of chunks. */
	readonly slots: number;
	readonly bytes: number;
	/** Of them, alive when the most was. */
	readonly peakSlots: number;
	readonly peakBytes: number;
}

export interface RawOwner {
	/** A constructor's name, or what it is where it has none. */
	readonly name: string | undefined;
	readonly isClass: boolean;
	readonly module: string | undefined;
	readonly instances: number;
	readonly slots: number;
	readonly chunkBytes: number;
}

export interface RawCensus {
	readonly slots: number;
	readonly chunkBytes: number;
	/** Of the chunks, those that nothing alive refers to: garbage, until it is compacted. */
	readonly unownedBytes: number;
	readonly owners: readonly RawOwner[];
}

const COUNTS = [
	"intervalNs",
	"slotPeriod",
	"wallNs",
	"cpuNs",
	"ticks",
	"ticksUnordered",
	"stacksCut",
	"collections",
	"compactions",
	"collectionNs",
	"reports",
	"slotsAllocated",
	"chunksAllocated",
	"chunkBytesAllocated",
	"trackedLost",
	"slotSize",
	"reservedBytes",
	"limitBytes",
	"stackBytes",
] as const;

export interface RawProfile extends Readonly<Record<(typeof COUNTS)[number], number>> {
	readonly engine: string;
	readonly functions: readonly RawFunction[];
	readonly nodes: readonly RawNode[];
	/** Nodes in the order of time, and how many ticks each stands for. */
	readonly samples: readonly number[];
	readonly sampleTicks: readonly number[];
	readonly peak: RawCensus;
	readonly end: RawCensus;
}

type Fields = Readonly<Record<string, unknown>>;

function fail(where: string, what: string): never {
	throw new ProfileError("format", `not a profile: ${where} ${what}`);
}

function fieldsOf(value: unknown, where: string): Fields {
	if (typeof value !== "object" || value === null || Array.isArray(value))
		fail(where, "is no object");
	return value as Fields;
}

function listOf(value: unknown, where: string): readonly unknown[] {
	if (!Array.isArray(value)) fail(where, "is no list");
	return value;
}

function countOf(value: unknown, where: string, below = Number.MAX_SAFE_INTEGER): number {
	if (!Number.isSafeInteger(value) || (value as number) < 0 || (value as number) >= below)
		fail(where, `is not a whole number from 0 to ${below - 1}`);
	return value as number;
}

function textOf(value: unknown, where: string): string | undefined {
	if (value === null || value === undefined) return undefined;
	if (typeof value !== "string") fail(where, "is no text");
	return value;
}

const KINDS: readonly string[] = ["pseudo", "phase", "native", "script"];

function functionOf(value: unknown, index: number): RawFunction {
	const where = `functions[${index}]`;
	const { name, kind, class: className, module, line, symbol } = fieldsOf(value, where);
	if (typeof kind !== "string" || !KINDS.includes(kind)) fail(`${where}.kind`, "is unknown");
	return {
		name: textOf(name, `${where}.name`),
		kind: kind as FunctionKind,
		className: textOf(className, `${where}.class`),
		module: textOf(module, `${where}.module`),
		line: countOf(line ?? 0, `${where}.line`),
		symbol: textOf(symbol, `${where}.symbol`),
	};
}

const ROW_SIZE = 11;

function nodeOf(value: unknown, index: number, functionCount: number): RawNode {
	const where = `nodes[${index}]`;
	const row = listOf(value, where).map((each) => countOf(each, where));
	if (row.length !== ROW_SIZE) fail(where, `has not ${ROW_SIZE} numbers`);
	const [parent, ofFunction, ticks, waiting, collections, slots, bytes] = row as [
		number,
		number,
		number,
		number,
		number,
		number,
		number,
	];
	const peakSlots = row[9] ?? 0;
	const peakBytes = row[10] ?? 0;
	countOf(parent, `${where}, its parent,`, Math.max(index, 1));
	countOf(ofFunction, `${where}, its function,`, functionCount);
	if (waiting > ticks) fail(where, "waits for longer than it took");
	return {
		parent,
		function: ofFunction,
		ticks,
		waiting,
		collections,
		slots,
		bytes,
		peakSlots,
		peakBytes,
	};
}

function ownerOf(value: unknown, where: string): RawOwner {
	const { name, kind, module, instances, slots, chunkBytes } = fieldsOf(value, where);
	return {
		name: textOf(name, where),
		isClass: kind === "class",
		module: textOf(module, where),
		instances: countOf(instances, where),
		slots: countOf(slots, where),
		chunkBytes: countOf(chunkBytes, where),
	};
}

function censusOf(value: unknown, where: string): RawCensus {
	const { slots, chunkBytes, unownedBytes, owners } = fieldsOf(value, where);
	return {
		slots: countOf(slots, `${where}.slots`),
		chunkBytes: countOf(chunkBytes, `${where}.chunkBytes`),
		unownedBytes: countOf(unownedBytes, `${where}.unownedBytes`),
		owners: listOf(owners, `${where}.owners`).map((each, i) =>
			ownerOf(each, `${where}.owners[${i}]`),
		),
	};
}

/** @throws {@link ProfileError} `format`. */
export function parseProfile(text: string): RawProfile {
	let value: unknown;
	try {
		value = JSON.parse(text);
	} catch (error) {
		fail("the file", `is no JSON (${(error as Error).message})`);
	}
	const fields = fieldsOf(value, "the file");
	if (fields.format !== FORMAT) fail("its format", `is not ${FORMAT}`);
	const counts = Object.fromEntries(COUNTS.map((name) => [name, countOf(fields[name], name)]));
	if (counts.intervalNs === 0) fail("intervalNs", "is 0");
	const functions = listOf(fields.functions, "functions").map(functionOf);
	const nodes = listOf(fields.nodes, "nodes").map((each, i) => nodeOf(each, i, functions.length));
	if (nodes.length === 0) fail("nodes", "is empty");
	const samples = listOf(fields.samples, "samples").map((each) =>
		countOf(each, "samples", nodes.length),
	);
	const sampleTicks = listOf(fields.sampleTicks, "sampleTicks").map((each) =>
		countOf(each, "sampleTicks"),
	);
	if (samples.length !== sampleTicks.length) fail("sampleTicks", "is not as long as samples");
	return {
		...(counts as Record<(typeof COUNTS)[number], number>),
		engine: textOf(fields.engine, "engine") ?? "XS",
		functions,
		nodes,
		samples,
		sampleTicks,
		peak: censusOf(fields.peak, "peak"),
		end: censusOf(fields.end, "end"),
	};
}

/** @throws {@link ProfileError}; what the file system says where it cannot be read. */
export function readProfile(file: string): RawProfile {
	if (statSync(file).size > PROFILE_SIZE_MAX)
		throw new ProfileError("size", `${file} is larger than ${PROFILE_SIZE_MAX} bytes`);
	return parseProfile(readFileSync(file, "utf8"));
}
