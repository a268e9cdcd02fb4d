/**
 * What a simulated line needs before it starts, in one data directory:
 *
 *   line.json            format, seed, number of stations and units, which make the run the same again; kinds of boards
 *   line.lock            process id of the line that uses the directory
 *   keys/                a plant directory (keys/)
 *   interlock.sqlite     the server's database
 *   flash/<id>.flash     a station's flash image
 *
 * Everything here may be done again: what is there is kept, so that a line goes on where it stopped.
 */
import {
	accessSync,
	constants,
	existsSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	renameSync,
	rmSync,
	writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BoardKind, readKinds } from "../board-kind.js";
import { makeDirectories } from "./directory.js";

/** The line's name in a simulation; stations are `line.station-1` and so on. */
export const LINE_NAME = "line";
/** Each station is a process of its own; a plant's bound is 1,024. */
export const STATIONS_MAX = 128;
export const UNITS_MAX = 10_000;
/** The server's database, in its data directory. */
export const DATABASE_FILE = "interlock.sqlite";
export const STATIONS_DEFAULT = 3;
export const UNITS_DEFAULT = 5;

/**
 * `recipes`: none that can be used; `other-run`: the directory holds another run; `in-use`: by a running line; `boards`: no
 * such boards, or more than stations.
 */
export class LineError extends Error {
	readonly code: "recipes" | "other-run" | "in-use" | "data" | "broker" | "boards";
	constructor(code: LineError["code"], message: string, options?: ErrorOptions) {
		super(message, options);
		this.name = "LineError";
		this.code = code;
	}
}

/** What makes a run: the same plan, the same units, attempts and verdicts. */
export interface Plan {
	/** 0 to 2^32 - 1. */
	readonly seed: number;
	/** 1 to {@link STATIONS_MAX}. */
	readonly stations: number;
	/** 1 to {@link UNITS_MAX}. */
	readonly units: number;
	/** Kinds of boards, repeated along the line; BOARDS_DEFAULT. What units come to does not depend on it. */
	readonly boards?: readonly BoardKind[];
}

export interface RecipeFiles {
	/** 1 to 32 characters of `[a-z0-9-]`. */
	readonly id: string;
	readonly text: Uint8Array;
	readonly limits: string;
}

export function stationId(index: number): string {
	return `station-${index + 1}`;
}

/** `U-0001` and so on. */
export function serialOf(index: number): string {
	return `U-${String(index + 1).padStart(4, "0")}`;
}

export function fullName(id: string): string {
	return `${LINE_NAME}.${id}`;
}

/** The short name of a station of this line; other names come back unchanged. */
export function shortName(name: string): string {
	return name.startsWith(`${LINE_NAME}.`) ? name.slice(LINE_NAME.length + 1) : name;
}

/**
 * Recipes and limits for a line of any length: `station-1.params` and `station-1.limits` for the first
 * station and so on; a longer line begins again with the first.
 *
 * @param ids - short names of the stations, in route order.
 * @returns by station.
 * @throws {@link LineError} `recipes`.
 */
export function readRecipes(directory: string, ids: readonly string[]): Map<string, RecipeFiles> {
	let names: string[];
	try {
		names = readdirSync(directory);
	} catch (error) {
		throw new LineError("recipes", `${directory} cannot be read: ${(error as Error).message}`);
	}
	const kinds: RecipeFiles[] = [];
	while (names.includes(`${stationId(kinds.length)}.params`)) {
		const id = stationId(kinds.length);
		if (!names.includes(`${id}.limits`))
			throw new LineError(
				"recipes",
				`${join(directory, id)}.limits is missing beside ${id}.params`,
			);
		kinds.push({
			id,
			text: readFileSync(join(directory, `${id}.params`)),
			limits: readFileSync(join(directory, `${id}.limits`), "utf8"),
		});
	}
	if (kinds.length === 0)
		throw new LineError("recipes", `${directory} has no station-1.params to begin with`);
	return new Map(ids.map((id, at) => [id, kinds[at % kinds.length] as RecipeFiles]));
}

/** A data directory in use by this process until `release`. */
export class DataDirectory {
	readonly path: string;
	readonly #temporary: boolean;

	private constructor(path: string, temporary: boolean) {
		this.path = path;
		this.#temporary = temporary;
	}

	/**
	 * @param path - kept between runs; `undefined`: a temporary one, removed on `release`.
	 * @throws {@link LineError} `in-use`, `data`.
	 */
	static take(path: string | undefined): DataDirectory {
		if (path === undefined)
			return new DataDirectory(mkdtempSync(join(tmpdir(), "interlock-line-")), true);
		makeDirectory(path);
		if (
			!existsSync(join(path, "line.json")) &&
			readdirSync(path).some((name) => name !== "line.lock" && name !== "line.json.new")
		)
			throw new LineError("data", `${path} holds something else: name an empty or new directory`);
		const lock = join(path, "line.lock");
		const owner = existsSync(lock) ? Number(readFileSync(lock, "utf8")) : undefined;
		if (owner !== undefined && owner !== process.pid && isRunning(owner))
			throw new LineError("in-use", `${path} is in use by the line with process id ${owner}`);
		writeFileSync(lock, String(process.pid));
		return new DataDirectory(path, false);
	}

	get keys(): string {
		return join(this.path, "keys");
	}

	get database(): string {
		return join(this.path, DATABASE_FILE);
	}

	flash(id: string): string {
		return join(this.path, "flash", `${id}.flash`);
	}

	/**
	 * The plan that the directory was made for, or makes it for this one. What `asked` leaves out is taken
	 * from the directory or else from `fallback`; units may be added later, nothing else changes.
	 *
	 * @throws {@link LineError} `other-run`, `data`.
	 */
	plan(asked: Partial<Plan>, fallback: Plan): Plan {
		const file = join(this.path, "line.json");
		const stored = existsSync(file) ? readPlan(file) : undefined;
		const plan: Plan = { ...fallback, ...stored, ...asked };
		if (stored !== undefined) {
			for (const key of ["seed", "stations"] as const)
				if (plan[key] !== stored[key])
					throw new LineError(
						"other-run",
						`${this.path} holds a run with --${key} ${stored[key]}: name another directory for ${plan[key]}`,
					);
			if (plan.units < stored.units)
				throw new LineError(
					"other-run",
					`${this.path} holds a run of ${stored.units} units: units can be added but not taken away`,
				);
		}
		makeDirectory(join(this.path, "flash"));
		replaceFile(file, `${JSON.stringify({ format: 1, ...plan }, null, "\t")}\n`);
		return plan;
	}

	release(): void {
		if (this.#temporary) rmSync(this.path, { recursive: true, force: true });
		else rmSync(join(this.path, "line.lock"), { force: true });
	}
}

/** @throws {@link LineError} `data`. */
function makeDirectory(path: string): void {
	try {
		makeDirectories(path);
		accessSync(path, constants.W_OK);
	} catch (error) {
		throw new LineError("data", `${path} cannot be written to: ${(error as Error).message}`);
	}
}

/** All of it or nothing; writes nothing where the file says that already. */
function replaceFile(file: string, text: string): void {
	if (existsSync(file) && readFileSync(file, "utf8") === text) return;
	try {
		writeFileSync(`${file}.new`, text);
		renameSync(`${file}.new`, file);
	} catch (error) {
		rmSync(`${file}.new`, { force: true });
		throw new LineError("data", `${file} cannot be written: ${(error as Error).message}`);
	}
}

function isRunning(pid: number): boolean {
	if (!Number.isInteger(pid) || pid <= 0) return false;
	try {
		process.kill(pid, 0);
		return true;
	} catch (error) {
		return (error as NodeJS.ErrnoException).code === "EPERM";
	}
}

function readPlan(file: string): Plan {
	let value: Partial<Plan> & { format?: unknown };
	try {
		value = JSON.parse(readFileSync(file, "utf8"));
	} catch (error) {
		throw new LineError(
			"data",
			`${file} cannot be read (${(error as Error).message}): restore it, or name another directory`,
		);
	}
	const { format, seed, stations, units } = value ?? {};
	const boards = readKinds(value?.boards);
	const inRange = (number: unknown, min: number, max: number) =>
		Number.isInteger(number) && (number as number) >= min && (number as number) <= max;
	if (
		format !== 1 ||
		!inRange(seed, 0, 0xffffffff) ||
		!inRange(stations, 1, STATIONS_MAX) ||
		!inRange(units, 1, UNITS_MAX) ||
		(value.boards !== undefined && boards === undefined)
	)
		throw new LineError(
			"data",
			`${file} is not a line's plan: restore it, or name another directory`,
		);
	return { seed, stations, units, ...(boards && { boards }) } as Plan;
}
