/**
 * Claim: a station needs a small part of what the manifest gives it, at the moment it needs most.
 *
 * One station on XS goes through three units: session, a parameter file of 64 KiB fetched block by block,
 * attempts, and letting go, against the real server and the embedded broker. Three questions:
 * - what is alive, phase by phase (garbage collected every few milliseconds; slots at 16 bytes, and chunks,
 *   above what a board keeps in flash);
 * - what the engine takes of `creation.static` when it is left alone (stack, heap and chunks as they grew);
 * - the smallest `creation.static` with which they still go through, found by halving.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { prepareStation } from "../host-sim/line/station.js";
import { BOARD_EXIT, type StationEvent, spawnStation } from "../host-sim/station-process.js";
import { enrol, initPlant, loadServerKeys, stationDirectory } from "../keys/keys.js";
import { startBroker } from "../server/broker.js";
import { lineReport, releaseRecipe, releaseUnits } from "../server/operations.js";
import { startServer } from "../server/server.js";
import { openStore } from "../server/store/sqlite.js";
import { check, summary } from "./measure.js";
import { type BenchRun, type BenchSize, exact, type Figure, type Report } from "./report.js";
import { measure } from "./targets.js";
import { temporaryDirectory } from "./temporary.js";

const LINE = "bench";
const STATION = `${LINE}.one`;
const UNITS = ["U-1", "U-2", "U-3"];
const SLOT_SIZE = 16;
const FILE_SIZE: Readonly<Record<BenchSize, number>> = {
	full: 64 * 1024,
	quick: 64 * 1024,
	smoke: 6 * 1024,
};
/** The first value set passes. */
const LIMITS = "# q-factor\nmin= 0\n";
const SETTLE_MS = 40;
const SAMPLE_MS = 2;
const UNSAMPLED_MS = 3_600_000;
const PATIENCE_MS = 60_000;
const STEP_BYTES = 1024;

const PHASES = ["after load", "session", "fetch", "attempt", "idle afterwards"] as const;
type Phase = (typeof PHASES)[number];
type Memory = Extract<StationEvent, { kind: "memory" }>;

interface Run {
	/** They went through; `false`: the memory was full. */
	readonly passed: boolean;
	/** Highest of each phase that was seen. */
	readonly live: ReadonlyMap<Phase, number>;
	readonly reservedBytes: number;
	readonly limitBytes: number;
}

export async function memory({ size, progress }: BenchRun): Promise<Report> {
	const { path: directory, remove } = temporaryDirectory();
	try {
		const keys = join(directory, "keys");
		await initPlant({ directory: keys, line: LINE });
		await enrol({ directory: keys, stations: ["one"] });
		const bench = new MemoryBench(keys, directory, FILE_SIZE[size]);
		progress("three units, memory sampled");
		const sampled = await bench.run(SAMPLE_MS);
		progress("three units, left alone");
		const alone = await bench.run(UNSAMPLED_MS);
		check(sampled.passed && alone.passed, "the memory was full within the manifest's own limit");
		progress("the least memory that is enough");
		const least = size === "full" ? await bench.least(alone.reservedBytes) : undefined;
		return report(FILE_SIZE[size], sampled, alone, least);
	} finally {
		remove();
	}
}

function report(fileSize: number, sampled: Run, alone: Run, least: number | undefined): Report {
	const limit = { unit: "B", against: "creation.static", rival: exact(alone.limitBytes) };
	const most = Math.max(...sampled.live.values());
	const figures: Figure[] = PHASES.flatMap((phase) => {
		const ours = sampled.live.get(phase);
		return ours === undefined ? [] : [{ figure: `alive: ${phase}`, ours: exact(ours), ...limit }];
	});
	figures.push({ figure: "alive: most", ours: exact(most), ...limit });
	figures.push({ figure: "taken when left alone", ours: exact(alone.reservedBytes), ...limit });
	if (least !== undefined)
		figures.push({ figure: "least that is enough", ours: exact(least), ...limit });
	return {
		bench: "memory",
		claim: "a whole unit, file fetch included, needs a part of what a board gives",
		figures,
		curves: [],
		measures: [measure("memory-station", summary([most / 1024]))],
		conditions: { "bytes of the file": fileSize, "ms between samples": SAMPLE_MS },
	};
}

class MemoryBench {
	readonly #keys: string;
	readonly #directory: string;
	readonly #text: string;
	#runs = 0;

	constructor(keys: string, directory: string, fileSize: number) {
		this.#keys = keys;
		this.#directory = directory;
		const head =
			"# Resistors\nr1= 350\nr2= 450\n# Capacitors\nc1= 2\nc4= .5456\nc5= .47\n# Inductors\n";
		const filler = (i: number) => `l${i}= ${(0.9 + i / 10_000).toFixed(4)}\n`;
		let text = head;
		for (let i = 1; text.length < fileSize; i++) text += filler(i);
		this.#text = text;
	}

	/** The units, on a new flash and a new database. @param limit - instead of the manifest's. */
	async run(memoryPeriodMs: number, limit?: number): Promise<Run> {
		const name = join(this.#directory, `run-${this.#runs++}`);
		const store = await openStore(`${name}.sqlite`);
		const broker = await startBroker({});
		const text = this.#text;
		await releaseRecipe(store, { station: STATION, id: "trim", text, limitsText: LIMITS });
		await releaseUnits(store, LINE, UNITS);
		const server = await startServer({
			brokerUrl: broker.url,
			keys: loadServerKeys(this.#keys),
			store,
		});
		try {
			const flash = `${name}.flash`;
			const bundle = stationDirectory(this.#keys, STATION);
			await prepareStation({ bundle, url: broker.url, flash });
			const table = limit === undefined ? undefined : `${name}.txt`;
			if (table) writeFileSync(table, `creation static ${limit}\n`);
			return await this.#station(flash, memoryPeriodMs, table, async () => {
				const { units } = await lineReport(store, LINE);
				return units.every(({ stage }) => stage === "finished");
			});
		} finally {
			await server.close();
			await broker.close();
			await store.close();
		}
	}

	async #station(
		flash: string,
		memoryPeriodMs: number,
		table: string | undefined,
		isDone: () => Promise<boolean>,
	): Promise<Run> {
		const live = new Map<Phase, number>();
		let last: Memory | undefined;
		let phase = "after load" as Phase;
		const station = spawnStation({
			flash,
			memoryPeriodMs,
			...(table !== undefined && { table }),
			options: { seed: "7", settleMs: String(SETTLE_MS) },
			onEvent: (event) => {
				if (event.kind === "log") phase = phaseAfter(event.line, phase);
				if (event.kind !== "memory") return;
				last = event;
				live.set(phase, Math.max(live.get(phase) ?? 0, liveBytes(event)));
			},
		});
		let ended = false;
		void station.exited.then(() => {
			ended = true;
		});
		const endMs = performance.now() + PATIENCE_MS;
		try {
			while (!ended && !(await isDone())) {
				check(performance.now() < endMs, "the units do not get through");
				await sleep(20);
			}
			// A last sample of the idle station, where there are samples.
			if (memoryPeriodMs < 1000) await sleep(200);
		} finally {
			station.stop();
		}
		const { code, message } = await station.exited;
		check(code === 0 || code === BOARD_EXIT.memoryFull, `the station ended: ${message}`);
		const { reservedBytes = 0, limitBytes = 0 } = last ?? {};
		return { passed: code === 0, live, reservedBytes, limitBytes };
	}

	/** The smallest limit, to STEP_BYTES, with which the units go through. */
	async least(enough: number): Promise<number> {
		let high = Math.ceil(enough / STEP_BYTES);
		let low = Math.floor(high / 2);
		while (low + 1 < high) {
			const middle = Math.floor((low + high) / 2);
			const { passed } = await this.run(UNSAMPLED_MS, middle * STEP_BYTES);
			if (passed) high = middle;
			else low = middle;
		}
		return high * STEP_BYTES;
	}
}

function liveBytes({ slots, chunkBytes }: Memory): number {
	return slots * SLOT_SIZE + chunkBytes;
}

/** What the console says marks the phases. */
function phaseAfter(line: string, phase: Phase): Phase {
	if (line === "session established") return "session";
	if (phase === "session" && line === "state Idle") return "fetch";
	if (line === "file complete" || line === "state Execute") return "attempt";
	if (phase === "attempt" && line === "state Idle") return "idle afterwards";
	return phase;
}
