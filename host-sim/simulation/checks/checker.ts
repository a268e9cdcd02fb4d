/** What a checker of a simulated line is. Each holds one thing that must never happen against everything that is seen. */
import type { ServerMessage, StationMessage, Ticket } from "../../../modules/messages/types.js";
import type { SimulatedLine } from "../line.js";
import type { Observation } from "../observation.js";

export type Said =
	| { readonly kind: "message"; readonly message: StationMessage | ServerMessage }
	| { readonly kind: "ticket"; readonly message: Ticket };

/** A record or ticket that was sealed (`said`) or opened (`heard`), with what is in it. */
export type Talk = {
	readonly type: "said" | "heard";
	/** A station's full name, or `server`. */
	readonly by: string;
	/** In hexadecimal. */
	readonly session: string;
	readonly seq: number;
} & Said;

export type Seen = Observation | Talk;

/** What a checker knows of the run. */
export interface Surroundings {
	readonly line: SimulatedLine;
	/** The units' serial numbers. */
	readonly serials: readonly string[];
	/** The station that is in other hands, if one is (traitor.ts): what it does to its own units is its own affair. */
	readonly traitor?: string | undefined;
	/** Every text of a recipe that was released so far. */
	readonly recipes: readonly { readonly station: string; readonly text: string }[];
	/** Says that what must not happen has happened. */
	fail(why: string): void;
}

export interface Checker {
	see?(seen: Seen): void;
	/** When the line has come to rest. */
	end?(): void;
}

export interface CheckerKind {
	readonly name: string;
	/** Of docs/protocol.md §1, or the section it is from. */
	readonly property: string;
	/** What must hold. */
	readonly holds: string;
	readonly make: (surroundings: Surroundings) => Checker;
}
