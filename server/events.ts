/**
 * What a server tells the people and programs around it, as plain values. Told after it was stored.
 * Stations go by their full names. No reading and no recipe value is in an event.
 */
import type { Decision, Refusal } from "./core/decision.js";
import type { Unit, UnitReason } from "./core/unit.js";
import type { KeyChange } from "./keyring.js";
import type { LogRefusal } from "./logs.js";

export type Transfer = {
	readonly station: string;
	/** Segments so far, and all of them. */
	readonly done: number;
	readonly of: number;
	/** Of the whole plaintext. */
	readonly bytes: number;
} & (
	| { readonly direction: "down"; readonly recipe: string; readonly version: number }
	| { readonly direction: "up"; readonly serial: string; readonly attempt: number }
);

export type ServerEvent =
	/** The broker can be reached, or no longer. */
	| { readonly event: "online" }
	| { readonly event: "offline"; readonly reason: string }
	/** A station's first `ready` under a new session. */
	| { readonly event: "session"; readonly station: string; readonly boot: number }
	/** A board has started, and says why (a word of docs/protocol.md §6; older ones do not say). Once for each start. */
	| {
			readonly event: "started";
			readonly station: string;
			readonly boot: number;
			readonly reset?: string;
	  }
	/** PackML state, where it differs from the one before. */
	| { readonly event: "state"; readonly station: string; readonly state: string }
	| { readonly event: "released"; readonly serial: string; readonly station: string }
	| {
			readonly event: "arrived";
			readonly station: string;
			readonly serial: string;
			readonly recipe: string;
			readonly version: number;
	  }
	| {
			readonly event: "verdict";
			readonly station: string;
			readonly serial: string;
			/** The unit's own attempt number. */
			readonly attempt: number;
			readonly pass: boolean;
	  }
	/** `station` was given a ticket for the unit to pass to `to`. */
	| {
			readonly event: "handover";
			readonly station: string;
			readonly serial: string;
			readonly to: string;
	  }
	| {
			readonly event: "unit";
			readonly station: string;
			readonly serial: string;
			readonly outcome: "passed" | "rejected" | "held";
			readonly reason?: UnitReason;
	  }
	/** A request that was answered but not granted, or that got no answer. */
	| {
			readonly event: "refused";
			readonly station: string;
			readonly reason:
				| Refusal
				| LogRefusal
				| ("hello" | "record" | "overload" | "retained" | "journal");
			readonly serial?: string;
	  }
	| {
			readonly event: "alarm";
			readonly station: string;
			readonly code: string;
			readonly text: string;
	  }
	/** A file is on its way down to a station (so much was asked for and sent), or a log up from it (so much has come). */
	| ({ readonly event: "transfer" } & Transfer)
	/** The log of an attempt is complete. */
	| {
			readonly event: "logged";
			readonly station: string;
			readonly serial: string;
			readonly attempt: number;
			readonly bytes: number;
			readonly cut: boolean;
	  }
	/** A recipe was sealed for its station. */
	| {
			readonly event: "sealed";
			readonly station: string;
			readonly recipe: string;
			readonly version: number;
	  }
	/** The journal is behind what a station has seen: the line is held until a person accepts that. */
	| { readonly event: "behind"; readonly station: string; readonly journal: number }
	/** Nothing is answered: the server's own credential is over, or the machine's time of day is wrong. */
	| { readonly event: "expired"; readonly expiresS: number }
	/** Keys were changed while the server ran; the line goes by the new ones. */
	| ({ readonly event: "keys" } & KeyChange)
	/** Changed keys that cannot be used: the server goes on with those it has. */
	| { readonly event: "keys-problem"; readonly message: string }
	/** A request could not be stored and was not answered; stations ask again. */
	| { readonly event: "store"; readonly code: string; readonly message: string };

export type OnEvent = (event: ServerEvent) => void;

const ENDED: { readonly [stage in Unit["stage"]]?: "passed" | "rejected" | "held" } = {
	finished: "passed",
	rejected: "rejected",
	held: "held",
};

/** What a stored decision about a unit says to the people around. @param before - the unit before it. */
export function unitEvents(
	station: string,
	{ decision, before }: { readonly decision: Decision; readonly before: Unit | undefined },
): ServerEvent[] {
	const { unit, attempt } = decision;
	if (!unit) return [];
	const { serial, stage, recipe, reason } = unit;
	const events: ServerEvent[] = [];
	if (attempt) {
		const { number, pass } = attempt;
		events.push({ event: "verdict", station, serial, attempt: number, pass });
	}
	if (stage === "working" && before?.stage !== "working" && recipe)
		events.push({ event: "arrived", station, serial, recipe: recipe.id, version: recipe.version });
	const outcome = ENDED[stage];
	if (outcome) events.push({ event: "unit", station, serial, outcome, ...(reason && { reason }) });
	return events;
}
