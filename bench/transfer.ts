/**
 * Claim: a file arrives sealed nearly as fast as the same bytes arrive plain.
 *
 * Sealed: the server in a process of its own, Mosquitto, and the firmware's StationRunner on Node with the real crypto
 * and TCP. Plain: the same bytes in pieces of 4 KiB through the same client and broker, from a process of its own to
 * one that writes them to the same storage. A receiver is a new process each time; storage is in memory on both sides.
 * From asking for the file to having it whole: sealed includes every tag, the signed digest and the record of it.
 */
import { check, ratios, resultsOf, summary, takeTurns } from "./measure.js";
import { within } from "./plant.js";
import {
	type BenchRun,
	type BenchSize,
	binary,
	type Curve,
	type Figure,
	type Report,
	type Series,
} from "./report.js";
import { type Measure, measure } from "./targets.js";
import type { Received } from "./transfer/receiver.js";
import { Rig } from "./transfer/rig.js";

const KIB = 1024;
const MIB = 1024 * 1024;
/** The size that the target is about. */
export const TARGET_SIZE = 16 * MIB;
const SIZES: Readonly<Record<BenchSize, readonly number[]>> = {
	full: [64 * KIB, 256 * KIB, MIB, 4 * MIB, TARGET_SIZE, 64 * MIB],
	quick: [64 * KIB, TARGET_SIZE],
	smoke: [64 * KIB],
};
const ROUNDS: Readonly<Record<BenchSize, number>> = { full: 7, quick: 3, smoke: 1 };
/** Of sizes above the target's. */
const ROUNDS_LARGE = 3;

export interface Transfers {
	readonly size: number;
	readonly sealed: readonly Received[];
	readonly plain: readonly Received[];
}

export async function transfer({ size, progress }: BenchRun): Promise<Report> {
	const sizes = within(SIZES[size]);
	progress(`making files of up to ${binary(Math.max(...sizes))}`);
	const rig = await Rig.open({ sizes });
	try {
		const all: Transfers[] = [];
		for (const each of sizes) {
			const rounds = each > TARGET_SIZE ? Math.min(ROUNDS_LARGE, ROUNDS[size]) : ROUNDS[size];
			progress(`${binary(each)}, sealed and plain, ${rounds} rounds`);
			const results = await takeTurns(rounds, {
				sealed: () => rig.receive("sealed", each),
				plain: () => rig.receive("plain", each),
			});
			const [sealed, plain] = [resultsOf(results, "sealed"), resultsOf(results, "plain")];
			check(
				sealed.every((one, i) => one.digest === plain[i]?.digest),
				"two files came",
			);
			all.push({ size: each, sealed, plain });
		}
		return report(all, ROUNDS[size]);
	} finally {
		await rig.close();
	}
}

function report(all: readonly Transfers[], rounds: number): Report {
	return {
		bench: "transfer",
		claim: "a file arrives sealed nearly as fast as the same bytes arrive plain",
		figures: all.flatMap(({ size, sealed, plain }) => figuresOf(size, sealed, plain)),
		curves: [
			speedCurve("Throughput by size of the file", all, ["sealed, on Node", "plain, on Node"]),
			memoryCurve(all),
		],
		measures: all.filter(({ size }) => size === TARGET_SIZE).map(measureOf),
		conditions: { rounds, storage: "in memory on both sides", "bytes of a plain piece": 4096 },
	};
}

/** Megabytes a second. */
export function speed(size: number, { durationMs }: Pick<Received, "durationMs">): number {
	return size / durationMs / 1000;
}

function figuresOf(
	size: number,
	sealed: readonly Received[],
	plain: readonly Received[],
): Figure[] {
	const [ours, rival] = [sealed, plain].map((each) => each.map((one) => speed(size, one)));
	const [used, plainUsed] = [sealed, plain].map((each) => each.map((one) => one.processorMs));
	const [memory, plainMemory] = [sealed, plain].map((each) => each.map((one) => one.peakBytes));
	return [
		{
			figure: `${binary(size)}, throughput`,
			ours: summary(ours as number[]),
			unit: "MB/s",
			against: "plain",
			rival: summary(rival as number[]),
			ratio: summary(ratios(ours as number[], rival as number[])),
		},
		{
			figure: `${binary(size)}, processor time of sender, broker and receiver`,
			ours: summary(used as number[]),
			unit: "ms",
			against: "plain",
			rival: summary(plainUsed as number[]),
		},
		{
			figure: `${binary(size)}, the receiver's most memory`,
			ours: summary(memory as number[]),
			unit: "B",
			against: "plain; both with Node itself and the slot",
			rival: summary(plainMemory as number[]),
		},
	];
}

function measureOf({ size, sealed, plain }: Transfers): Measure {
	const of = (each: readonly Received[]) => each.map((one) => speed(size, one));
	return measure("transfer", summary(ratios(of(sealed), of(plain))));
}

/** @param names - of the sealed and the plain side. */
export function speedCurve(
	title: string,
	all: readonly {
		readonly size: number;
		readonly sealed: readonly Pick<Received, "durationMs">[];
		readonly plain: readonly Pick<Received, "durationMs">[];
	}[],
	names: readonly [string, string],
): Curve {
	const series = (key: "sealed" | "plain", name: string): Series => ({
		name,
		isOurs: key === "sealed",
		points: all
			.filter((each) => each[key].length > 0)
			.map((each) => ({
				x: each.size,
				y: summary(each[key].map((one) => speed(each.size, one))),
			})),
	});
	return {
		title,
		x: { label: "size of the file", unit: "B", isLogarithmic: true },
		y: { label: "throughput", unit: "MB/s", isLogarithmic: true },
		series: [series("sealed", names[0]), series("plain", names[1])],
	};
}

function memoryCurve(all: readonly Transfers[]): Curve {
	/** The slot in memory stands for flash. */
	const beyondFile = (key: "sealed" | "plain", name: string): Series => ({
		name,
		isOurs: key === "sealed",
		points: all.map((each) => ({
			x: each.size,
			y: summary(each[key].map(({ peakBytes }) => (peakBytes - each.size) / MIB)),
		})),
	});
	return {
		title: "Most memory of the receiver's process, less the file that it stores",
		x: { label: "size of the file", unit: "B", isLogarithmic: true },
		y: { label: "most memory", unit: "MiB", isLogarithmic: false },
		series: [beyondFile("sealed", "sealed, on Node"), beyondFile("plain", "plain, on Node")],
	};
}
