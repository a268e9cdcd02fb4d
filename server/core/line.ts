/**
 * The line as a whole: what the server says to a station that reports itself (`ready`), which unit a station
 * is sent next, and whether a changed route may be taken into use. docs/protocol.md §6.
 */
import type { Ready } from "../../modules/messages/types.js";
import { standing } from "./interlock.js";
import { ROUTE_MAX, type Unit } from "./unit.js";

/**
 * A journal restored from a backup is behind a station by what was written since, never by so much. A station that names
 * a number further ahead is at fault itself: it alone is held, and no number is taken from it. Were it believed, one
 * stolen station could use up all the numbers there are.
 */
export const JOURNAL_LEAD_MAX = 2 ** 32;

export interface ReadySituation {
	/** The journal's highest number. */
	readonly journal: number;
	/** A person must first accept that the journal is behind a station's. */
	readonly lineHeld: boolean;
	/** The station's 0-based place on the route. */
	readonly step: number;
	/** The unit at the station by the journal. */
	readonly unitHere: Unit | undefined;
	/** The unit that the station names. */
	readonly unitNamed: Unit | undefined;
}

export interface ReadyAnswer {
	/** The station has seen a journal number that this journal never reached: a restored backup. */
	readonly behind: boolean;
	/** Besides `welcome-back`; about the unit the station names, where it is `reject` or `closed`. */
	readonly also: "hold" | "resume" | "reject" | "closed" | undefined;
	/** The ticket to send the station itself. */
	readonly ticket: "its-unit-again" | "first" | undefined;
	/** The station names a journal number that was never given out: beyond {@link JOURNAL_LEAD_MAX}. */
	readonly refusal?: "journal";
}

/** The PackML state (ISA-TR88.00.02) in which a station waits for `resume`. */
const HELD = "held";

export function answerReady(ready: Ready, situation: ReadySituation): ReadyAnswer {
	const { unitHere, unitNamed, step } = situation;
	if (ready.journal > situation.journal + JOURNAL_LEAD_MAX)
		return { behind: false, also: "hold", ticket: undefined, refusal: "journal" };
	if (ready.journal > situation.journal) return { behind: true, also: "hold", ticket: undefined };
	const plain = { behind: false, ticket: undefined };
	if (situation.lineHeld) return { ...plain, also: "hold" };
	const resume = ready.state.toLowerCase() === HELD ? "resume" : undefined;
	if (ready.unit === undefined) {
		if (unitHere?.stage === "held") return { ...plain, also: "hold" };
		if (unitHere !== undefined) return { ...plain, also: resume, ticket: "its-unit-again" };
		return { ...plain, also: resume, ticket: step === 0 ? "first" : undefined };
	}
	switch (standing(unitNamed, ready.unit, step)) {
		case "held/here":
			return { ...plain, also: "hold" };
		case "rejected/here":
			return { ...plain, also: "reject" };
		case "working/here":
		case "passed/here":
		case "released/next":
		case "passed/next":
			return { ...plain, also: resume };
		default:
			// A running or asking station finds out by its own request; a held one makes none.
			return { ...plain, also: resume && "closed" };
	}
}

/**
 * May a line whose route was `before` go on with `after`? Steps are places on the route, so while units are on
 * the line the route may only grow at its end.
 *
 * @returns why not, or `undefined`.
 */
export function routeChange(
	before: readonly string[] | undefined,
	after: readonly string[],
	openUnits: number,
): string | undefined {
	if (after.length === 0) return "the route has no station";
	if (after.length > ROUTE_MAX) return `the route has more than ${ROUTE_MAX} stations`;
	if (new Set(after).size !== after.length) return "the route names a station twice";
	if (before === undefined || openUnits === 0) return undefined;
	if (before.every((station, step) => after[step] === station)) return undefined;
	return (
		`the route was ${before.join(", ")} and is now ${after.join(", ")}, ` +
		`with ${openUnits} units on the line; finish or remove them first`
	);
}
