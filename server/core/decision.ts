/** What the interlock decides on, and what it decides: plain values. The rules are in interlock.ts. */
import type { Arrived, Done, Exhausted, RecipeName, Result } from "../../modules/messages/types.js";
import type { Reading } from "../../modules/ports/fixture.js";
import type { Attempt, Unit } from "./unit.js";

export type UnitRequest = Arrived | Result | Exhausted | Done;
/** The recipe that applies: the one the unit started with, or the station's newest for one that arrives. */
export interface RecipeFacts {
	/** The envelope the unit started with; another one of that version where the station's key has changed since. */
	readonly name: RecipeName;
	/** Every envelope of this version sealed for this station (more than one after a change of keys). */
	readonly digests: readonly Uint8Array[];
	/** Number of value sets, from 1. */
	readonly sets: number;
	/** A unit that failed this often at this station is rejected; `undefined`: as often as there are sets. */
	readonly attemptsMax: number | undefined;
	judge(readings: readonly Reading[]): boolean;
}

/** Everything a decision rests on. */
export interface Situation {
	readonly unit: Unit | undefined;
	/** The asking station, its 0-based step and how many stations the route has. */
	readonly station: string;
	readonly step: number;
	readonly steps: number;
	/** Another unit is at the asking station. */
	readonly occupied: boolean;
	/** The next station has a session, a sealed recipe and no unit. */
	readonly nextReady: boolean;
	readonly recipe: RecipeFacts | undefined;
	/** The stored attempt of this unit with the number that a `result` names. */
	readonly stored: Attempt | undefined;
	/** 16 fresh random bytes. */
	newProof(): Uint8Array;
	/** Compares in constant time. */
	equal(a: Uint8Array, b: Uint8Array): boolean;
}

export type Reply =
	| {
			readonly type: "start";
			readonly attempt: number;
			readonly set: number;
			readonly recipe: RecipeName;
	  }
	| { readonly type: "verdict"; readonly attempt: number; readonly pass: boolean }
	| { readonly type: "handover"; readonly proof: Uint8Array }
	| { readonly type: "reject" | "wait" | "closed" | "hold" };

/** Named reasons for a request that was answered but not granted. */
export type Refusal =
	| "unknown-unit"
	| "not-here"
	| "proof"
	| "occupied"
	| "no-recipe"
	| "digest"
	| "order"
	| "content"
	| "not-passed"
	| "not-exhausted"
	| "held";

export interface Decision {
	readonly reply: Reply;
	/** The unit's new row, where it changes. */
	readonly unit?: Unit;
	/** A newly judged attempt. */
	readonly attempt?: Attempt;
	readonly refusal?: Refusal;
}
