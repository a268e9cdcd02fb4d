/**
 * How a line stands, by the database alone: it may be asked whether or not a server runs, and again and again,
 * since nothing here grows with the number of units but what the database counts itself.
 */

import type { Stage, UnitReason } from "./core/unit.js";
import { OperationError } from "./operations.js";
import type { DownloadRow, StartRow, Store, StoreReader } from "./store/store.js";

/** Held units that are named; all are counted. */
export const HELD_NAMED_MAX = 20;

export interface LineStatus {
	readonly line: string;
	/** The highest journal number. */
	readonly journal: number;
	/** A journal number that a station has seen and this journal has not: held until a person accepts it. */
	readonly behind: number | undefined;
	readonly units: UnitCounts;
	/** In route order. */
	readonly stations: readonly StationStatus[];
	/** The first {@link HELD_NAMED_MAX} of them. */
	readonly held: readonly HeldUnit[];
}

export interface UnitCounts {
	readonly total: number;
	readonly finished: number;
	readonly rejected: number;
	readonly held: number;
	/** At a station and not held. */
	readonly working: number;
	readonly toCome: number;
}

export interface StationStatus {
	/** Full name. */
	readonly station: string;
	/** The recipe released last; `undefined`: none, and no unit can be tried here. */
	readonly recipe: { readonly id: string; readonly version: number } | undefined;
	/** The unit in front of it. */
	readonly unit: UnitInFront | undefined;
	/** The file that it fetches, or has fetched last. */
	readonly download: DownloadRow | undefined;
	/** Its last start that was heard of. */
	readonly started: Omit<StartRow, "station"> | undefined;
	/** Of all units. */
	readonly attempts: number;
	readonly passes: number;
}

export interface UnitInFront {
	readonly serial: string;
	readonly stage: Stage;
	/** At this station. */
	readonly attempts: number;
	readonly last: LastVerdict | undefined;
}

export interface LastVerdict {
	readonly attempt: number;
	readonly pass: boolean;
	/** Milliseconds since 1970-01-01. */
	readonly atMs: number;
}

export interface HeldUnit {
	readonly serial: string;
	readonly station: string;
	readonly reason: UnitReason | undefined;
}

/**
 * @param line - `undefined`: the only one that the database knows.
 * @throws {@link OperationError} `unknown` where the line is not there, or several are and none is named; StoreError.
 */
export async function lineStatus(store: Store, line: string | undefined): Promise<LineStatus> {
	return await store.read(async (tx) => {
		const name = chosen(await tx.lines(), line);
		const counts = await unitCounts(tx, name);
		const text = await tx.meta(`route/${name}`);
		const route = text === undefined ? [] : (JSON.parse(text) as string[]);
		const totals = new Map((await tx.stationCounts(name)).map((each) => [each.station, each]));
		const stations: StationStatus[] = [];
		for (const [step, station] of route.entries()) {
			const { attempts = 0, passes = 0 } = totals.get(station) ?? {};
			const unit = await unitInFront(tx, name, step, station);
			const newest = await tx.newestRecipe(station);
			const recipe = newest && { id: newest.id, version: newest.version };
			const download = await tx.download(station);
			const start = await tx.lastStart(station);
			const started = start && { boot: start.boot, reset: start.reset, atMs: start.atMs };
			stations.push({ station, recipe, unit, download, started, attempts, passes });
		}
		const behind = await tx.meta(`behind/${name}`);
		return {
			line: name,
			journal: await tx.journalNumber(),
			behind: behind === undefined ? undefined : Number(behind),
			units: counts,
			stations,
			held: (await tx.unitsIn(name, "held", HELD_NAMED_MAX)).map(({ serial, step, reason }) => ({
				serial,
				station: route[step] ?? "",
				reason,
			})),
		};
	});
}

function chosen(lines: readonly string[], asked: string | undefined): string {
	const known = lines.length === 0 ? "no line yet" : `the line ${lines.join(", ")}`;
	if (asked !== undefined) {
		if (lines.includes(asked)) return asked;
		throw new OperationError(
			"unknown",
			`there is no line ${asked} in this database, which has ${known}`,
		);
	}
	const [first] = lines;
	if (first === undefined)
		throw new OperationError(
			"unknown",
			"this database has no line yet: release units to one, or start its server",
		);
	if (lines.length > 1)
		throw new OperationError(
			"unknown",
			`this database has several lines, name one: ${lines.join(", ")}`,
		);
	return first;
}

async function unitCounts(tx: StoreReader, line: string): Promise<UnitCounts> {
	const counts = new Map(await tx.stageCounts(line));
	const of = (stage: Stage) => counts.get(stage) ?? 0;
	return {
		total: [...counts.values()].reduce((sum, count) => sum + count, 0),
		finished: of("finished"),
		rejected: of("rejected"),
		held: of("held"),
		working: of("working") + of("passed"),
		toCome: of("released"),
	};
}

async function unitInFront(
	tx: StoreReader,
	line: string,
	step: number,
	station: string,
): Promise<UnitInFront | undefined> {
	const unit = await tx.unitAt(line, step);
	if (unit === undefined) return undefined;
	const own = (await tx.attempts(unit.serial)).filter((attempt) => attempt.station === station);
	const last = own.at(-1);
	return {
		serial: unit.serial,
		stage: unit.stage,
		attempts: own.length,
		last: last && { attempt: last.number, pass: last.pass, atMs: last.atMs },
	};
}
