/**
 * Claim: ahead of the system that the paper describes, in what it does too.
 *
 * The paper's system in the paper's own stack, Python with PyCryptodome and paho-mqtt (bench/paper), as two processes
 * at the same Mosquitto in the same run, in turn with ours: paho as it comes, and tuned; the file on request, as the
 * paper has it, and from the broker, sealed beforehand. Keys are loaded once. Ours is held against a file on request,
 * the faster of both ways, and against attempts with paho as it comes; the others stand in the table beside them.
 * What Python seals must open in host-sim/suite-0.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { quantile, ratios, resultsOf, type Summary, summary, takeTurns } from "./measure.js";
import { ensurePython } from "./paper/python.js";
import { PaperRival, paperKeys } from "./paper/rival.js";
import { stationName, within } from "./plant.js";
import { Player } from "./player.js";
import {
	type BenchRun,
	type BenchSize,
	binary,
	type Curve,
	exact,
	type Figure,
	type Report,
} from "./report.js";
import { type Measure, measure } from "./targets.js";
import { Rig } from "./transfer/rig.js";
import { LARGE_BLOCK, speed, TARGET_SIZE } from "./transfer.js";
import { Work, workplace } from "./work.js";

const KIB = 1024;
const MIB = 1024 * 1024;
const SIZES: Readonly<Record<BenchSize, readonly number[]>> = {
	full: [64 * KIB, MIB, 4 * MIB, TARGET_SIZE],
	quick: [TARGET_SIZE],
	smoke: [64 * KIB],
};
const ROUNDS: Readonly<Record<BenchSize, number>> = { full: 7, quick: 2, smoke: 1 };
const ATTEMPTS_A_ROUND: Readonly<Record<BenchSize, number>> = { full: 50, quick: 10, smoke: 3 };
/** Rounds of attempts, and of ours alone before them: Python has nothing to warm up. */
const ATTEMPT_ROUNDS: Readonly<Record<BenchSize, number>> = { full: 10, quick: 3, smoke: 1 };
const WARM_UP_ROUNDS: Readonly<Record<BenchSize, number>> = { full: 40, quick: 30, smoke: 1 };
const UNIT = "U-1";

/** One way of the paper's stack, and how long each round took. */
interface Way {
	readonly name: string;
	readonly ms: readonly number[];
}

interface Moved {
	readonly size: number;
	readonly oursMs: readonly number[];
	readonly ways: readonly Way[];
}

export async function paper(run: BenchRun): Promise<Report> {
	const { size, progress } = run;
	await ensurePython();
	const sizes = within(SIZES[size]);
	const attempts = (ATTEMPT_ROUNDS[size] + WARM_UP_ROUNDS[size]) * ATTEMPTS_A_ROUND[size];
	const place = workplace("one", attempts);
	progress("making files");
	const rig = await Rig.open({ sizes, first: [place], units: [UNIT] });
	try {
		const moved: Moved[] = [];
		for (const each of sizes) {
			progress(`${binary(each)}, ${ROUNDS[size]} rounds`);
			moved.push(await move(rig, each, ROUNDS[size]));
		}
		progress(`${attempts} attempts each`);
		const recipe = join(rig.directory, "recipe");
		writeFileSync(recipe, place.text as string);
		const tried = await attemptsOf(rig, recipe, size);
		return report(moved, tried, ROUNDS[size]);
	} finally {
		await rig.close();
	}
}

async function start(rig: Rig, file: string, isTuned: boolean, isRetained: boolean) {
	const { processes, url, directory } = rig;
	const keys = await paperKeys();
	return await PaperRival.start({ processes, url, directory, keys, file, isTuned, isRetained });
}

async function move(rig: Rig, size: number, rounds: number): Promise<Moved> {
	const paperWay = (isTuned: boolean, word: "file" | "retained") => async (): Promise<number> => {
		const rival = await start(rig, rig.file(size), isTuned, word === "retained");
		try {
			return (await rival.file(word)).durationMs;
		} finally {
			await rival.close();
		}
	};
	const results = await takeTurns(rounds, {
		ours: async () => (await rig.receive("sealed", size, LARGE_BLOCK)).durationMs,
		"default, on request": paperWay(false, "file"),
		"tuned, on request": paperWay(true, "file"),
		"tuned, kept by the broker": paperWay(true, "retained"),
	});
	const ways = [...results].filter(([name]) => name !== "ours").map(([name, ms]) => ({ name, ms }));
	return { size, oursMs: resultsOf(results, "ours"), ways };
}

interface Tried {
	/** Medians, round by round. */
	readonly ours: readonly number[];
	readonly ways: readonly Way[];
	readonly all: ReadonlyMap<string, readonly number[]>;
}

async function attemptsOf(rig: Rig, recipe: string, size: BenchSize): Promise<Tried> {
	const player = await Player.connect(rig.keys, stationName("one"), rig.url);
	await player.greet();
	const work = await Work.begin(player);
	const count = ATTEMPTS_A_ROUND[size];
	const ours = async (): Promise<number[]> => {
		const times: number[] = [];
		for (let i = 0; i < count; i++) {
			const atMs = performance.now();
			await work.attempt();
			times.push(performance.now() - atMs);
		}
		return times;
	};
	const theirs = (isTuned: boolean) => async (): Promise<number[]> => {
		// A process of its own each round: both parties of the other way would hear it too.
		const rival = await start(rig, recipe, isTuned, false);
		try {
			await rival.checkSealing();
			return await rival.attempts(count);
		} finally {
			await rival.close();
		}
	};
	try {
		for (let i = 0; i < WARM_UP_ROUNDS[size]; i++) await ours();
		const results = await takeTurns(ATTEMPT_ROUNDS[size], {
			ours,
			default: theirs(false),
			tuned: theirs(true),
		});
		const all = new Map([...results].map(([name, rounds]) => [name, rounds.flat()]));
		const medians = (name: string) => resultsOf(results, name).map((each) => quantile(each, 0.5));
		const ways = ["default", "tuned"].map((name) => ({ name, ms: medians(name) }));
		return { ours: medians("ours"), ways, all };
	} finally {
		await player.close();
	}
}

/** The way with the shortest median. */
function best(ways: readonly Way[]): Way {
	return ways.reduce((a, b) => (summary(b.ms).median < summary(a.ms).median ? b : a));
}

function report(moved: readonly Moved[], tried: Tried, rounds: number): Report {
	return {
		bench: "paper",
		claim: "ahead of the paper's system in the paper's own stack",
		figures: [...moved.flatMap(moveFigures), ...attemptFigures(tried)],
		curves: [moveCurve(moved), attemptCurve(tried)],
		measures: measuresOf(moved, tried),
		conditions: {
			rounds,
			"our file": "in blocks of 64 KiB, as a receiver with room for it asks",
			"the paper's file": "one message, AES-256-CBC, kept in memory as ours is",
			"quality of service": "2 there, 0 for our blocks and 1 for our records",
		},
	};
}

function speeds(size: number, durationsMs: readonly number[]): number[] {
	return durationsMs.map((durationMs) => speed(size, { durationMs }));
}

function moveFigures({ size, oursMs, ways }: Moved): Figure[] {
	return ways.map(({ name, ms }) => ({
		figure: `${binary(size)}, throughput`,
		ours: summary(speeds(size, oursMs)),
		unit: "MB/s",
		against: `paper, ${name}`,
		rival: summary(speeds(size, ms)),
		ratio: summary(ratios(speeds(size, oursMs), speeds(size, ms))),
	}));
}

function attemptFigures({ ours, ways, all }: Tried): Figure[] {
	const p99 = (name: string) => exact(quantile(all.get(name) ?? [], 0.99));
	return ways.flatMap(({ name, ms }): Figure[] => [
		{
			figure: "attempt, p50",
			ours: summary(ours),
			unit: "ms",
			against: `paper, ${name}`,
			rival: summary(ms),
			ratio: summary(ratios(ours, ms)),
		},
		{
			figure: "attempt, p99",
			ours: p99("ours"),
			unit: "ms",
			against: `paper, ${name}`,
			rival: p99(name),
		},
	]);
}

function moveCurve(moved: readonly Moved[]): Curve {
	const names = moved[0]?.ways.map(({ name }) => name) ?? [];
	const series = (name: string, isOurs: boolean, of: (each: Moved) => readonly number[]) => ({
		name,
		isOurs,
		points: moved.map((each) => ({ x: each.size, y: summary(speeds(each.size, of(each))) })),
	});
	return {
		title: "A file through Mosquitto, by size",
		x: { label: "size of the file", unit: "B", isLogarithmic: true },
		y: { label: "throughput", unit: "MB/s", isLogarithmic: true },
		series: [
			series("ours, sealed, on Node", true, ({ oursMs }) => oursMs),
			...names.map((name, i) => series(`paper, ${name}`, false, ({ ways }) => ways[i]?.ms ?? [])),
		],
	};
}

/** Every share of the attempts, so that the tail is seen too. */
function attemptCurve({ all }: Tried): Curve {
	const shares = [0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99];
	const label: Readonly<Record<string, string>> = {
		ours: "ours",
		default: "paper, default",
		tuned: "paper, tuned",
	};
	return {
		title: "How long an attempt takes: so much of all attempts took no longer",
		x: { label: "share of attempts", unit: "%", isLogarithmic: false },
		y: { label: "time", unit: "ms", isLogarithmic: true },
		series: [...all].map(([name, samples]) => ({
			name: label[name] ?? name,
			isOurs: name === "ours",
			points: shares.map((share) => ({ x: share * 100, y: exact(quantile(samples, share)) })),
		})),
	};
}

function measuresOf(moved: readonly Moved[], tried: Tried): Measure[] {
	const large = moved.find(({ size }) => size === TARGET_SIZE);
	const asItComes = tried.ways.find(({ name }) => name === "default")?.ms ?? [];
	const ratio: Summary = summary(ratios(asItComes, tried.ours));
	const measures = [measure("attempt-paper", ratio)];
	if (!large) return measures;
	const onRequest = best(large.ways.filter(({ name }) => name.endsWith("on request")));
	return [measure("transfer-paper", summary(ratios(onRequest.ms, large.oursMs))), ...measures];
}
