/**
 * Claim: an attempt costs what two hops through the broker and one durable write cost, and little more.
 *
 * From a result about to be sealed to its verdict opened, against the server in its own process; in turn with it,
 * a message of the same size that another process echoes through the same broker by the same client, and one
 * write of a page to the same disk, flushed as the server flushes its journal. All attempts fail, so that one
 * unit lasts. Then the rate: several stations of a line at once, against as many echoes at once.
 */
import { closeSync, fdatasyncSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { DATABASE_FILE } from "../host-sim/line/prepare.js";
import { openStore } from "../server/store/sqlite.js";
import { attemptRates, rateCurve } from "./attempt-rate.js";
import { Echo } from "./echo.js";
import { check, quantile, ratios, type Summary, summary } from "./measure.js";
import { makePlant, stationName } from "./plant.js";
import { Player } from "./player.js";
import { BROKERS, type BrokerKind, Processes } from "./processes.js";
import {
	type BenchRun,
	type BenchSize,
	type Curve,
	exact,
	type Figure,
	type Report,
} from "./report.js";
import { type Measure, measure } from "./targets.js";
import { inDirectory } from "./temporary.js";
import { Work, workplace } from "./work.js";

const UNIT = "U-1";
const PAGE_SIZE = 4096;
const ATTEMPTS: Readonly<Record<BenchSize, number>> = { full: 1000, quick: 200, smoke: 5 };
/** A plant's server runs for weeks: both sides are compiled by then. */
const WARM_UP: Readonly<Record<BenchSize, number>> = { full: 3000, quick: 600, smoke: 1 };
/** The samples are looked at in so many stretches, whose ratios say how much the ratio wanders. */
const STRETCHES = 10;

interface Samples {
	readonly attemptMs: number[];
	readonly echoMs: number[];
	readonly writeMs: number[];
	sizeSent: number;
}

export async function attempt({ size, progress }: BenchRun): Promise<Report> {
	const figures: Figure[] = [];
	const curves: Curve[] = [];
	const measures: Measure[] = [];
	const conditions: Record<string, number> = {
		attempts: ATTEMPTS[size],
		"after warm-up of": WARM_UP[size],
	};
	for (const kind of BROKERS) {
		progress(`${ATTEMPTS[size]} attempts and echoes, ${kind} broker`);
		const samples = await inDirectory((directory) =>
			latencies(directory, kind, WARM_UP[size], ATTEMPTS[size]),
		);
		figures.push(...figuresOf(kind, samples));
		if (kind === "mosquitto") measures.push(measure("attempt", ratioOfMedians(samples)));
		conditions["bytes of a record"] = samples.sizeSent;
	}
	const kind = BROKERS.at(-1) as BrokerKind;
	progress(`several stations at once, ${kind} broker`);
	const rates = await inDirectory((directory) => attemptRates(directory, kind, size));
	curves.push(rateCurve(rates));
	return {
		bench: "attempt",
		claim: "an attempt takes little longer than an echo and a durable write",
		figures,
		curves,
		measures,
		conditions,
	};
}

async function latencies(
	directory: string,
	kind: BrokerKind,
	warmUp: number,
	attempts: number,
): Promise<Samples> {
	const processes = new Processes(directory);
	const samples: Samples = { attemptMs: [], echoMs: [], writeMs: [], sizeSent: 0 };
	const file = openSync(join(directory, "page"), "w");
	try {
		const keys = await makePlant(directory, [workplace("one", warmUp + attempts)], [UNIT]);
		const url = await processes.broker(kind);
		await processes.server(url, directory, keys);
		await processes.echo(url);
		const player = await Player.connect(keys, stationName("one"), url);
		await player.greet();
		const work = await Work.begin(player);
		const echo = await Echo.connect(url);
		for (let i = 0; i < warmUp + attempts; i++) {
			const atMs = performance.now();
			await work.attempt();
			const judgedMs = performance.now();
			await echo.round(player.sizeSent);
			const echoedMs = performance.now();
			if (i < warmUp) continue;
			writeSync(file, new Uint8Array(PAGE_SIZE).fill(i));
			fdatasyncSync(file);
			const writtenMs = performance.now();
			samples.attemptMs.push(judgedMs - atMs);
			samples.echoMs.push(echoedMs - judgedMs);
			samples.writeMs.push(writtenMs - echoedMs);
		}
		samples.sizeSent = player.sizeSent;
		await echo.close();
		await player.close();
	} finally {
		closeSync(file);
		await processes.close();
	}
	await checkStored(directory, UNIT, warmUp + attempts);
	return samples;
}

/** Every attempt that was answered is in the database. */
async function checkStored(directory: string, serial: string, attempts: number): Promise<void> {
	const store = await openStore(join(directory, DATABASE_FILE));
	const stored = await store.read((tx) => tx.attempts(serial));
	await store.close();
	check(stored.length === attempts, `${stored.length} attempts stored of ${attempts}`);
}

function figuresOf(kind: BrokerKind, { attemptMs, echoMs, writeMs }: Samples): Figure[] {
	const floorMs = echoMs.map((each, i) => each + (writeMs[i] ?? 0));
	return ([0.5, 0.99] as const).flatMap((share) => {
		const against = (what: string, samples: readonly number[]): Figure => ({
			figure: `${kind}, p${share * 100}`,
			ours: at(attemptMs, share),
			unit: "ms",
			against: what,
			rival: at(samples, share),
		});
		return [against("echo", echoMs), against("echo and a durable write of 4 KiB", floorMs)];
	});
}

/** The median has a spread; a higher quantile is one number. */
function at(samples: readonly number[], share: number): Summary {
	return share === 0.5 ? summary(samples) : exact(quantile(samples, share));
}

/** Of the medians, stretch by stretch. */
function ratioOfMedians({ attemptMs, echoMs }: Samples): Summary {
	const length = Math.ceil(attemptMs.length / STRETCHES);
	const medians = (samples: readonly number[]) =>
		Array.from({ length: Math.ceil(samples.length / length) }, (_, i) =>
			quantile(samples.slice(i * length, (i + 1) * length), 0.5),
		);
	const spread = summary(ratios(medians(attemptMs), medians(echoMs)));
	return { ...spread, median: quantile(attemptMs, 0.5) / quantile(echoMs, 0.5) };
}
