/**
 * The interlock (docs/protocol.md §6 and §7): what the server answers to a station's request about a unit,
 * and what it changes first. One table, (where the unit stands × request) → rule; the rules follow it.
 *
 * A unit stands, for the station that asks:
 * - `unknown`: no such serial on this line;
 * - `here`: the station has it, by the journal, or had it when it was rejected: no other station is told so;
 * - `next`: the station is the one the open handover leads to;
 * - `away`: anywhere else, or another visit or step than the one asked about.
 *
 * Nothing that opened is left without an answer, and an answer about a unit that is not here changes
 * nothing. Whatever a rule changes is stored before the answer leaves (server/requests.ts).
 */
import { sameBytes } from "../../modules/bytes/bytes.js";
import type { Arrived, Done, Exhausted, Result, UnitName } from "../../modules/messages/types.js";
import type { Decision, RecipeFacts, Refusal, Reply, Situation, UnitRequest } from "./decision.js";
import { type Attempt, isAtStation, type Stage, type Unit, type UnitReason } from "./unit.js";

export type Place = "here" | "next" | "away";
export type Standing = "unknown" | `${Stage}/${Place}`;

type Rule<R extends UnitRequest> = (request: R, unit: Unit, situation: Situation) => Decision;

interface Row {
	readonly arrived: Rule<Arrived>;
	readonly result: Rule<Result>;
	readonly exhausted: Rule<Exhausted>;
	readonly done: Rule<Done>;
}

const elsewhere: Row = { arrived: closed, result: stored, exhausted: closed, done: gone };
const offLine: Row = { arrived: reject, result: reject, exhausted: reject, done: reject };

/** The table. Stages that are never `here` or `next` have no such row. */
export const INTERLOCK: { readonly [S in Exclude<Standing, "unknown">]?: Row } = {
	"released/next": { arrived: accept, result: closed, exhausted: closed, done: closed },
	"released/away": elsewhere,
	"working/here": { arrived: start, result: judge, exhausted: exhaust, done: notPassed },
	"working/away": elsewhere,
	"passed/here": { arrived: passedAlready, result: again, exhausted: notExhausted, done: handOn },
	"passed/next": { arrived: accept, result: closed, exhausted: closed, done: closed },
	"passed/away": elsewhere,
	"finished/away": elsewhere,
	"rejected/here": offLine,
	"rejected/away": elsewhere,
	"held/here": { arrived: hold, result: hold, exhausted: hold, done: hold },
	"held/away": elsewhere,
};

/** Where `unit` stands for the station at `step` that names it as `named`. */
export function standing(unit: Unit | undefined, named: UnitName, step: number): Standing {
	if (unit === undefined) return "unknown";
	return `${unit.stage}/${place(unit, named, step)}`;
}

function place(unit: Unit, named: UnitName, step: number): Place {
	if (named.visit !== unit.visit || named.step !== step) return "away";
	if ((isAtStation(unit) || unit.stage === "rejected") && unit.step === step) return "here";
	if (unit.stage === "released" && step === 0) return "next";
	if (unit.stage === "passed" && unit.step + 1 === step) return "next";
	return "away";
}

/** What to store, then answer. Changes nothing itself. */
export function decide(request: UnitRequest, situation: Situation): Decision {
	const { unit } = situation;
	const where = standing(unit, request, situation.step);
	if (unit === undefined || where === "unknown")
		return { reply: { type: "closed" }, refusal: "unknown-unit" };
	const row = INTERLOCK[where];
	if (row === undefined) throw new Error(`interlock: a unit cannot be ${where}`);
	switch (request.type) {
		case "arrived":
			return row.arrived(request, unit, situation);
		case "result":
			return row.result(request, unit, situation);
		case "exhausted":
			return row.exhausted(request, unit, situation);
		case "done":
			return row.done(request, unit, situation);
	}
}

function closed(): Decision {
	return { reply: { type: "closed" }, refusal: "not-here" };
}

/** The usual end of a handover: the unit has arrived at the next station. */
function gone(): Decision {
	return { reply: { type: "closed" } };
}

function reject(): Decision {
	return { reply: { type: "reject" } };
}

function hold(): Decision {
	return { reply: { type: "hold" }, refusal: "held" };
}

/** The station's claim does not fit the journal: a person has to look. */
function contradiction(unit: Unit, refusal: Refusal): Decision {
	const held: Unit = { ...unit, stage: "held", reason: "contradiction" };
	return { reply: { type: "hold" }, unit: held, refusal };
}

/** The unit comes to this station, if the proof of the open handover is right. */
function accept(request: Arrived, unit: Unit, situation: Situation): Decision {
	const { proof } = unit;
	if (proof === undefined || !situation.equal(proof, request.proof))
		return { reply: { type: "closed" }, refusal: "proof" };
	// It frees its place; the handover stays open and the unit comes again when the other one has gone.
	if (situation.occupied) return { reply: { type: "closed" }, refusal: "occupied" };
	const { recipe } = situation;
	if (recipe === undefined) return { reply: { type: "wait" }, refusal: "no-recipe" };
	const arrived: Unit = {
		...unit,
		step: situation.step,
		stage: "working",
		proof: undefined,
		arrivalProof: proof,
		recipe: recipe.name,
		nextSet: 0,
	};
	return { reply: startReply(arrived, recipe), unit: arrived };
}

function startReply(unit: Unit, recipe: RecipeFacts): Reply {
	return { type: "start", attempt: unit.attempt + 1, set: unit.nextSet, recipe: recipe.name };
}

/** `arrived` again: after a reboot, or on a replaced board. */
function start(request: Arrived, unit: Unit, situation: Situation): Decision {
	if (unit.arrivalProof === undefined || !situation.equal(unit.arrivalProof, request.proof))
		return { reply: { type: "closed" }, refusal: "proof" };
	const { recipe } = situation;
	if (recipe === undefined) return { reply: { type: "wait" }, refusal: "no-recipe" };
	const over = limitReached(unit.nextSet, recipe);
	if (over !== undefined) return rejectNow(unit, over);
	const reply = startReply(unit, recipe);
	const same = unit.recipe && sameBytes(unit.recipe.digest, recipe.name.digest);
	return same ? { reply } : { reply, unit: { ...unit, recipe: recipe.name } };
}

/** Why no further attempt is due after `failed` failed ones at this station, if none is. */
function limitReached(failed: number, recipe: RecipeFacts): UnitReason | undefined {
	if (failed >= recipe.sets) return "exhausted";
	if (recipe.attemptsMax !== undefined && failed >= recipe.attemptsMax) return "attempts";
	return undefined;
}

function rejectNow(unit: Unit, reason: UnitReason): Decision {
	return { reply: { type: "reject" }, unit: { ...unit, stage: "rejected", reason } };
}

function passedAlready(request: Arrived, unit: Unit, situation: Situation): Decision {
	if (unit.arrivalProof === undefined || !situation.equal(unit.arrivalProof, request.proof))
		return { reply: { type: "closed" }, refusal: "proof" };
	return { reply: { type: "verdict", attempt: unit.attempt, pass: true } };
}

/** A result for the unit that is being tried: a new one is judged, a stored one is answered as before. */
function judge(request: Result, unit: Unit, situation: Situation): Decision {
	if (request.attempt <= unit.attempt) return again(request, unit, situation);
	const { recipe } = situation;
	if (recipe === undefined || !recipe.digests.some((known) => sameBytes(known, request.digest)))
		return contradiction(unit, "digest");
	if (request.attempt !== unit.attempt + 1 || request.set !== unit.nextSet)
		return contradiction(unit, "order");
	if (limitReached(unit.nextSet, recipe) !== undefined) return contradiction(unit, "order");
	const pass = recipe.judge(request.readings);
	const attempt = judged(request, situation.station, recipe, pass);
	const { number } = attempt;
	if (pass) {
		const last = unit.step + 1 >= situation.steps;
		const proof = last ? undefined : situation.newProof();
		return {
			reply: { type: "verdict", attempt: number, pass },
			unit: { ...unit, stage: "passed", attempt: number, proof },
			attempt,
		};
	}
	const failed: Unit = { ...unit, attempt: number, nextSet: unit.nextSet + 1 };
	// After the last set the station itself says `exhausted`; of the attempt limit it knows nothing.
	if (limitReached(failed.nextSet, recipe) === "attempts")
		return { ...rejectNow(failed, "attempts"), attempt };
	return { reply: { type: "verdict", attempt: number, pass }, unit: failed, attempt };
}

function judged(request: Result, station: string, recipe: RecipeFacts, pass: boolean): Attempt {
	const { serial, visit, step, attempt, digest, set, readings, durationMs } = request;
	return {
		serial,
		number: attempt,
		visit,
		step,
		station,
		recipe: { id: recipe.name.id, version: recipe.name.version, digest },
		set,
		readings,
		durationMs,
		pass,
	};
}

/** A number that was judged before: the stored verdict, or, with other content, a contradiction. */
function again(request: Result, unit: Unit, situation: Situation): Decision {
	const { stored: kept } = situation;
	if (kept === undefined) return contradiction(unit, "order");
	if (!sameContent(kept, request, situation.station)) return contradiction(unit, "content");
	return { reply: { type: "verdict", attempt: kept.number, pass: kept.pass } };
}

/**
 * A result about a unit that is not here. A pass is said again, so that a station which lost power before it
 * could say `done` gets there; a fail would start another attempt, so `closed` it is.
 */
function stored(request: Result, _unit: Unit, situation: Situation): Decision {
	const { stored: kept } = situation;
	if (kept?.pass && sameContent(kept, request, situation.station))
		return { reply: { type: "verdict", attempt: kept.number, pass: true } };
	return { reply: { type: "closed" }, refusal: "not-here" };
}

/** Did this station report exactly this under this number? */
export function sameContent(kept: Attempt, request: Result, station: string): boolean {
	return (
		kept.station === station &&
		kept.visit === request.visit &&
		kept.step === request.step &&
		kept.set === request.set &&
		kept.durationMs === request.durationMs &&
		sameBytes(kept.recipe.digest, request.digest) &&
		kept.readings.length === request.readings.length &&
		kept.readings.every((reading, i) => {
			const other = request.readings[i];
			return other?.name === reading.name && other.value === reading.value;
		})
	);
}

function exhaust(request: Exhausted, unit: Unit, situation: Situation): Decision {
	const { recipe } = situation;
	if (recipe === undefined || !recipe.digests.some((known) => sameBytes(known, request.digest)))
		return contradiction(unit, "digest");
	if (request.attempt !== unit.attempt || unit.nextSet < recipe.sets)
		return contradiction(unit, "not-exhausted");
	return rejectNow(unit, "exhausted");
}

function notExhausted(_request: Exhausted, unit: Unit): Decision {
	return contradiction(unit, "not-exhausted");
}

function notPassed(_request: Done, unit: Unit): Decision {
	return contradiction(unit, "not-passed");
}

/** The station lets a passed unit go: off the end of the line, or to the next station when that can take it. */
function handOn(_request: Done, unit: Unit, situation: Situation): Decision {
	if (unit.step + 1 >= situation.steps)
		return { reply: { type: "closed" }, unit: { ...unit, stage: "finished" } };
	if (unit.proof === undefined || !situation.nextReady) return { reply: { type: "wait" } };
	return { reply: { type: "handover", proof: unit.proof } };
}
