/**
 * What the server knows of a unit, an attempt and a recipe: plain values, as the store keeps them.
 *
 * | stage | the unit is | `step` is |
 * | --- | --- | --- |
 * | released | on its way to the first station, by the server's own ticket | 0 |
 * | working | at station `step`, being tried | where it is |
 * | passed | at station `step`, which may hand it on (or, at the last one, let it go) | where it is |
 * | finished | off the end of the line | the last one |
 * | rejected | off the line, failed | where it failed |
 * | held | at station `step`, which contradicted the journal: waits for a person | where it is |
 *
 * A unit is named by (serial, visit). A second visit (rework) is not begun by anything here yet.
 */
import type { RecipeName } from "../../modules/messages/types.js";
import type { Reading } from "../../modules/ports/fixture.js";

export type Stage = "released" | "working" | "passed" | "finished" | "rejected" | "held";
export const STAGES: readonly Stage[] = [
	"released",
	"working",
	"passed",
	"finished",
	"rejected",
	"held",
];

/** Why a unit left the line or is held. */
export type UnitReason =
	| "exhausted" // every value set failed
	| "attempts" // the recipe's attempt limit
	| "removed" // a person took it off
	| "contradiction"; // a station's claim does not fit the journal

export interface Unit {
	readonly serial: string;
	readonly line: string;
	/** From 1. */
	readonly visit: number;
	/** 0-based place on the route. */
	readonly step: number;
	readonly stage: Stage;
	/** 16 bytes, of the handover now open: to the first station, or from `step` to the next. */
	readonly proof: Uint8Array | undefined;
	/** 16 bytes, of the handover that brought the unit to `step`. */
	readonly arrivalProof: Uint8Array | undefined;
	/** What it is tried with at `step`; fixed on arrival. */
	readonly recipe: RecipeName | undefined;
	/** The last attempt of its life, 0 before the first. */
	readonly attempt: number;
	/** The value set to try next at `step`; every set before it has failed there. */
	readonly nextSet: number;
	readonly reason: UnitReason | undefined;
}

/** One judged attempt; kept for ever. */
export interface Attempt {
	readonly serial: string;
	readonly number: number;
	readonly visit: number;
	readonly step: number;
	/** Full name. */
	readonly station: string;
	/** Its digest is that of the envelope it was tried with. */
	readonly recipe: RecipeName;
	readonly set: number;
	readonly readings: readonly Reading[];
	readonly durationMs: number;
	readonly pass: boolean;
}

/** Characters of a serial number, a station's or line's part of a name, a recipe's id. */
export const SERIAL = /^[A-Za-z0-9._-]{1,32}$/;
export const NAME_PART = /^[a-z0-9-]{1,32}$/;
/** Stations on a line. */
export const ROUTE_MAX = 1024;

/** A unit just released to its line. @param proof - 16 fresh random bytes. */
export function releasedUnit(serial: string, line: string, proof: Uint8Array): Unit {
	return {
		serial,
		line,
		visit: 1,
		step: 0,
		stage: "released",
		proof,
		arrivalProof: undefined,
		recipe: undefined,
		attempt: 0,
		nextSet: 0,
		reason: undefined,
	};
}

/** Does a station have this unit in front of it, by the journal? */
export function isAtStation(unit: Unit): boolean {
	return unit.stage === "working" || unit.stage === "passed" || unit.stage === "held";
}

/** On the line: neither finished nor rejected. */
export function isOpen(unit: Unit): boolean {
	return unit.stage !== "finished" && unit.stage !== "rejected";
}
