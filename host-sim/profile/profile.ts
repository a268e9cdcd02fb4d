/**
 * What a profile says: functions with names, the call tree, and sums by function, by kind and by phase.
 *
 * Times are of the processor unless they say otherwise, as multiples of the sampling interval. What is no work of the
 * station's (idle, the profiler, the simulator's memory reports) is apart.
 */
import { Positions } from "./positions.js";
import type { RawCensus, RawFunction, RawNode, RawProfile } from "./raw.js";

/** What a function is, in the order in which they are shown. */
export const KINDS = [
	"javascript",
	"built-in",
	"crypto",
	"flash",
	"network",
	"native",
	"collector",
	"engine",
	"host",
	"report",
	"profiler",
	"idle",
] as const;
export type Kind = (typeof KINDS)[number];

export const KIND_NAMES: Readonly<Record<Kind, string>> = {
	javascript: "JavaScript",
	"built-in": "built-ins of the engine",
	crypto: "crypto",
	flash: "flash",
	network: "network",
	native: "other natives",
	collector: "garbage collector",
	engine: "engine, outside functions",
	host: "event loop",
	report: "memory reports of the simulator",
	profiler: "the profiler itself",
	idle: "idle",
};

const PSEUDO: Readonly<Record<string, Kind>> = {
	"(idle)": "idle",
	"(event loop)": "host",
	"(engine)": "engine",
	"(garbage collector)": "collector",
	"(memory report)": "report",
	"(profiler)": "profiler",
};
const NATIVES: readonly (readonly [RegExp, Kind])[] = [
	[/^xs_interlock_/, "crypto"],
	[/^xs_sim_flash_/, "flash"],
	[/^xs_sim_tcp/, "network"],
	[/^xs_/, "native"],
	[/^fx/, "built-in"],
];

export interface ProfiledFunction {
	/** `Class.method`, `name`, `(anonymous)`. */
	readonly label: string;
	readonly kind: Kind;
	/** `modules/station/runner.ts:120`, a C function, or empty. */
	readonly place: string;
	readonly file: string;
	/** From 1; 0: not known. */
	readonly line: number;
}

export interface TreeNode {
	readonly index: number;
	readonly function: ProfiledFunction;
	readonly functionIndex: number;
	readonly raw: RawNode;
	readonly children: TreeNode[];
	/** Ticks on the processor: its own, and with its children. */
	readonly self: number;
	total: number;
}

export interface Phase {
	readonly name: string;
	/** Its children are what the phase did. */
	readonly node: TreeNode;
	readonly idleTicks: number;
}

/** One function, or one kind, wherever it was. */
export interface Sum {
	readonly function: ProfiledFunction;
	self: number;
	total: number;
	/** Blocked, or others had the processor; of itself. */
	waiting: number;
	/** Allocated by itself; estimates. */
	slots: number;
	bytes: number;
	/** Of it, alive when the most was. */
	liveSlots: number;
	liveBytes: number;
}

export interface Profile {
	readonly raw: RawProfile;
	readonly functions: readonly ProfiledFunction[];
	/** All nodes by index; the root is the first. */
	readonly nodes: readonly TreeNode[];
	readonly phases: readonly Phase[];
	/** On the processor, without idle. */
	readonly busyTicks: number;
}

function kindOf({ name, kind, symbol }: RawFunction): Kind {
	if (kind === "script") return "javascript";
	if (kind === "native") return NATIVES.find(([form]) => form.test(symbol ?? ""))?.[1] ?? "native";
	return PSEUDO[name ?? ""] ?? "engine";
}

function describe(raw: RawFunction, positions: Positions): ProfiledFunction {
	const { name, className, kind, module, line, symbol } = raw;
	const position = module === undefined ? { file: "", line: 0 } : positions.of(module, line);
	const nameless = kind === "native" && symbol === undefined ? "(native)" : "(anonymous)";
	const own = name === undefined || name === "" ? nameless : name;
	const isModule = kind === "script" && name === module;
	return {
		label: isModule ? "(module)" : className ? `${className}.${own}` : own,
		kind: kindOf(raw),
		place:
			kind === "native"
				? (symbol ?? "")
				: position.line > 0
					? `${position.file}:${position.line}`
					: position.file,
		...position,
	};
}

/** What is no work of the station's: apart from the busy time, and from every share. */
export function isApart({ kind }: ProfiledFunction): boolean {
	return kind === "idle" || kind === "profiler" || kind === "report";
}

/** @param positions - where functions stand; those of this build where left out. */
export function understand(raw: RawProfile, positions = new Positions()): Profile {
	const functions = raw.functions.map((each) => describe(each, positions));
	const nodes: TreeNode[] = raw.nodes.map((node, index) => {
		const self = node.ticks - node.waiting;
		return {
			index,
			function: functions[node.function] as ProfiledFunction,
			functionIndex: node.function,
			raw: node,
			children: [],
			self,
			total: self,
		};
	});
	// A parent comes before its children.
	for (const node of nodes.slice(1).reverse()) {
		const parent = nodes[node.raw.parent] as TreeNode;
		parent.children.push(node);
		if (!isApart(node.function)) parent.total += node.total;
	}
	for (const { children } of nodes) children.sort((a, b) => b.total - a.total);
	const [root] = nodes as [TreeNode];
	const phases = raw.functions.flatMap((each, index) => {
		const node = root.children.find((child) => child.functionIndex === index);
		if (each.kind !== "phase" || node === undefined) return [];
		const idle = node.children.find((child) => child.function.kind === "idle");
		return [{ name: each.name ?? "", node, idleTicks: idle?.raw.ticks ?? 0 }];
	});
	return { raw, functions, nodes, phases, busyTicks: root.total };
}

/** Sums below `top` by what `keyOf` gives, largest self first; a function that calls itself counts once. */
function sumsBy<Key>(top: TreeNode, keyOf: (node: TreeNode) => Key): Map<Key, Sum> {
	const sums = new Map<Key, Sum>();
	const open = new Map<Key, number>();
	const visit = (node: TreeNode) => {
		const key = keyOf(node);
		let sum = sums.get(key);
		if (sum === undefined) {
			sum = {
				...{ function: node.function, self: 0, total: 0, waiting: 0 },
				...{ slots: 0, bytes: 0, liveSlots: 0, liveBytes: 0 },
			};
			sums.set(key, sum);
		}
		const { waiting, slots, bytes, peakSlots, peakBytes } = node.raw;
		sum.self += node.self;
		sum.waiting += waiting;
		sum.slots += slots;
		sum.bytes += bytes;
		sum.liveSlots += peakSlots;
		sum.liveBytes += peakBytes;
		const depth = open.get(key) ?? 0;
		if (depth === 0) sum.total += node.total;
		open.set(key, depth + 1);
		for (const child of node.children) visit(child);
		open.set(key, depth);
	};
	for (const child of top.children) visit(child);
	return sums;
}

function isPhase(profile: Profile, { functionIndex }: TreeNode): boolean {
	return profile.raw.functions[functionIndex]?.kind === "phase";
}

/** Every function below `top`, a phase's node or the root; largest self time first. */
export function byFunction(profile: Profile, top: TreeNode): Sum[] {
	const sums = [...sumsBy(top, ({ functionIndex }) => functionIndex).values()];
	const phases = new Set(profile.phases.map(({ node }) => node.function));
	return sums
		.filter((each) => !phases.has(each.function) && !isApart(each.function))
		.sort((a, b) => b.self - a.self || b.total - a.total);
}

/** Self time below `top` by kind, in the order of {@link KINDS}; those with none, and what is apart, are left out. */
export function byKind(profile: Profile, top: TreeNode): { kind: Kind; ticks: number }[] {
	const ticks = new Map<Kind, number>();
	const visit = (node: TreeNode) => {
		const { kind } = node.function;
		if (!isPhase(profile, node) && !isApart(node.function))
			ticks.set(kind, (ticks.get(kind) ?? 0) + node.self);
		for (const child of node.children) visit(child);
	};
	for (const child of top.children) visit(child);
	return KINDS.flatMap((kind) => {
		const own = ticks.get(kind) ?? 0;
		return own === 0 ? [] : [{ kind, ticks: own }];
	});
}

/** Collections below `top`. */
export function collectionsOf(top: TreeNode): number {
	return (
		top.raw.collections + top.children.reduce((count, child) => count + collectionsOf(child), 0)
	);
}

/** Bytes on a board that a census found alive. */
export function aliveBytes(census: RawCensus, slotSize: number): number {
	return census.slots * slotSize + census.chunkBytes - census.unownedBytes;
}
