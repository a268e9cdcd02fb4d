/**
 * What people do to a plant's database: release recipes and units, look at them, take a unit off the line,
 * accept a restored backup. A running server notices by itself (server.ts). Every change is journaled.
 */
import { randomBytes } from "node:crypto";
import { sameBytes } from "../modules/bytes/bytes.js";
import { isPlainName, isSerial, isStationName } from "../modules/bytes/names.js";
import { HEAD_SIZE_MAX } from "../modules/envelope/head.js";
import { sealedSize } from "../modules/envelope/sizes.js";
import { PROOF_SIZE } from "../modules/messages/types.js";
import { parseLimits } from "./core/limits.js";
import { type Attempt, releasedUnit, type Stage, type Unit } from "./core/unit.js";
import { SEGMENT_SIZE } from "./files.js";
import {
	type CheckedSource,
	checkSource,
	isChecked,
	type RecipeSource,
	recipeSource,
} from "./recipe-source.js";
import { unitData } from "./requests.js";
import { discardFile, storeFile } from "./store/pieces.js";
import type { Store, StoreReader, UnitRecord } from "./store/store.js";

/** Bytes of a slot in a station's flash, unless said otherwise (manifest.json: partitions `slot0`, …). */
export const SLOT_SIZE = 1024 * 1024;
/** Bytes of a recipe. */
export const RECIPE_SIZE_MAX = 256 * 1024 * 1024;
/** Units released in one call. */
export const RELEASE_MAX = 10_000;
/** Units in a report. */
export const REPORT_MAX = 100_000;

/** What a person asked for cannot be done; nothing was changed. */
export class OperationError extends Error {
	/** `name`: not a usable name or number; `size`: beyond a bound; `unknown`; `state`: not from where it is. */
	readonly code: "name" | "size" | "unknown" | "state";
	constructor(code: OperationError["code"], message: string) {
		super(message);
		this.name = "OperationError";
		this.code = code;
	}
}

export interface RecipeRelease {
	/** Full name of the station, `<line>.<station>`. */
	readonly station: string;
	/** 1 to 32 characters of `[a-z0-9-]`. */
	readonly id: string;
	/** The parameter file, up to {@link RECIPE_SIZE_MAX}; checked once more unless it was. */
	readonly text: string | Uint8Array | RecipeSource | CheckedSource;
	/** Acceptance limits; see core/limits.ts. */
	readonly limitsText: string;
	/** A unit that failed this often at this station is rejected; left out: when every set has failed. */
	readonly attemptsMax?: number | undefined;
	/** Bytes of a slot in that station's flash; {@link SLOT_SIZE}. */
	readonly slotSize?: number | undefined;
}

export interface ReleasedRecipe {
	readonly station: string;
	readonly id: string;
	readonly version: number;
	readonly sets: number;
	/** false: this is the version that was released last; nothing was changed. */
	readonly isNew: boolean;
}

/**
 * Releases a recipe with its limits as the next version; stations use it from their next unit on. The file is read
 * twice: checked, then stored in pieces; what makes it a version is one last transaction.
 *
 * @throws {@link OperationError}, RecipeError with line and column (in either file), SourceError, StoreError. Nothing
 *   is released then.
 */
export async function releaseRecipe(store: Store, release: RecipeRelease): Promise<ReleasedRecipe> {
	const { station, id, text, limitsText, attemptsMax } = release;
	const source = typeof text === "string" || text instanceof Uint8Array ? recipeSource(text) : text;
	checkRelease(release, source.size);
	parseLimits(limitsText);
	const checked = isChecked(source) ? source : await checkSource(source);
	const { size, sets, textDigest } = checked;
	/** The version released last, where it is this one. */
	const same = async (tx: StoreReader): Promise<ReleasedRecipe | undefined> => {
		const before = await tx.newestRecipe(station);
		if (
			before?.id !== id ||
			before.limits !== limitsText ||
			before.attemptsMax !== attemptsMax ||
			!sameBytes(before.textDigest, textDigest)
		)
			return undefined;
		return { station, id, version: before.version, sets, isNew: false };
	};
	const known = await store.read(same);
	if (known) return known;
	const file = await storeFile(store, checked.read(), Date.now());
	try {
		const released = await store.write(async (tx) => {
			const meanwhile = await same(tx);
			if (meanwhile) return meanwhile;
			const version = ((await tx.latestVersion(station, id))?.version ?? 0) + 1;
			const atMs = Date.now();
			const parts = { limits: limitsText, sets, attemptsMax, releasedMs: atMs };
			await tx.addRecipe({ station, id, version, ...parts, file, size, textDigest });
			await tx.append({ atMs, kind: "recipe", station, data: { id, version, sets } });
			return { station, id, version, sets, isNew: true };
		});
		if (!released.isNew) await discardFile(store, file);
		return released;
	} catch (error) {
		await discardFile(store, file).catch(() => undefined);
		throw error;
	}
}

/**
 * What can be said before a file of `size` bytes is read.
 *
 * @throws {@link OperationError} `name` or `size`.
 */
export function checkRelease(
	release: Omit<RecipeRelease, "text" | "limitsText">,
	size: number,
): void {
	const { station, id, attemptsMax, slotSize = SLOT_SIZE } = release;
	if (!isStationName(station))
		throw new OperationError("name", `"${station}" is not a station's name, <line>.<station>`);
	if (!isPlainName(id))
		throw new OperationError("name", `"${id}" is not a recipe id: 1 to 32 of a-z, 0-9 and -`);
	if (attemptsMax !== undefined && (!Number.isSafeInteger(attemptsMax) || attemptsMax < 1))
		throw new OperationError(
			"name",
			`an attempt limit is a whole number from 1, not ${attemptsMax}`,
		);
	if (size > RECIPE_SIZE_MAX)
		throw new OperationError("size", `a recipe has at most ${RECIPE_SIZE_MAX} bytes`);
	const sealed = HEAD_SIZE_MAX + sealedSize(size, SEGMENT_SIZE);
	if (sealed > slotSize)
		throw new OperationError(
			"size",
			`this recipe takes up to ${sealed} bytes when it is sealed, a slot of ${station} has ${slotSize}: ` +
				"make it smaller, or say that its slots are larger",
		);
}

/**
 * Puts units on their way to the first station of `line`, in this order. A serial number that is known already
 * stays as it is.
 *
 * @throws {@link OperationError} `name`, `size`; StoreError. No unit is released then.
 */
export async function releaseUnits(
	store: Store,
	line: string,
	serials: readonly string[],
): Promise<{ released: readonly string[]; known: readonly string[] }> {
	if (!isPlainName(line)) throw new OperationError("name", `"${line}" is not a line's name`);
	if (serials.length > RELEASE_MAX)
		throw new OperationError("size", `at most ${RELEASE_MAX} units at a time`);
	for (const serial of serials)
		if (!isSerial(serial))
			throw new OperationError(
				"name",
				`"${serial}" is not a serial number: 1 to 32 of A-Z, a-z, 0-9, dot, _ and -`,
			);
	return await store.write(async (tx) => {
		const released: string[] = [];
		const known: string[] = [];
		for (const serial of serials) {
			if (await tx.unit(serial)) {
				known.push(serial);
				continue;
			}
			const unit = releasedUnit(serial, line, new Uint8Array(randomBytes(PROOF_SIZE)));
			const atMs = Date.now();
			await tx.addUnit(unit, atMs);
			await tx.append({ atMs, kind: "released", serial, data: { unit: unitData(unit) } });
			released.push(serial);
		}
		return { released, known };
	});
}

/** Takes a unit off the line for good, for instance one that is held. @throws {@link OperationError}, StoreError. */
export async function rejectUnit(store: Store, serial: string): Promise<void> {
	await store.write(async (tx) => {
		const unit = await tx.unit(serial);
		if (!unit) throw new OperationError("unknown", `there is no unit ${serial}`);
		if (unit.stage === "finished" || unit.stage === "rejected")
			throw new OperationError("state", `unit ${serial} is already off the line, ${unit.stage}`);
		const { releasedMs: _released, endedMs: _ended, ...before } = unit;
		const rejected: Unit = { ...before, stage: "rejected", reason: "removed" };
		const atMs = Date.now();
		await tx.putUnit(rejected, atMs);
		await tx.append({ atMs, kind: "rejected", serial, data: { unit: unitData(rejected) } });
	});
}

/**
 * Lets a line go on whose journal is behind what a station has seen: numbers go on from there.
 *
 * @throws {@link OperationError} `state` where the line is not held; StoreError.
 */
export async function acceptJournal(store: Store, line: string): Promise<void> {
	await store.write(async (tx) => {
		const behind = await tx.meta(`behind/${line}`);
		if (behind === undefined) throw new OperationError("state", `line ${line} is not held`);
		const journal = await tx.journalNumber();
		const next = Math.max(Number(behind), journal) + 1;
		await tx.append({ atMs: Date.now(), kind: "accepted", data: { line, behind: journal } }, next);
		await tx.setMeta(`behind/${line}`, undefined);
	});
}

export interface UnitShown extends UnitRecord {
	readonly attempts: readonly (Attempt & { readonly atMs: number })[];
}

/** A unit with every attempt and its readings; `undefined` for an unknown serial. @throws StoreError. */
export async function showUnit(store: Store, serial: string): Promise<UnitShown | undefined> {
	return await store.read(async (tx) => {
		const unit = await tx.unit(serial);
		return unit && { ...unit, attempts: await tx.attempts(serial) };
	});
}

export interface LineReport {
	readonly line: string;
	/** In route order, once a server has run. */
	readonly route: readonly string[];
	/** Held until a person accepts that the journal is behind. */
	readonly held: boolean;
	readonly units: readonly UnitReport[];
}

export interface UnitReport {
	readonly serial: string;
	readonly stage: Stage;
	/** Where the unit is, or left the line: 0-based. */
	readonly step: number;
	readonly reason: Unit["reason"];
	/** Attempts by full name of the station, in the order in which the unit came to them. */
	readonly attempts: ReadonlyMap<string, number>;
	/** Milliseconds since 1970-01-01. */
	readonly releasedMs: number;
	readonly endedMs: number | undefined;
}

/** Every unit of a line and what became of it. @throws StoreError. */
export async function lineReport(store: Store, line: string): Promise<LineReport> {
	return await store.read(async (tx) => {
		const units = await tx.units(line, REPORT_MAX);
		const counts = new Map<string, Map<string, number>>();
		for (const { serial, station, attempts } of await tx.attemptCounts(line)) {
			const ofUnit = counts.get(serial) ?? new Map<string, number>();
			counts.set(serial, ofUnit.set(station, attempts));
		}
		const route = await tx.meta(`route/${line}`);
		return {
			line,
			route: route === undefined ? [] : (JSON.parse(route) as string[]),
			held: (await tx.meta(`behind/${line}`)) !== undefined,
			units: units.map(({ serial, stage, step, reason, releasedMs, endedMs }) => {
				const attempts = counts.get(serial) ?? new Map<string, number>();
				return { serial, stage, step, reason, attempts, releasedMs, endedMs };
			}),
		};
	});
}
