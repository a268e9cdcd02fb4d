/** A profile in words and columns, for the terminal. */
import { bytes, table } from "../line/table.js";
import {
	aliveBytes,
	byFunction,
	byKind,
	collectionsOf,
	KIND_NAMES,
	type Profile,
	type Sum,
	type TreeNode,
} from "./profile.js";
import type { RawCensus, RawOwner } from "./raw.js";

export function share(part: number, whole: number): string {
	return whole === 0 ? "–" : `${((100 * part) / whole).toFixed(1)} %`;
}

export function milliseconds(profile: Profile, ticks: number): string {
	const timeMs = (ticks * profile.raw.intervalNs) / 1e6;
	return `${timeMs < 10 ? timeMs.toFixed(1) : Math.round(timeMs)} ms`;
}

/** Bytes of an owner on a board. */
export function ownerBytes(owner: RawOwner, slotSize: number): number {
	return owner.slots * slotSize + owner.chunkBytes;
}

export function ownerName({ name, module }: RawOwner): string {
	const own = name ?? "(unnamed)";
	return module === undefined ? own : `${own}, ${module}`;
}

/** Largest first; those of nothing are left out. */
export function sortedOwners(census: RawCensus, slotSize: number): RawOwner[] {
	return [...census.owners].sort((a, b) => ownerBytes(b, slotSize) - ownerBytes(a, slotSize));
}

/** Allocated, largest first: bytes of slots and chunks on a board. */
export function allocators(profile: Profile, top: TreeNode): Sum[] {
	const { slotSize } = profile.raw;
	const size = (sum: Sum) => sum.slots * slotSize + sum.bytes;
	return byFunction(profile, top)
		.filter((sum) => size(sum) > 0)
		.sort((a, b) => size(b) - size(a));
}

function kindsText(profile: Profile, top: TreeNode): string {
	return byKind(profile, top)
		.sort((a, b) => b.ticks - a.ticks)
		.map(({ kind, ticks }) => `${KIND_NAMES[kind]} ${share(ticks, top.total)}`)
		.join(", ");
}

function timeTable(profile: Profile, top: TreeNode, rows: number): string {
	const functions = byFunction(profile, top).filter((sum) => sum.total + sum.waiting > 0);
	return table(
		[">self", ">total", ">waited", "function", "where"],
		functions
			.slice(0, rows)
			.map((sum) => [
				share(sum.self, top.total),
				share(sum.total, top.total),
				sum.waiting === 0 ? "" : milliseconds(profile, sum.waiting),
				sum.function.label,
				sum.function.place,
			]),
	);
}

function phaseText(profile: Profile, name: string, top: TreeNode, idle: number, rows: number) {
	const busy = milliseconds(profile, top.total);
	const collections = collectionsOf(top);
	const counted = collections === 1 ? "1 collection" : `${collections} collections`;
	return [
		`${name}: ${busy} busy, ${milliseconds(profile, idle)} idle, ${counted}`,
		kindsText(profile, top),
		timeTable(profile, top, rows),
	].join("\n");
}

export const OWNER_HEADINGS = [">bytes", ">share", ">objects", ">slots", ">chunks", "owner"];

/** What was alive when it was most, by owner, the largest first. @param rows - at most. */
export function ownerRows({ peak, slotSize }: Profile["raw"], rows: number): string[][] {
	const alive = aliveBytes(peak, slotSize);
	return sortedOwners(peak, slotSize)
		.slice(0, rows)
		.map((owner) => [
			bytes(ownerBytes(owner, slotSize)),
			share(ownerBytes(owner, slotSize), alive),
			String(owner.instances),
			String(owner.slots),
			bytes(owner.chunkBytes),
			ownerName(owner),
		]);
}

function memoryText(profile: Profile, rows: number): string {
	const { raw } = profile;
	const { slotSize, peak, slotsAllocated, chunkBytesAllocated, collections, compactions } = raw;
	const alive = aliveBytes(peak, slotSize);
	const owners = table(OWNER_HEADINGS, ownerRows(raw, rows));
	const allocated = slotsAllocated * slotSize + chunkBytesAllocated;
	const sites = table(
		[">bytes", ">share", ">alive", "function", "where"],
		allocators(profile, profile.nodes[0] as TreeNode)
			.slice(0, rows)
			.map((sum) => [
				bytes(sum.slots * slotSize + sum.bytes),
				share(sum.slots * slotSize + sum.bytes, allocated),
				bytes(sum.liveSlots * slotSize + sum.liveBytes),
				sum.function.label,
				sum.function.place,
			]),
	);
	return [
		`memory: ${bytes(alive)} alive when it was most, above what a board keeps in flash, beside a stack of ${bytes(raw.stackBytes)};`,
		`${bytes(raw.reservedBytes)} taken of ${raw.limitBytes === 0 ? "no limit" : bytes(raw.limitBytes)}`,
		owners,
		"",
		`allocated: ${bytes(allocated)} in ${slotsAllocated} slots and ${raw.chunksAllocated} chunks; ${collections} collections, ${compactions} of them of chunks too`,
		sites,
	].join("\n");
}

/** @param rows - of each table. */
export function reportText(profile: Profile, rows: number): string {
	const parts = profile.phases
		.filter(({ node, idleTicks }) => node.total + idleTicks > 0)
		.map(({ name, node, idleTicks }) => phaseText(profile, name, node, idleTicks, rows));
	const { stacksCut, ticksUnordered, trackedLost } = profile.raw;
	const notes = [
		...(stacksCut > 0
			? [`${stacksCut} stacks were too deep: their outermost frames are missing`]
			: []),
		...(ticksUnordered > 0 ? [`${ticksUnordered} ticks at the end are counted without order`] : []),
		...(trackedLost > 0 ? [`${trackedLost} slots could not be watched: "alive" is too low`] : []),
	];
	return [...parts, memoryText(profile, rows), ...notes].join("\n\n");
}

/** The same as one object, for programs: shares are of the busy time of the phase, sizes are bytes on a board. */
export function reportJson(profile: Profile): object {
	const { raw } = profile;
	const timeMs = (ticks: number) => (ticks * raw.intervalNs) / 1e6;
	return {
		engine: raw.engine,
		intervalMs: raw.intervalNs / 1e6,
		phases: profile.phases.map(({ name, node, idleTicks }) => ({
			name,
			busyMs: timeMs(node.total),
			idleMs: timeMs(idleTicks),
			collections: collectionsOf(node),
			kinds: Object.fromEntries(
				byKind(profile, node).map(({ kind, ticks }) => [kind, ticks / Math.max(1, node.total)]),
			),
			functions: byFunction(profile, node).map((sum) => ({
				name: sum.function.label,
				kind: sum.function.kind,
				place: sum.function.place,
				self: sum.self / Math.max(1, node.total),
				total: sum.total / Math.max(1, node.total),
				waitedMs: timeMs(sum.waiting),
				allocatedBytes: sum.slots * raw.slotSize + sum.bytes,
				aliveBytes: sum.liveSlots * raw.slotSize + sum.liveBytes,
			})),
		})),
		memory: {
			aliveBytes: aliveBytes(raw.peak, raw.slotSize),
			reservedBytes: raw.reservedBytes,
			limitBytes: raw.limitBytes,
			stackBytes: raw.stackBytes,
			collections: raw.collections,
			collectionMs: raw.collectionNs / 1e6,
			allocatedBytes: raw.slotsAllocated * raw.slotSize + raw.chunkBytesAllocated,
			owners: sortedOwners(raw.peak, raw.slotSize).map((owner) => ({
				name: owner.name ?? null,
				module: owner.module ?? null,
				objects: owner.instances,
				slots: owner.slots,
				chunkBytes: owner.chunkBytes,
				bytes: ownerBytes(owner, raw.slotSize),
			})),
		},
	};
}
