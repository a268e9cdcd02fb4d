/**
 * Claim: a line grows until this machine is full, and what fills it is known.
 *
 * Whole lines of stations on XS, each a process, with the server and Mosquitto as processes beside them, by the same
 * code as `interlock line`: units a minute, memory and processor time of each part.
 */
import { cpus } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runLine } from "../host-sim/line/line.js";
import { DataDirectory, LINE_NAME, type Plan, stationId } from "../host-sim/line/prepare.js";
import { enrol, initPlant } from "../keys/keys.js";
import { systemClock } from "../server/clock.js";
import { Watch, type Watched } from "./line-watch.js";
import { check } from "./measure.js";
import { RSA_BITS } from "./plant.js";
import { Processes } from "./processes.js";
import {
	type BenchRun,
	type BenchSize,
	type Curve,
	exact,
	type Figure,
	type Report,
} from "./report.js";
import { temporaryDirectory } from "./temporary.js";

const RECIPES = fileURLToPath(new URL("../../recipes", import.meta.url));
const SEED = 7;
/** How long the simulated fixture takes for a value set: the line's own default. */
const SETTLE_MS = 80;
const KIB = 1024;

/** Stations and units of each run; with more stations the units are fewer than the stations. */
const RUNS: Readonly<Record<BenchSize, readonly (readonly [number, number])[]>> = {
	full: [
		[3, 12],
		[10, 20],
		[50, 40],
		[100, 60],
	],
	quick: [[3, 4]],
	smoke: [[2, 2]],
};

interface Run extends Watched {
	readonly stations: number;
	readonly units: number;
	/** Bytes of one station's slots and chunks, base excluded. */
	readonly boardBytes: number;
}

export async function line({ size, progress }: BenchRun): Promise<Report> {
	const runs: Run[] = [];
	for (const [stations, units] of RUNS[size]) {
		progress(`${stations} stations, ${units} units`);
		runs.push(await measured(stations, units));
	}
	return {
		bench: "line",
		claim: "a line grows until this machine is full",
		figures: runs.flatMap(figuresOf),
		curves: curves(runs),
		measures: [],
		conditions: {
			"ms that a fixture settles": SETTLE_MS,
			seed: SEED,
			broker: "Mosquitto",
			"RSA bits": RSA_BITS,
			cores: cpus().length,
		},
	};
}

async function measured(stations: number, units: number): Promise<Run> {
	const { path: directory, remove } = temporaryDirectory();
	const processes = new Processes(directory);
	const data = join(directory, "line");
	try {
		await makeKeys(data, { stations, units, seed: SEED });
		const url = await processes.broker("mosquitto");
		const watch = new Watch(processes.brokerPid);
		const report = await runLine({
			asked: { stations, units, seed: SEED },
			fallback: { stations, units, seed: SEED },
			broker: { url },
			recipes: RECIPES,
			data,
			settleMs: SETTLE_MS,
			clock: systemClock,
			onEvent: (event) => watch.heard(event),
			signal: new AbortController().signal,
		});
		watch.stop();
		check(report.outcome === "complete", `the line ended ${report.outcome}`);
		const memory = report.stations.flatMap((each) => each.memory ?? []);
		const board = memory.map(({ slots, chunkBytes }) => slots * 16 + chunkBytes);
		const boardBytes = board.reduce((sum, each) => sum + each, 0) / board.length;
		return { stations, units, boardBytes, ...watch.result() };
	} finally {
		await processes.close();
		remove();
	}
}

/** Those that the line would make are longer, and a hundred of them take their time. */
async function makeKeys(data: string, plan: Plan): Promise<void> {
	const directory = DataDirectory.take(data);
	try {
		directory.plan({}, plan);
		const options = { directory: directory.keys, rsaBits: RSA_BITS };
		await initPlant({ ...options, line: LINE_NAME });
		const stations = Array.from({ length: plan.stations }, (_, index) => stationId(index));
		await enrol({ ...options, stations });
	} finally {
		directory.release();
	}
}

function perMinute({ units, durationMs }: Run): number {
	return (units * 60_000) / durationMs;
}

/** What is busiest, in words. */
function fullest({ processor }: Run): string {
	const [name, share] = Object.entries(processor).sort(([, a], [, b]) => b - a)[0] as [
		string,
		number,
	];
	return `${name} at ${share.toFixed(0)} %`;
}

function figuresOf(run: Run): Figure[] {
	const { stations, attempts, durationMs, processor, stationBytes, boardBytes } = run;
	const all = Object.values(processor).reduce((sum, each) => sum + each, 0);
	const name = `${stations} stations`;
	/** If nothing but the fixture took time, every station would make so many attempts. */
	const fixture = Math.min(stations, run.units) * (1000 / SETTLE_MS);
	return [
		{ figure: `${name}, units`, ours: exact(perMinute(run)), unit: "1/min" },
		{
			figure: `${name}, attempts`,
			ours: exact((attempts * 1000) / durationMs),
			unit: "1/s",
			against: "fixtures that never wait for anything",
			rival: exact(fixture),
		},
		{
			figure: `${name}, processor; most of it: ${fullest(run)}`,
			ours: exact(all),
			unit: "%",
			against: "all cores",
			rival: exact(100),
		},
		{
			figure: `${name}, processor of one station`,
			ours: exact(processor.stations / stations),
			unit: "%",
			against: "all cores",
			rival: exact(100),
		},
		{ figure: `${name}, memory of one station's process`, ours: exact(stationBytes), unit: "B" },
		{ figure: `${name}, alive in one board`, ours: exact(boardBytes), unit: "B" },
	];
}

function curves(runs: readonly Run[]): Curve[] {
	const x = { label: "stations", unit: "", isLogarithmic: true };
	const series = (name: string, value: (run: Run) => number, isOurs = true) => ({
		name,
		isOurs,
		points: runs.map((run) => ({ x: run.stations, y: exact(value(run)) })),
	});
	return [
		{
			title: "Units a minute, by stations",
			x,
			y: { label: "units", unit: "1/min", isLogarithmic: false },
			series: [series("units", perMinute)],
		},
		{
			title: "Attempts a second, by stations",
			x,
			y: { label: "attempts", unit: "1/s", isLogarithmic: true },
			series: [
				series("attempts", ({ attempts, durationMs }) => (attempts * 1000) / durationMs),
				series(
					"fixtures alone",
					({ stations, units }) => Math.min(stations, units) * (1000 / SETTLE_MS),
					false,
				),
			],
		},
		{
			title: "Who uses the processor, by stations",
			x,
			y: { label: "of all cores", unit: "%", isLogarithmic: false },
			series: [
				series("stations together", ({ processor }) => processor.stations),
				series("server", ({ processor }) => processor.server),
				series("Mosquitto", ({ processor }) => processor.broker, false),
				series("this bench", ({ processor }) => processor.bench, false),
			],
		},
		{
			title: "Memory of one station's process",
			x,
			y: { label: "memory", unit: "MiB", isLogarithmic: false },
			series: [series("a station's process", ({ stationBytes }) => stationBytes / KIB / KIB)],
		},
	];
}
