/**
 * Claim: a station fetches a file of any size with the same memory, and little slower than plain bytes.
 *
 * As bench/transfer.ts, with the firmware on XS under the manifest's limits: a board's process with its flash image,
 * which lies in memory so that no disk hides what a side costs. Plain: the firmware's MQTT client on XS, writing the
 * same bytes to the same kind of flash. Memory is what the board takes of its budget: slots, chunks and stack.
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
import { type ReceivedOnXs, Rig } from "./transfer/rig.js";
import { speed } from "./transfer.js";

const KIB = 1024;
const MIB = 1024 * 1024;
const SMALL = 64 * KIB;
const LARGE = 64 * MIB;
const SIZES: Readonly<Record<BenchSize, readonly number[]>> = {
	full: [SMALL, 256 * KIB, MIB, 4 * MIB, 16 * MIB, LARGE],
	quick: [SMALL, LARGE],
	smoke: [SMALL],
};
const ROUNDS: Readonly<Record<BenchSize, number>> = { full: 5, quick: 1, smoke: 1 };
const ROUNDS_LARGE = 3;

interface TransfersOnXs {
	readonly size: number;
	readonly sealed: readonly ReceivedOnXs[];
	/** None where a quick run has no time for it. */
	readonly plain: readonly ReceivedOnXs[];
}

export async function transferOnXs({ size, progress }: BenchRun): Promise<Report> {
	const sizes = within(SIZES[size]);
	progress(`making files of up to ${binary(Math.max(...sizes))}`);
	const rig = await Rig.open({ sizes });
	try {
		const all: TransfersOnXs[] = [];
		for (const each of sizes) {
			const rounds = each > MIB ? Math.min(ROUNDS_LARGE, ROUNDS[size]) : ROUNDS[size];
			const hasRival = size !== "quick" || each < LARGE;
			progress(`${binary(each)} on XS, ${rounds} rounds`);
			const results = await takeTurns(rounds, {
				sealed: () => rig.receiveOnXs("sealed", each),
				...(hasRival && { plain: () => rig.receiveOnXs("plain", each) }),
			});
			const plain = hasRival ? resultsOf(results, "plain") : [];
			all.push({ size: each, sealed: resultsOf(results, "sealed"), plain });
		}
		return report(all, ROUNDS[size]);
	} finally {
		await rig.close();
	}
}

function report(all: readonly TransfersOnXs[], rounds: number): Report {
	return {
		bench: "transfer-xs",
		claim: "a station fetches a file of any size with the same memory",
		figures: all.flatMap((each) => figuresOf(each, all[0] as TransfersOnXs)),
		curves: [speedCurve(all), memoryCurve(all)],
		measures: measuresOf(all),
		conditions: { rounds, flash: "an image in memory on both sides" },
	};
}

function memoryOf({ sealed }: TransfersOnXs): number[] {
	return sealed.map(({ reservedBytes }) => reservedBytes);
}

function figuresOf(each: TransfersOnXs, smallest: TransfersOnXs): Figure[] {
	const { size, sealed, plain } = each;
	const ours = sealed.map((one) => speed(size, one));
	const rival = plain.map((one) => speed(size, one));
	return [
		{
			figure: `${binary(size)}, throughput`,
			ours: summary(ours),
			unit: "MB/s",
			...(rival.length > 0 && {
				against: "plain, on XS",
				rival: summary(rival),
				ratio: summary(ratios(ours, rival)),
			}),
		},
		{
			figure: `${binary(size)}, the board's memory`,
			ours: summary(memoryOf(each)),
			unit: "B",
			against: `${binary(smallest.size)}`,
			rival: summary(memoryOf(smallest)),
		},
		{
			figure: `${binary(size)}, the process's most memory`,
			ours: summary(sealed.map(({ peakBytes }) => peakBytes)),
			unit: "B",
			against: `${binary(smallest.size)}; both with the engine itself`,
			rival: summary(smallest.sealed.map(({ peakBytes }) => peakBytes)),
		},
	];
}

function speedCurve(all: readonly TransfersOnXs[]): Curve {
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
		title: "Throughput on XS by size of the file",
		x: { label: "size of the file", unit: "B", isLogarithmic: true },
		y: { label: "throughput", unit: "MB/s", isLogarithmic: true },
		series: [series("sealed", "sealed, on XS"), series("plain", "plain, on XS")],
	};
}

function memoryCurve(all: readonly TransfersOnXs[]): Curve {
	return {
		title: "Memory of a board that fetches a file",
		x: { label: "size of the file", unit: "B", isLogarithmic: true },
		y: { label: "slots, chunks and stack", unit: "KiB", isLogarithmic: false },
		series: [
			{
				name: "sealed, on XS",
				isOurs: true,
				points: all.map((each) => ({
					x: each.size,
					y: summary(memoryOf(each).map((bytes) => bytes / KIB)),
				})),
			},
		],
	};
}

/** Only of the very sizes that the target names. */
function measuresOf(all: readonly TransfersOnXs[]): Measure[] {
	const small = all.find(({ size }) => size === SMALL);
	const large = all.find(({ size }) => size === LARGE);
	if (!small || !large) return [];
	const base = summary(memoryOf(small)).median;
	return [measure("memory-flat", summary(memoryOf(large).map((bytes) => bytes / base)))];
}
