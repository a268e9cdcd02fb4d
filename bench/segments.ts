/**
 * Claim: the segment size is the one that was measured to be best.
 *
 * The same file, cut into segments of 256 B to 4 KiB by the server, fetched by a station on XS and by one on Node: how
 * fast, with how much of the board's memory, and how many bytes beyond the file's own.
 */
import { PREFIX } from "../modules/station/topics.js";
import { summary } from "./measure.js";
import { LINE } from "./plant.js";
import {
	type BenchRun,
	type BenchSize,
	binary,
	type Curve,
	exact,
	type Figure,
	type Report,
} from "./report.js";
import type { Received } from "./transfer/receiver.js";
import { type ReceivedOnXs, Rig } from "./transfer/rig.js";
import { speed } from "./transfer.js";
import { Wire } from "./wire.js";

const KIB = 1024;
const MIB = 1024 * 1024;
const SEGMENT_SIZES: Readonly<Record<BenchSize, readonly number[]>> = {
	full: [256, 512, KIB, 2 * KIB, 4 * KIB],
	quick: [256, KIB, 4 * KIB],
	smoke: [KIB, 4 * KIB],
};
const FILE_SIZE: Readonly<Record<BenchSize, number>> = {
	full: 4 * MIB,
	quick: MIB,
	smoke: 64 * KIB,
};
const ROUNDS: Readonly<Record<BenchSize, number>> = { full: 5, quick: 1, smoke: 1 };

interface Cut {
	readonly segmentSize: number;
	readonly rig: Rig;
	readonly onNode: Received[];
	readonly onXs: ReceivedOnXs[];
	/** All payloads of one transfer. */
	payloads: number;
}

export async function segments({ size, progress }: BenchRun): Promise<Report> {
	const fileSize = FILE_SIZE[size];
	const cuts: Cut[] = [];
	try {
		for (const segmentSize of SEGMENT_SIZES[size]) {
			progress(`a server that cuts into ${binary(segmentSize)}`);
			const server = ["--segment-size", String(segmentSize)];
			const rig = await Rig.open({ sizes: [fileSize], server });
			cuts.push({ segmentSize, rig, onNode: [], onXs: [], payloads: 0 });
		}
		for (let round = 0; round < ROUNDS[size]; round++)
			for (const cut of round % 2 === 0 ? cuts : [...cuts].reverse()) {
				progress(`round ${round + 1}, segments of ${binary(cut.segmentSize)}`);
				cut.onNode.push(await cut.rig.receive("sealed", fileSize));
				cut.onXs.push(await cut.rig.receiveOnXs("sealed", fileSize));
			}
		for (const cut of cuts) cut.payloads = await payloadsOf(cut.rig, fileSize);
		return report(cuts, fileSize, ROUNDS[size]);
	} finally {
		for (const { rig } of cuts) await rig.close();
	}
}

async function payloadsOf(rig: Rig, size: number): Promise<number> {
	const wire = await Wire.listen(rig.url, `${PREFIX}/${LINE}/s${size}/#`);
	await rig.receive("sealed", size);
	await wire.close();
	return wire.bytes("/up", "/down", "/file");
}

function report(cuts: readonly Cut[], fileSize: number, rounds: number): Report {
	const speeds = (each: readonly Pick<Received, "durationMs">[]) =>
		summary(each.map((one) => speed(fileSize, one)));
	const figures = cuts.flatMap(({ segmentSize, onNode, onXs, payloads }): Figure[] => [
		{ figure: `${binary(segmentSize)}, on Node`, ours: speeds(onNode), unit: "MB/s" },
		{ figure: `${binary(segmentSize)}, on XS`, ours: speeds(onXs), unit: "MB/s" },
		{
			figure: `${binary(segmentSize)}, the board's memory`,
			ours: summary(onXs.map(({ reservedBytes }) => reservedBytes)),
			unit: "B",
		},
		{
			figure: `${binary(segmentSize)}, all payloads`,
			ours: exact(payloads),
			unit: "B",
			against: "the file itself",
			rival: exact(fileSize),
		},
	]);
	return {
		bench: "segments",
		claim: "the segment size is the one that was measured to be best",
		figures,
		curves: curves(cuts, fileSize),
		measures: [],
		conditions: { rounds, file: binary(fileSize) },
	};
}

function curves(cuts: readonly Cut[], fileSize: number): Curve[] {
	const x = { label: "size of a segment", unit: "B", isLogarithmic: true };
	const series = (name: string, values: (cut: Cut) => readonly number[]) => ({
		name,
		isOurs: true,
		points: cuts.map((cut) => ({ x: cut.segmentSize, y: summary(values(cut)) })),
	});
	const speedOf = (of: "onNode" | "onXs") => (cut: Cut) =>
		cut[of].map((one) => speed(fileSize, one));
	return [
		{
			title: "Throughput by segment size",
			x,
			y: { label: "throughput", unit: "MB/s", isLogarithmic: true },
			series: [series("on Node", speedOf("onNode")), series("on XS", speedOf("onXs"))],
		},
		{
			title: "A board's memory by segment size",
			x,
			y: { label: "slots, chunks and stack", unit: "KiB", isLogarithmic: false },
			series: [series("on XS", ({ onXs }) => onXs.map(({ reservedBytes }) => reservedBytes / KIB))],
		},
		{
			title: "Bytes beyond the file's own by segment size",
			x,
			y: { label: "all payloads, beyond the plain bytes", unit: "%", isLogarithmic: true },
			series: [series("overhead", ({ payloads }) => [(100 * (payloads - fileSize)) / fileSize])],
		},
	];
}
