/**
 * What a station remembers through a power cut, in the key-value domain `state`. What must change together is
 * one record; each record is CBOR and starts with its format, 1.
 *
 * | key | record | written |
 * | --- | --- | --- |
 * | `unit` | [1, journal number, unit or null] | ticket accepted, result measured, unit gone |
 * | `board` | [1, boots] | at each start |
 * | `floors` | [1, time (s), own epoch, server's epoch] | when the server or a plant root raises one |
 * | `library` | library-record.ts | a file begun, complete, activated |
 * | `cred`, `server` | credentials newer than the configured ones | when a plant root has signed one |
 *
 *   unit   = [serial, visit, step, proof, result or null]
 *   result = [attempt, recipe id, version, digest, set, [[reading name, value], …], duration (ms)]
 *
 * Everything here is written on the word of the server or of a plant root, or on the station's own doing: what
 * others can send never makes it write. Attempts cost one write, units two more.
 */
import type { CborValue } from "../cbor/cbor.js";
import { CborError } from "../cbor/cbor.js";
import { decode } from "../cbor/decode.js";
import { encode } from "../cbor/encode.js";
import { PROOF_SIZE } from "../messages/types.js";
import { DIGEST_SIZE } from "../ports/crypto.js";
import { READINGS_MAX } from "../ports/fixture.js";
import type { KeyValue } from "../ports/storage.js";
import type { StoredResult, StoredUnit } from "./state.js";

/** The time floor is written when it has grown by this much, seconds. */
export const TIME_STEP_S = 6 * 3600;

const FORMAT = 1;

/** A record is there and is not one of ours: the board must be looked at, since floors may be lost. */
export class JournalError extends Error {
	override readonly name = "JournalError";
	readonly code = "corrupt";
	/** The record's key in the domain `state`. */
	readonly key: string;
	constructor(key: string) {
		super(`the station's record "${key}" cannot be read: erase the domain "state" and enrol again`);
		this.key = key;
	}
}

/** Highest values seen; none ever goes down. */
export interface Floors {
	/** Seconds since 1970-01-01. */
	readonly timeS: number;
	readonly stationEpoch: number;
	readonly serverEpoch: number;
}

export class Journal {
	readonly #store: KeyValue;
	#boots: number;
	#floors: Floors;
	#timeS: number;
	#unit: StoredUnit | undefined;
	#number: number;

	/**
	 * Reads everything and counts this start, which is one write.
	 *
	 * @throws {@link JournalError}; StorageError where the medium fails.
	 */
	constructor(store: KeyValue) {
		this.#store = store;
		const board = readRecord(store, "board");
		const [boots] = board ? numbers("board", board, 1) : [0];
		const floors = readRecord(store, "floors");
		const [timeS, stationEpoch, serverEpoch] = floors ? numbers("floors", floors, 3) : [0, 0, 0];
		this.#floors = {
			timeS: timeS as number,
			stationEpoch: stationEpoch as number,
			serverEpoch: serverEpoch as number,
		};
		this.#timeS = this.#floors.timeS;
		const unit = readRecord(store, "unit");
		const [number] = unit ? numbers("unit", unit.slice(0, 2), 1) : [0];
		this.#number = number as number;
		this.#unit = unit ? decodeUnit(unit[2]) : undefined;
		this.#boots = (boots as number) + 1;
		store.write("board", encode([FORMAT, this.#boots]));
	}

	/** Times this board has started, this one included. */
	get boots(): number {
		return this.#boots;
	}
	get unit(): StoredUnit | undefined {
		return this.#unit;
	}
	get floors(): Floors {
		return this.#floors;
	}
	/** The highest journal number of the server's that is known here; written with the next unit record. */
	get number(): number {
		return this.#number;
	}

	/** Takes a journal number from an answer; writes nothing. */
	note(journal: number): void {
		if (journal > this.#number) this.#number = journal;
	}

	/** Writes the unit that is here, or that there is none. Durable when it returns. */
	saveUnit(unit: StoredUnit | undefined): void {
		const stored = unit ? encodeUnit(unit) : null;
		this.#store.write("unit", encode([FORMAT, this.#number, stored]));
		this.#unit = unit;
	}

	/** Takes the server's time; writes only when it has grown by {@link TIME_STEP_S}. */
	noteTime(timeS: number): void {
		if (timeS <= this.#timeS) return;
		this.#timeS = timeS;
		if (timeS >= this.#floors.timeS + TIME_STEP_S) this.#saveFloors({ ...this.#floors, timeS });
	}

	/** The latest time known, seconds since 1970-01-01. */
	get timeS(): number {
		return this.#timeS;
	}

	/** Writes a credential that a plant root has signed and raises that subject's floor. */
	saveCredential(whose: "cred" | "server", bytes: Uint8Array, epoch: number): void {
		this.#store.write(whose, bytes);
		this.raiseEpoch(whose, epoch);
	}

	/** Writes only where `epoch` is above the floor. */
	raiseEpoch(whose: "cred" | "server", epoch: number): void {
		const key = whose === "cred" ? "stationEpoch" : "serverEpoch";
		if (epoch > this.#floors[key]) this.#saveFloors({ ...this.#floors, [key]: epoch });
	}

	/** The newer credential kept here, if there is one. */
	credential(whose: "cred" | "server"): Uint8Array | undefined {
		return this.#store.read(whose);
	}

	#saveFloors(floors: Floors): void {
		const { timeS, stationEpoch, serverEpoch } = floors;
		this.#store.write("floors", encode([FORMAT, timeS, stationEpoch, serverEpoch]));
		this.#floors = floors;
	}
}

/** @returns the record's items, the format first; `undefined` where there is none. @throws {@link JournalError} */
export function readRecord(store: KeyValue, key: string): readonly CborValue[] | undefined {
	const bytes = store.read(key);
	if (bytes === undefined) return undefined;
	try {
		const record = decode(bytes);
		if (Array.isArray(record) && record[0] === FORMAT) return record;
	} catch (error) {
		if (!(error instanceof CborError)) throw error;
	}
	throw new JournalError(key);
}

function numbers(key: string, record: readonly CborValue[], count: number): number[] {
	const found = record.slice(1).filter(isCount);
	if (found.length !== count || record.length !== count + 1) throw new JournalError(key);
	return found;
}

export function isCount(value: CborValue | undefined): value is number {
	return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function encodeUnit(unit: StoredUnit): CborValue {
	const { serial, visit, step, proof, result } = unit;
	return [serial, visit, step, proof, result ? encodeResult(result) : null];
}

function encodeResult(result: StoredResult): CborValue {
	const { attempt, recipe, set, readings, durationMs } = result;
	const pairs = readings.map(({ name, value }) => [name, value]);
	return [attempt, recipe.id, recipe.version, recipe.digest, set, pairs, durationMs];
}

function decodeUnit(value: CborValue | undefined): StoredUnit | undefined {
	if (value === null) return undefined;
	if (!Array.isArray(value) || value.length !== 5) throw new JournalError("unit");
	const [serial, visit, step, proof, result] = value;
	const isUnit =
		typeof serial === "string" &&
		isCount(visit) &&
		isCount(step) &&
		proof instanceof Uint8Array &&
		proof.length === PROOF_SIZE;
	if (!isUnit) throw new JournalError("unit");
	return { serial, visit, step, proof, result: decodeResult(result) };
}

function decodeResult(value: CborValue | undefined): StoredResult | undefined {
	if (value === null) return undefined;
	if (!Array.isArray(value) || value.length !== 7) throw new JournalError("unit");
	const [attempt, id, version, digest, set, pairs, durationMs] = value;
	const isResult =
		isCount(attempt) &&
		typeof id === "string" &&
		isCount(version) &&
		digest instanceof Uint8Array &&
		digest.length === DIGEST_SIZE &&
		isCount(set) &&
		Array.isArray(pairs) &&
		pairs.length <= READINGS_MAX &&
		isCount(durationMs);
	if (!isResult) throw new JournalError("unit");
	const readings = pairs.map((pair: CborValue) => {
		const [name, value] = Array.isArray(pair) ? pair : [];
		if (typeof name !== "string" || typeof value !== "number") throw new JournalError("unit");
		return { name, value };
	});
	return { attempt, recipe: { id, version, digest }, set, readings, durationMs };
}
