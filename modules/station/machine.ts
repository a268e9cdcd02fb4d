/**
 * The station's state machine: what it does about the unit in front of it (docs/protocol.md §6, §7).
 *
 * One table, {@link TABLE}: for every mode and every event, which action answers it; docs/station.md shows it.
 * Nothing here does input or output or asks the time: an action returns the new state and the effects, in the
 * order in which they are carried out. `store` comes before whatever depends on it having been written.
 *
 * Left out: the session and when to send (link.ts), files (library.ts), carrying out effects (runner.ts).
 */

import { frozen } from "../bytes/frozen.js";
import type { RecipeName, UnitName } from "../messages/types.js";
import type {
	Effect,
	EventOf,
	Mode,
	Refusal,
	StationEvent,
	StationState,
	Step,
	StoredResult,
	StoredUnit,
	TrialOrder,
} from "./state.js";

type Action<T extends StationEvent["type"]> = (state: StationState, event: EventOf<T>) => Step;

/** An action's name in {@link TABLE} is its function's. */
export type Table = {
	readonly [M in Mode]: { readonly [T in StationEvent["type"]]: Action<T> };
};

const nothingHere = {
	start: notNow,
	verdict: notNow,
	handover: notNow,
	wait: notNow,
	closed: notNow,
	reject: notNow,
	abort: notNow,
} as const;

const noTrial = {
	measured: oldTrial,
	"no-set": oldTrial,
	unreadable: oldTrial,
	fault: oldTrial,
} as const;

/** What a unit at the station may always meet. */
const withUnit = {
	// That of the unit that is here says nothing new; another unit's comes again when there is room.
	ticket: stay,
	start: notNow,
	verdict: notNow,
	handover: notNow,
	wait: stay,
	closed: free,
	reject: free,
	abort: abortUnit,
	hold: halt,
	silence: halt,
	resume,
	...noTrial,
} as const;

export const TABLE: Table = frozen({
	idle: { ticket: accept, ...nothingHere, hold: halt, silence: halt, resume, ...noTrial },
	arrived: { ...withUnit, start: begin, verdict: passedAlready },
	running: {
		...withUnit,
		abort: abortTrial,
		hold: haltTrial,
		resume: resumeTrial,
		measured,
		"no-set": exhausted,
		unreadable: askAgain,
		fault: haltOnFault,
	},
	judging: { ...withUnit, verdict: judged },
	releasing: { ...withUnit, handover: handOn },
	rejecting: withUnit,
});

/** Carries one event through the table. */
export function step(state: StationState, event: StationEvent): Step {
	if ("message" in event && !isHere(state.unit, event.message)) {
		return refuse(state, state.unit === undefined ? "not-now" : "other-unit");
	}
	const action = TABLE[state.mode][event.type] as Action<StationEvent["type"]>;
	return action(state, event);
}

function isHere(unit: StoredUnit | undefined, named: UnitName): boolean {
	return (
		unit !== undefined &&
		unit.serial === named.serial &&
		unit.visit === named.visit &&
		unit.step === named.step
	);
}

function refuse(state: StationState, reason: Refusal): Step {
	return { state, effects: [{ do: "refuse", reason }] };
}

function notNow(state: StationState): Step {
	return refuse(state, "not-now");
}

function oldTrial(state: StationState): Step {
	return refuse(state, "old-trial");
}

/** Nothing to do: a question that is open is repeated by the link anyway. */
function stay(state: StationState): Step {
	return { state, effects: [] };
}

// Arriving

function accept(state: StationState, { ticket }: EventOf<"ticket">): Step {
	const { serial, visit, step, proof } = ticket;
	const unit: StoredUnit = { serial, visit, step, proof, result: undefined };
	return {
		state: { ...state, mode: "arrived", unit, trial: undefined },
		effects: [{ do: "store" }, { do: "ask" }],
	};
}

function begin(state: StationState, { message, fresh, file }: EventOf<"start">): Step {
	const { recipe, attempt, set } = message;
	const result = state.unit?.result;
	if (!fresh) return refuse(state, "stale");
	// After a change of keys the same version comes under another digest.
	if (result !== undefined && !isSameVersion(result.recipe, recipe)) {
		return refuse(state, "other-recipe");
	}
	if (file === "old") return refuse(state, "old-recipe");
	if (file === "no-room") {
		return { state, effects: [{ do: "alarm", code: "no-room", text: "for this recipe" }] };
	}
	if (file === "missing") return { state, effects: [{ do: "fetch", recipe }] };
	// The server has not judged what is stored here: tell it instead of trying again under the same number.
	if (result?.attempt === attempt) {
		const trial = { number: state.orders, attempt, set: result.set, recipe };
		const effects: Effect[] = [{ do: "activate", recipe }, { do: "ask" }];
		return { state: { ...state, mode: "judging", trial }, effects };
	}
	if (result !== undefined && attempt < result.attempt) return refuse(state, "other-attempt");
	const next = order(state, attempt, set, recipe);
	return { ...next, effects: [{ do: "activate", recipe }, ...next.effects] };
}

function isSameVersion(a: RecipeName, b: RecipeName): boolean {
	return a.id === b.id && a.version === b.version;
}

/** The server had already passed the unit here: this board did not know. */
function passedAlready(state: StationState, { message }: EventOf<"verdict">): Step {
	return message.pass ? release(state) : refuse(state, "not-now");
}

// Trying

/** Orders an attempt; halted, it waits for `resume`. */
function order(state: StationState, attempt: number, set: number, recipe: RecipeName): Step {
	if (state.halt !== "none") {
		const waiting = { number: 0, attempt, set, recipe };
		return { state: { ...state, mode: "running", trial: waiting }, effects: [] };
	}
	const trial = { number: state.orders + 1, attempt, set, recipe };
	const ordered: StationState = { ...state, mode: "running", trial, orders: trial.number };
	return { state: ordered, effects: [{ do: "run", trial }] };
}

function isCurrent({ trial }: StationState, number: number): boolean {
	return number !== 0 && trial?.number === number;
}

/** The attempt is not under way any more, but still to be made. */
function stopped({ trial }: StationState): TrialOrder | undefined {
	return trial && { ...trial, number: 0 };
}

function measured(state: StationState, event: EventOf<"measured">): Step {
	const { unit, trial } = state;
	if (!isCurrent(state, event.trial) || !unit || !trial) return oldTrial(state);
	const { attempt, recipe, set } = trial;
	const { readings, durationMs } = event;
	const result: StoredResult = { attempt, recipe, set, readings, durationMs };
	return {
		state: { ...state, mode: "judging", unit: { ...unit, result } },
		effects: [{ do: "store" }, { do: "ask" }],
	};
}

function exhausted(state: StationState, event: EventOf<"no-set">): Step {
	if (!isCurrent(state, event.trial)) return oldTrial(state);
	return { state: { ...state, mode: "rejecting" }, effects: [{ do: "ask" }] };
}

/** The file cannot be read after all: the library fetches it again, the server says when to start. */
function askAgain(state: StationState, event: EventOf<"unreadable">): Step {
	if (!isCurrent(state, event.trial)) return oldTrial(state);
	return {
		state: { ...state, mode: "arrived" },
		effects: [{ do: "alarm", code: "file-unreadable", text: "" }, { do: "ask" }],
	};
}

function haltOnFault(state: StationState, event: EventOf<"fault">): Step {
	if (!isCurrent(state, event.trial)) return oldTrial(state);
	return {
		state: { ...state, halt: "held", trial: stopped(state) },
		effects: [{ do: "stop" }, { do: "alarm", code: event.code, text: event.text }],
	};
}

// Judging and letting go

function judged(state: StationState, { message }: EventOf<"verdict">): Step {
	const result = state.unit?.result;
	if (result === undefined || message.attempt !== result.attempt) {
		return refuse(state, "other-attempt");
	}
	if (message.pass) return release(state);
	// After a restart the server says what to go on with: keys, and so the file's name, may have changed.
	if (!state.trial) return { state: { ...state, mode: "arrived" }, effects: [{ do: "ask" }] };
	return order(state, result.attempt + 1, result.set + 1, state.trial.recipe);
}

function release(state: StationState): Step {
	return { state: { ...state, mode: "releasing" }, effects: [{ do: "ask" }] };
}

function handOn(state: StationState, { message }: EventOf<"handover">): Step {
	return { state, effects: [{ do: "publish", to: message.to, ticket: message.ticket }] };
}

/** The unit is no longer this station's. The `ready` that follows tells the server that there is room. */
function free(state: StationState): Step {
	const stop: Effect[] = state.mode === "running" ? [{ do: "stop" }] : [];
	return {
		state: { ...state, mode: "idle", unit: undefined, trial: undefined },
		effects: [...stop, { do: "store" }, { do: "ask" }],
	};
}

// Halting

/** After silence too: an attempt under way ends and its result is kept, since the server had said that it may run. */
function halt(state: StationState): Step {
	if (state.halt !== "none") return stay(state);
	return { state: { ...state, halt: "held" }, effects: [] };
}

/** The server wants nothing to move. */
function haltTrial(state: StationState): Step {
	if (!state.trial?.number) return halt(state);
	return { state: { ...state, halt: "held", trial: stopped(state) }, effects: [{ do: "stop" }] };
}

function abortUnit(state: StationState): Step {
	return { state: { ...state, halt: "aborted" }, effects: [] };
}

/** The attempt is given up; what comes next is the server's to say. */
function abortTrial(state: StationState): Step {
	return {
		state: { ...state, mode: "arrived", halt: "aborted" },
		effects: [{ do: "stop" }, { do: "ask" }],
	};
}

function resume(state: StationState, { fresh }: EventOf<"resume">): Step {
	if (state.halt === "none") return stay(state);
	if (!fresh) return refuse(state, "stale");
	return { state: { ...state, halt: "none" }, effects: [] };
}

/** No result of a stopped attempt was stored, so it is made again under the same number. */
function resumeTrial(state: StationState, event: EventOf<"resume">): Step {
	const resumed = resume(state, event);
	const { trial } = state;
	const isLifted = state.halt !== "none" && resumed.state.halt === "none";
	if (!isLifted || !trial || trial.number !== 0) return resumed;
	return order(resumed.state, trial.attempt, trial.set, trial.recipe);
}
