/**
 * What a station is in, what can happen to it and what it may do about it: the words of machine.ts.
 *
 * | mode | the unit | asks the server | PackML state |
 * | --- | --- | --- | --- |
 * | idle | none | (`ready`, now and then) | Idle |
 * | arrived | its ticket is stored | `arrived` | Starting |
 * | running | an attempt is under way | (`ready`) | Execute |
 * | judging | a result is stored | `result` | Suspended |
 * | releasing | passed | `done` | Completing |
 * | rejecting | every value set failed | `exhausted` | Completing |
 *
 * The last two share a name because the state is published unsealed and must not tell a pass from a fail.
 * Beside the mode a station may be halted: nothing moves until the server says `resume`.
 */
import { frozen } from "../bytes/frozen.js";
import type {
	Abort,
	Closed,
	Handover,
	RecipeName,
	Reject,
	Start,
	StationMessage,
	Ticket,
	UnitName,
	Verdict,
	Wait,
} from "../messages/types.js";
import type { Reading } from "../ports/fixture.js";

export const MODES = frozen([
	"idle",
	"arrived",
	"running",
	"judging",
	"releasing",
	"rejecting",
] as const);
export type Mode = (typeof MODES)[number];

/** Why nothing moves: `held` by the server or by its silence, `aborted` by the server. */
export type Halt = "none" | "held" | "aborted";

/** A result as it is stored, before it is sent. */
export interface StoredResult {
	readonly attempt: number;
	readonly recipe: RecipeName;
	readonly set: number;
	readonly readings: readonly Reading[];
	readonly durationMs: number;
}

/** What must survive a power cut: the ticket, and the last result if there is one. */
export interface StoredUnit extends UnitName {
	/** 16 bytes. */
	readonly proof: Uint8Array;
	readonly result: StoredResult | undefined;
}

/** An attempt to be made. `number` tells one order from the next; outcomes carry it. */
export interface TrialOrder {
	readonly number: number;
	readonly attempt: number;
	readonly set: number;
	readonly recipe: RecipeName;
}

export interface StationState {
	readonly mode: Mode;
	readonly halt: Halt;
	/** There in every mode but `idle`. */
	readonly unit: StoredUnit | undefined;
	/** The last attempt ordered for this unit; the one under way in `running`. */
	readonly trial: TrialOrder | undefined;
	/** Attempts ordered since the board started. */
	readonly orders: number;
}

/**
 * What happens to a station. `fresh`: the message answers a request less than FRESH_MS old. `file`: whether the
 * library holds that recipe complete (`ready`), not yet (`missing`), cannot (`no-room`), or knows a newer version (`old`).
 */
export type StationEvent =
	| { readonly type: "ticket"; readonly ticket: Ticket }
	| {
			readonly type: "start";
			readonly message: Start;
			readonly fresh: boolean;
			readonly file: "ready" | "missing" | "no-room" | "old";
	  }
	| { readonly type: "verdict"; readonly message: Verdict }
	| { readonly type: "handover"; readonly message: Handover }
	| { readonly type: "wait"; readonly message: Wait }
	| { readonly type: "closed"; readonly message: Closed }
	| { readonly type: "reject"; readonly message: Reject }
	| { readonly type: "abort"; readonly message: Abort }
	| { readonly type: "hold" }
	| { readonly type: "silence" }
	| { readonly type: "resume"; readonly fresh: boolean }
	| {
			readonly type: "measured";
			readonly trial: number;
			readonly readings: readonly Reading[];
			readonly durationMs: number;
	  }
	| { readonly type: "no-set"; readonly trial: number }
	| { readonly type: "unreadable"; readonly trial: number }
	| {
			readonly type: "fault";
			readonly trial: number;
			readonly code: "fixture-fault" | "recipe-fault";
			readonly text: string;
	  };

export type EventOf<T extends StationEvent["type"]> = Extract<StationEvent, { type: T }>;

/** Why an event changed nothing. */
export type Refusal =
	| "not-now" // no such step from this mode
	| "other-unit" // names a unit that is not here
	| "other-attempt"
	| "stale" // an answer to a request that is too old
	| "old-recipe" // below the version floor
	| "other-recipe" // a unit keeps the recipe it started with
	| "old-trial"; // the outcome of an attempt that was given up

/** What people are told of. */
export type AlarmCode =
	| "file-unreadable"
	| "no-room"
	| "old-file"
	| "recipe-fault"
	| "fixture-fault";

export type Effect =
	/** Write `state.unit` (or that there is none). */
	| { readonly do: "store" }
	/** There is a new question for the server: send it now. */
	| { readonly do: "ask" }
	/** Make the recipe the active one and raise its floor, in one write. */
	| { readonly do: "activate"; readonly recipe: RecipeName }
	| { readonly do: "run"; readonly trial: TrialOrder }
	| { readonly do: "stop" }
	| { readonly do: "publish"; readonly to: string; readonly ticket: Uint8Array }
	| { readonly do: "fetch"; readonly recipe: RecipeName }
	| { readonly do: "alarm"; readonly code: AlarmCode; readonly text: string }
	| { readonly do: "refuse"; readonly reason: Refusal };

export interface Step {
	readonly state: StationState;
	readonly effects: readonly Effect[];
}

/** After a start of the board: from what was stored. */
export function initialState(unit: StoredUnit | undefined): StationState {
	const mode = unit === undefined ? "idle" : unit.result === undefined ? "arrived" : "judging";
	return { mode, halt: "none", unit, trial: undefined, orders: 0 };
}

/** Was the unit that is here tried, or known to have passed? Then the ticket that brought it is of no more use. */
export function isBegun({ mode, unit, trial }: StationState): boolean {
	return trial !== undefined || unit?.result !== undefined || mode === "releasing";
}

/** What the station wants to know in this mode; `undefined` where only the poll is due. */
export function question(state: StationState): StationMessage | undefined {
	const { mode, unit, trial } = state;
	if (mode === "idle" || mode === "running" || unit === undefined) return undefined;
	const { serial, visit, step, proof, result } = unit;
	const name = { serial, visit, step };
	if (mode === "arrived") return { type: "arrived", ...name, proof };
	if (mode === "releasing") return { type: "done", ...name };
	if (mode === "rejecting") {
		if (trial === undefined) throw new Error("rejecting without a trial");
		return { type: "exhausted", ...name, attempt: trial.attempt - 1, digest: trial.recipe.digest };
	}
	if (result === undefined) throw new Error("judging without a result");
	const { attempt, recipe, set, readings, durationMs } = result;
	return { type: "result", ...name, attempt, digest: recipe.digest, set, readings, durationMs };
}

const PACKML: { readonly [M in Mode]: string } = frozen({
	idle: "Idle",
	arrived: "Starting",
	running: "Execute",
	judging: "Suspended",
	releasing: "Completing",
	rejecting: "Completing",
});

/** The state's name in PackML (ISA-TR88.00.02). */
export function packml(state: StationState): string {
	if (state.halt === "held") return "Held";
	return state.halt === "aborted" ? "Aborted" : PACKML[state.mode];
}
