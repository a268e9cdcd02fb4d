/**
 * Claim: an attempt costs what two hops through the broker and one durable write cost, and little more.
 *
 * From a result about to be sealed to its verdict opened, against the server in its own process; in turn with it,
 * a message of the same size that another process echoes through the same broker by the same client, and one
 * write of a page to the same disk, flushed as the server flushes its journal. All attempts fail, so that one
 * unit lasts.
 */
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { enrol, initPlant } from "../keys/keys.js";
import type { Result, Start } from "../modules/messages/types.js";
import { releaseRecipe, releaseUnits } from "../server/operations.js";
import { openStore } from "../server/store/sqlite.js";
import { type BenchSize, check, type Figure, quantile, type Report } from "./figure.js";
import { connectPlain, ECHO_DOWN, ECHO_UP } from "./plain-client.js";
import { Player } from "./player.js";
import { BROKERS, type BrokerKind, Processes } from "./processes.js";

const LINE = "bench";
const STATION = `${LINE}.one`;
/** As bin/interlock names it. */
const DATABASE_FILE = "interlock.sqlite";
const LIMITS = "# q\nmin= 1\nmax= 2\n";
const FAILING = [
	{ name: "q", value: 3.25 },
	{ name: "impedance", value: 351.7 },
];
const PAGE_SIZE = 4096;
const ATTEMPTS = { full: 1000, smoke: 5 };
const WARM_UP = { full: 100, smoke: 1 };

interface Samples {
	readonly attemptMs: number[];
	readonly echoMs: number[];
	readonly writeMs: number[];
	sizeSent: number;
}

export async function attempt(size: BenchSize): Promise<Report> {
	const figures: Figure[] = [];
	const conditions: Record<string, number> = {
		attempts: ATTEMPTS[size],
		"after warm-up of": WARM_UP[size],
	};
	for (const kind of BROKERS) {
		const directory = mkdtempSync(join(tmpdir(), "interlock-bench-"));
		try {
			const samples = await measure(directory, kind, WARM_UP[size], ATTEMPTS[size]);
			figures.push(...figuresOf(kind, samples));
			conditions["bytes of a record"] = samples.sizeSent;
		} finally {
			rmSync(directory, { recursive: true });
		}
	}
	return {
		bench: "attempt",
		claim: "an attempt takes little longer than an echo and a durable write",
		figures,
		conditions,
	};
}

/** A plant of one station with a unit on its way, and more value sets than attempts. */
async function preparePlant(directory: string, attempts: number): Promise<string> {
	const keys = join(directory, "keys");
	await initPlant({ directory: keys, line: LINE, rsaBits: 2048 });
	await enrol({ directory: keys, stations: ["one"], rsaBits: 2048 });
	const store = await openStore(join(directory, DATABASE_FILE));
	const values = Array.from(
		{ length: Math.ceil(Math.sqrt(attempts + 1)) },
		(_, i) => `v${i}= ${i}`,
	);
	const text = `# R\n${values.join("\n")}\n# C\n${values.join("\n")}\n`;
	await releaseRecipe(store, { station: STATION, id: "bench", text, limitsText: LIMITS });
	await releaseUnits(store, LINE, ["U-1"]);
	await store.close();
	return keys;
}

async function measure(
	directory: string,
	kind: BrokerKind,
	warmUp: number,
	attempts: number,
): Promise<Samples> {
	const processes = new Processes(directory);
	const samples: Samples = { attemptMs: [], echoMs: [], writeMs: [], sizeSent: 0 };
	const file = openSync(join(directory, "page"), "w");
	try {
		const keys = await preparePlant(directory, warmUp + attempts);
		const url = await processes.broker(kind);
		await processes.server(url, directory, keys);
		await processes.echo(url);
		const [player, ticket] = await Player.start(keys, STATION, url);
		const { serial, visit, step, proof } = ticket;
		const start = await player.ask({ type: "arrived", serial, visit, step, proof });
		check(start.type === "start", `${start.type} instead of start`);
		let echoed: (payload: Uint8Array) => void = () => undefined;
		const client = await connectPlain(url, "bench-one", ECHO_DOWN, (payload) => echoed(payload));
		const echo = (payload: Uint8Array) =>
			new Promise<Uint8Array>((resolve) => {
				echoed = resolve;
				client.publish(ECHO_UP, payload, { qos: 1 });
			});
		for (let i = 0; i < warmUp + attempts; i++) {
			const result = resultOf(start, i);
			const atMs = performance.now();
			const verdict = await player.ask(result);
			const judgedMs = performance.now();
			check(verdict.type === "verdict" && !verdict.pass, `${verdict.type} for a failing result`);
			check(verdict.attempt === result.attempt, "the verdict on another attempt");
			const sent = new Uint8Array(player.sizeSent).fill(i);
			const echoAtMs = performance.now();
			const back = await echo(sent);
			const echoedMs = performance.now();
			check(back.length === sent.length && back[0] === sent[0], "another message came back");
			writeSync(file, new Uint8Array(PAGE_SIZE).fill(i));
			fdatasyncSync(file);
			const writtenMs = performance.now();
			if (i < warmUp) continue;
			samples.attemptMs.push(judgedMs - atMs);
			samples.echoMs.push(echoedMs - echoAtMs);
			samples.writeMs.push(writtenMs - echoedMs);
		}
		samples.sizeSent = player.sizeSent;
		await new Promise<void>((resolve) => client.close(resolve));
		await player.close();
	} finally {
		closeSync(file);
		await processes.close();
	}
	await checkStored(directory, warmUp + attempts);
	return samples;
}

function resultOf(start: Start, offset: number): Result {
	const { serial, visit, step, attempt: first, set, recipe } = start;
	const unit = { serial, visit, step };
	return {
		type: "result",
		...unit,
		attempt: first + offset,
		digest: recipe.digest,
		set: set + offset,
		readings: FAILING,
		durationMs: 80,
	};
}

/** Every attempt that was answered is in the database. */
async function checkStored(directory: string, attempts: number): Promise<void> {
	const store = await openStore(join(directory, DATABASE_FILE));
	const stored = await store.read((tx) => tx.attempts("U-1"));
	await store.close();
	check(stored.length === attempts, `${stored.length} attempts stored of ${attempts}`);
}

function figuresOf(kind: BrokerKind, { attemptMs, echoMs, writeMs }: Samples): Figure[] {
	const floorMs = echoMs.map((each, i) => each + (writeMs[i] ?? 0));
	return ([0.5, 0.99] as const).flatMap((share) => {
		const figure = `${kind}, p${share * 100}`;
		const ours = quantile(attemptMs, share);
		const against = (what: string, samples: readonly number[]): Figure => ({
			figure,
			ours,
			unit: "ms",
			against: what,
			rival: quantile(samples, share),
		});
		return [against("echo", echoMs), against("echo and a durable write of 4 KiB", floorMs)];
	});
}
