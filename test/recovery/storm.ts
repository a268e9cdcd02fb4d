/**
 * A whole line as `interlock line` runs it, with a random node killed (SIGKILL) now and then: one of the stations, the
 * server or the broker; or stations alone, whose power is cut by that. Checked against an undisturbed run of the same
 * plan, on Linux boards, and counted.
 *
 * Which node dies and how long until the next follow from the seed; what it was doing just then does not.
 */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BoardKind } from "../../host-sim/board-kind.js";
import type { LineEvent } from "../../host-sim/line/events.js";
import { runLine } from "../../host-sim/line/line.js";
import { DATABASE_FILE, serialOf, stationId } from "../../host-sim/line/prepare.js";
import type { LineReport } from "../../host-sim/line/report.js";
import { systemClock } from "../../host-sim/line/system-clock.js";
import { Stream } from "../../host-sim/plant/random.js";
import { showUnit } from "../../server/operations.js";
import { openStore } from "../../server/store/sqlite.js";
import type { Store } from "../../server/store/store.js";
import { RECIPES } from "../e2e/support.js";
import type { Mosquitto } from "../mqtt/support.js";
import { plantMosquitto, prepareData } from "../support/plant-mosquitto.js";
import { assertJournal, decided, onBoard } from "./check.js";

/** Nothing moved for so long: a stall. */
export const STALL_MS = 10_000;

export interface StormOptions {
	readonly seed: number;
	readonly stations: number;
	readonly units: number;
	readonly broker: "embedded" | "mosquitto";
	/** Kinds of the stations' boards, repeated along the line; Linux. */
	readonly boards?: readonly BoardKind[];
	/** All, unless said otherwise. */
	readonly victims?: "all" | "stations";
	/** Kills after which it is calm; default: none. */
	readonly killsMax?: number;
	/** Between two kills, on average: from half of it to one and a half. */
	readonly everyMs: number;
	readonly settleMs: number;
	/** Told of each kill. */
	readonly onKill?: (node: string, atMs: number) => void;
}

export interface StormFigures {
	readonly seed: number;
	readonly broker: string;
	readonly units: number;
	readonly passed: number;
	readonly rejected: number;
	readonly attempts: number;
	readonly durationS: number;
	/** By node. */
	readonly kills: Readonly<Record<string, number>>;
	/** Requests that the server answered but did not grant, by reason. */
	readonly refusals: Readonly<Record<string, number>>;
	/** Times without an arrival, a verdict or a departure for {@link STALL_MS}; and the longest such time. */
	readonly stalls: number;
	readonly longestPauseS: number;
	/** The same line undisturbed. */
	readonly calmDurationS: number;
}

/** @throws AssertionError where anything was lost, skipped or done twice. */
export async function storm(options: StormOptions): Promise<StormFigures> {
	const parent = mkdtempSync(join(tmpdir(), "interlock-storm-"));
	try {
		const calm = await runCalm(options, join(parent, "calm"));
		return await runStorm(options, join(parent, "storm"), calm);
	} finally {
		rmSync(parent, { recursive: true, force: true });
	}
}

interface Calm {
	readonly report: LineReport;
	readonly units: Awaited<ReturnType<typeof decided>>;
}

function plan({ seed, stations, units, settleMs }: StormOptions) {
	const asked = { seed, stations, units };
	return { asked, fallback: asked, recipes: RECIPES, settleMs, clock: systemClock };
}

async function runCalm(options: StormOptions, data: string): Promise<Calm> {
	const report = await runLine({
		...plan(options),
		settleMs: 1,
		broker: undefined,
		data,
		onEvent: () => {},
		signal: new AbortController().signal,
	});
	assert.equal(report.outcome, "complete", "undisturbed");
	const units = await withStore(data, (store) => decided(store, serials(options)));
	return { report, units };
}

async function runStorm(options: StormOptions, data: string, calm: Calm): Promise<StormFigures> {
	const mosquitto =
		options.broker === "mosquitto" ? await startMosquitto(options, data) : undefined;
	const weather = new Weather(options, mosquitto);
	try {
		const { asked, ...rest } = plan(options);
		const report = await runLine({
			...rest,
			asked: { ...asked, ...(options.boards && { boards: options.boards }) },
			broker: mosquitto && { url: `mqtt://127.0.0.1:${mosquitto.port}` },
			data,
			// Here the killing is meant: nothing is given up for it.
			supervision: { delayMinMs: 200, delayMaxMs: 1000, deathsMax: Number.POSITIVE_INFINITY },
			onEvent: (event) => weather.onEvent(event),
			signal: new AbortController().signal,
		});
		weather.stop();
		assert.equal(report.outcome, "complete", `seed ${options.seed}`);
		await withStore(data, (store) => check(store, options, data, calm));
		return weather.figures(report, calm.report);
	} finally {
		weather.stop();
		await weather.ended;
		await mosquitto?.stop();
	}
}

/** The plant's keys are made first: Mosquitto gets the files that were written from them. */
async function startMosquitto(options: StormOptions, data: string): Promise<Mosquitto> {
	const { seed, stations, units } = options;
	return await plantMosquitto((await prepareData(data, { seed, stations, units })).keys);
}

async function check(store: Store, options: StormOptions, data: string, calm: Calm): Promise<void> {
	const found = await decided(store, serials(options));
	assert.deepEqual(found, calm.units, `seed ${options.seed}`);
	await assertJournal(store, options.stations);
	const journal = await store.read((tx) => tx.journalNumber());
	for (let index = 0; index < options.stations; index++) {
		const board = onBoard(join(data, "flash", `${stationId(index)}.flash`));
		assert.ok(board.journal <= journal, `${stationId(index)} is ahead of the journal`);
		// The line was stopped at the last answer: a board may not have got it.
		const stage = board.serial && (await showUnit(store, board.serial))?.stage;
		assert.ok(
			["", "finished", "rejected"].includes(stage ?? "unknown"),
			`${board.serial} ${stage}`,
		);
	}
}

function serials({ units }: StormOptions): string[] {
	return Array.from({ length: units }, (_, i) => serialOf(i));
}

async function withStore<T>(data: string, work: (store: Store) => Promise<T>): Promise<T> {
	const store = await openStore(join(data, DATABASE_FILE));
	try {
		return await work(store);
	} finally {
		await store.close();
	}
}

/** Kills, and counts what happens. */
class Weather {
	readonly #options: StormOptions;
	readonly #mosquitto: Mosquitto | undefined;
	readonly #random: Stream;
	readonly #pids = new Map<string, number>();
	readonly #kills: Record<string, number> = {};
	readonly #refusals: Record<string, number> = {};
	readonly #startedMs = performance.now();
	#movedMs = performance.now();
	#stalls = 0;
	#longestMs = 0;
	#timer: NodeJS.Timeout | undefined;
	#stopped = false;
	/** What is under way at Mosquitto. */
	ended: Promise<void> = Promise.resolve();

	constructor(options: StormOptions, mosquitto: Mosquitto | undefined) {
		this.#options = options;
		this.#mosquitto = mosquitto;
		this.#random = Stream.of(options.seed, "storm");
	}

	onEvent(event: LineEvent): void {
		if (event.event === "process") {
			if (event.state === "started" && event.pid !== undefined)
				this.#pids.set(event.process, event.pid);
			else this.#pids.delete(event.process);
		} else if (event.event === "refused") {
			this.#refusals[event.reason] = (this.#refusals[event.reason] ?? 0) + 1;
		} else if (["arrived", "verdict", "unit"].includes(event.event)) {
			this.#moved();
		}
		if (event.event === "arrived" && this.#timer === undefined) this.#arm();
	}

	stop(): void {
		this.#stopped = true;
		clearTimeout(this.#timer);
	}

	figures(report: LineReport, calm: LineReport): StormFigures {
		const count = (outcome: string) =>
			report.units.filter((unit) => unit.outcome === outcome).length;
		const perUnit = report.units.flatMap(({ attempts }) => Object.values(attempts));
		return {
			seed: this.#options.seed,
			broker: this.#options.broker,
			units: report.units.length,
			passed: count("passed"),
			rejected: count("rejected"),
			attempts: perUnit.reduce((sum, each) => sum + each, 0),
			durationS: seconds(report.durationMs),
			kills: this.#kills,
			refusals: this.#refusals,
			stalls: this.#stalls,
			longestPauseS: seconds(this.#longestMs),
			calmDurationS: seconds(calm.durationMs),
		};
	}

	#moved(): void {
		const pauseMs = performance.now() - this.#movedMs;
		this.#movedMs = performance.now();
		if (this.#timer === undefined) return;
		this.#longestMs = Math.max(this.#longestMs, pauseMs);
		if (pauseMs > STALL_MS) this.#stalls++;
	}

	#arm(): void {
		const delayMs = this.#options.everyMs * (0.5 + this.#random.fraction());
		this.#timer = setTimeout(() => {
			if (this.#stopped) return;
			this.#strike();
			if (total(this.#kills) < (this.#options.killsMax ?? Number.POSITIVE_INFINITY)) this.#arm();
		}, delayMs);
	}

	#strike(): void {
		const { stations, victims = "all", onKill } = this.#options;
		const others = victims === "all" ? ["server", "broker"] : [];
		const nodes = [...others, ...Array.from({ length: stations }, (_, i) => stationId(i))];
		const node = nodes[Math.floor(this.#random.fraction() * nodes.length)] as string;
		const pid = this.#pids.get(node);
		if (node === "broker" && this.#mosquitto) {
			const { ended } = this;
			this.ended = ended.then(() => restart(this.#mosquitto as Mosquitto));
		} else if (pid === undefined) {
			// It is dead already, and about to be started.
			return;
		} else {
			this.#pids.delete(node);
			if (!killed(pid)) return;
		}
		this.#kills[node] = (this.#kills[node] ?? 0) + 1;
		onKill?.(node, performance.now() - this.#startedMs);
	}
}

/** @returns whether there was such a process: it may have ended by itself, which is told a moment later. */
function killed(pid: number): boolean {
	try {
		return process.kill(pid, "SIGKILL");
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
		throw error;
	}
}

/** Of all nodes. */
export function total(kills: StormFigures["kills"]): number {
	return Object.values(kills).reduce((sum, each) => sum + each, 0);
}

async function restart(mosquitto: Mosquitto): Promise<void> {
	await mosquitto.pause("SIGKILL");
	await mosquitto.resume();
}

function seconds(durationMs: number): number {
	return Math.round(durationMs / 100) / 10;
}
