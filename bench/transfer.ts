/**
 * Claim: a file arrives sealed nearly as fast as the same bytes arrive plain.
 *
 * Sealed: the server in a process of its own, Mosquitto, and the firmware's StationRunner on Node with the real crypto
 * and TCP. Plain: the same bytes in messages of the same sizes through the same client and broker, from a process of its own to
 * one that writes them to the same storage. A receiver is a new process each time; storage is in memory on both sides.
 * From asking for the file to having it whole: sealed includes every tag, the signed digest and the record of it.
 */
import { ratios, resultsOf, summary, takeTurns } from "./measure.js";
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
	quick: [TARGET_SIZE],
	smoke: [64 * KIB],
};
const ROUNDS: Readonly<Record<BenchSize, number>> = { full: 7, quick: 3, smoke: 1 };
/** Of sizes above the target's. */
const ROUNDS_LARGE = 3;

/** Segments or pieces of 4 KiB in a message of a receiver that has room for it, which a board has not. */
export const LARGE_BLOCK = 16;

/** What a message carries. */
const SMALL = "4 KiB a message";
const LARGE = "64 KiB a message";
const SEALED = { small: `sealed, ${SMALL}`, large: `sealed, ${LARGE}` };
const PLAIN = { small: `plain, ${SMALL}`, large: `plain, ${LARGE}` };

interface Transfers {
	readonly size: number;
	/** By contender. */
	readonly results: ReadonlyMap<string, readonly Received[]>;
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
				[SEALED.small]: () => rig.receive("sealed", each),
				[PLAIN.small]: () => rig.receive("plain", each),
				[SEALED.large]: () => rig.receive("sealed", each, LARGE_BLOCK),
				[PLAIN.large]: () => rig.receive("plain", each, LARGE_BLOCK),
			});
			all.push({ size: each, results });
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
		figures: all.flatMap(figuresOf),
		curves: curves(all),
		measures: all.filter(({ size }) => size === TARGET_SIZE).map(measureOf),
		conditions: {
			rounds,
			storage: "in memory on both sides",
			target: `at ${SMALL}, as a board has it`,
		},
	};
}

/** Megabytes a second. */
export function speed(size: number, { durationMs }: Pick<Received, "durationMs">): number {
	return size / durationMs / 1000;
}

function speedsOf({ size, results }: Transfers, name: string): number[] {
	return resultsOf(results, name).map((one) => speed(size, one));
}

function figuresOf(each: Transfers): Figure[] {
	const { size, results } = each;
	const throughput = (mine: string, other: string): Figure => {
		const [ours, rival] = [speedsOf(each, mine), speedsOf(each, other)];
		return {
			figure: `${binary(size)}, throughput ${mine}`,
			ours: summary(ours),
			unit: "MB/s",
			against: other,
			rival: summary(rival),
			ratio: summary(ratios(ours, rival)),
		};
	};
	const of = (name: string, key: "processorMs" | "peakBytes") =>
		summary(resultsOf(results, name).map((one) => one[key]));
	const other = (figure: string, unit: string, key: "processorMs" | "peakBytes", against = "") => ({
		figure: `${binary(size)}, ${figure}`,
		ours: of(SEALED.small, key),
		unit,
		against: `${PLAIN.small}${against}`,
		rival: of(PLAIN.small, key),
	});
	return [
		throughput(SEALED.small, PLAIN.small),
		throughput(SEALED.large, PLAIN.large),
		throughput(SEALED.large, PLAIN.small),
		other("processor time of sender, broker and receiver", "ms", "processorMs"),
		other("the receiver's most memory", "B", "peakBytes", "; both with Node itself and the slot"),
	];
}

function measureOf(each: Transfers): Measure {
	const spread = ratios(speedsOf(each, SEALED.small), speedsOf(each, PLAIN.small));
	return measure("transfer", summary(spread));
}

function curves(all: readonly Transfers[]): Curve[] {
	const x = { label: "size of the file", unit: "B", isLogarithmic: true };
	const series = (name: string, values: (each: Transfers) => readonly number[]): Series => ({
		name,
		isOurs: name.startsWith("sealed"),
		points: all.map((each) => ({ x: each.size, y: summary(values(each)) })),
	});
	const names = [SEALED.small, PLAIN.small, SEALED.large, PLAIN.large];
	/** The slot in memory stands for flash. */
	const beyondFile = (name: string) => (each: Transfers) =>
		resultsOf(each.results, name).map(({ peakBytes }) => (peakBytes - each.size) / MIB);
	return [
		{
			title: "Throughput on Node by size of the file",
			x,
			y: { label: "throughput", unit: "MB/s", isLogarithmic: true },
			series: names.map((name) => series(name, (each) => speedsOf(each, name))),
		},
		{
			title: "Most memory of the receiver's process, less the file that it stores",
			x,
			y: { label: "most memory", unit: "MiB", isLogarithmic: false },
			series: names.map((name) => series(name, beyondFile(name))),
		},
	];
}
