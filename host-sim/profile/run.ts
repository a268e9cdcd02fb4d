/**
 * A station's standard work, to be profiled: power-on, handshake, a parameter file fetched, attempts that fail, and
 * letting the unit go; against the real server and the embedded broker, both in this process.
 *
 * The file is released once the station has its session and the unit once the file is there, so that each is a phase of
 * its own (phases.ts).
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { enrol, initPlant, loadServerKeys, stationDirectory } from "../../keys/keys.js";
import { startBroker } from "../../server/broker.js";
import { lineReport, releaseRecipe, releaseUnits } from "../../server/operations.js";
import { type Server, startServer } from "../../server/server.js";
import { openStore } from "../../server/store/sqlite.js";
import type { Store } from "../../server/store/store.js";
import { prepareStation } from "../line/station.js";
import { spawnStation } from "../station-process.js";
import { ProfileError } from "./raw.js";

const LINE = "profile";
const STATION = `${LINE}.one`;
const UNIT = "U-1";
const PATIENCE_MS = 120_000;
const LOOK_MS = 20;
/** Only at the beginning and at the end: a report of its memory collects garbage. */
const REPORT_PERIOD_MS = 3_600_000;
/** Longer than the console holds a line back. */
const LAST_WORDS_MS = 1100;

export interface StationWork {
	/** Bytes of the parameter file, 1,024 to 1,000,000. */
	readonly fileSize: number;
	/** 1 to 10,000. */
	readonly attempts: number;
	/** 0 to 2^32 - 1. */
	readonly seed: number;
	/** How long the simulated fixture takes for a value set, in ms. */
	readonly settleMs: number;
	/** Where the profile is written. */
	readonly file: string;
	readonly slotPeriod?: number;
	/** How far it is, for people. */
	readonly onProgress?: (text: string) => void;
}

/** A parameter file of about `size` bytes with a value set for each attempt. */
function recipeText(size: number, attempts: number): string {
	const first = Math.max(2, attempts + 1);
	const lines = ["# Resistors"];
	for (let i = 0; i < first; i++) lines.push(`r${i}= ${100 + i}`);
	lines.push("# Capacitors", "c1= .4712", "# Inductors", "l0= .9");
	let length = lines.join("\n").length;
	for (let i = 1; length < size; i++) {
		const line = `l${i}= ${(0.9 + i / 100_000).toFixed(5)}`;
		lines.push(line);
		length += line.length + 1;
	}
	return `${lines.join("\n")}\n`;
}

/** No unit is that good. */
const LIMITS = "# q-factor\nmin= 1000000\n";

/**
 * @throws {@link ProfileError} `run` where the station does not get through, or ended by itself.
 */
export async function profileStation(work: StationWork): Promise<void> {
	const directory = mkdtempSync(join(tmpdir(), "interlock-profile-"));
	try {
		work.onProgress?.("making keys");
		const keys = join(directory, "keys");
		await initPlant({ directory: keys, line: LINE });
		await enrol({ directory: keys, stations: ["one"] });
		const store = await openStore(join(directory, "interlock.sqlite"));
		const broker = await startBroker({});
		const server = await startServer({
			brokerUrl: broker.url,
			keys: loadServerKeys(keys),
			store,
		});
		try {
			const flash = join(directory, "one.flash");
			await prepareStation({ bundle: stationDirectory(keys, STATION), url: broker.url, flash });
			await runStation(work, flash, store, server);
		} finally {
			await server.close();
			await broker.close();
			await store.close();
		}
	} finally {
		rmSync(directory, { recursive: true });
	}
}

async function runStation(
	work: StationWork,
	flash: string,
	store: Store,
	server: Server,
): Promise<void> {
	const { fileSize, attempts, seed, settleMs, file, slotPeriod, onProgress } = work;
	const seen = new Set<string>();
	const station = spawnStation({
		flash,
		memoryPeriodMs: REPORT_PERIOD_MS,
		options: { seed: String(seed), settleMs: String(settleMs) },
		profile: { file, ...(slotPeriod !== undefined && { slotPeriod }) },
		onEvent: (event) => void (event.kind === "log" && seen.add(event.line)),
	});
	let ended = false;
	void station.exited.then(() => {
		ended = true;
	});
	const until = async (what: string, isDone: () => boolean | Promise<boolean>) => {
		onProgress?.(what);
		const endMs = performance.now() + PATIENCE_MS;
		while (!ended && !(await isDone())) {
			if (performance.now() > endMs)
				throw new ProfileError("run", `${what} does not come to an end`);
			await sleep(LOOK_MS);
		}
	};
	try {
		await until("handshake", () => seen.has("session established"));
		const text = recipeText(fileSize, attempts);
		await releaseRecipe(store, {
			...{ station: STATION, id: "profile", text, limitsText: LIMITS },
			attemptsMax: attempts,
		});
		await server.refresh();
		await until("fetch", () => seen.has("file complete"));
		await releaseUnits(store, LINE, [UNIT]);
		await server.refresh();
		await until("attempts", async () =>
			(await lineReport(store, LINE)).units.every(({ stage }) => stage === "rejected"),
		);
		await sleep(LAST_WORDS_MS);
	} finally {
		station.stop();
	}
	const { code, message } = await station.exited;
	if (code !== 0) throw new ProfileError("run", `the station ended: ${message || code}`);
}
