/** Suite 0: what the parties tell the laboratory, values, readings and files included. */
import type { NamedValue, Reading } from "../../modules/ports/fixture.js";

export type StationEvent =
	/** A file was accepted, for the next part. */
	| { readonly event: "recipe"; readonly station: string; readonly text: string }
	/** `part` is the station's own count, from 1. */
	| { readonly event: "started"; readonly station: string; readonly part: number }
	/** The fixture begins with this value set (from 0). */
	| {
			readonly event: "tried";
			readonly station: string;
			readonly part: number;
			readonly set: number;
			readonly values: readonly NamedValue[];
	  }
	/** Passed on, or else taken off the line after every value set. */
	| {
			readonly event: "finished";
			readonly station: string;
			readonly part: number;
			readonly passed: boolean;
	  };

/** `station` is the one that the topic names: who sent the message, the server cannot know. */
export type ServerEvent =
	| { readonly event: "request"; readonly station: string }
	| {
			readonly event: "result";
			readonly station: string;
			readonly values: readonly NamedValue[];
			readonly readings: readonly Reading[];
	  }
	| { readonly event: "verdict"; readonly station: string; readonly passed: boolean }
	| { readonly event: "done"; readonly station: string };

/**
 * `unreadable`: it does not open to a text. `unexpected`: out of turn, or not a text of its kind.
 */
export interface DroppedEvent {
	readonly event: "dropped";
	/** `server` or a station. */
	readonly party: string;
	readonly topic: string;
	readonly why: "unreadable" | "unexpected";
}

export type PartyEvent = StationEvent | ServerEvent | DroppedEvent;

/** Called as things happen: within a message's receipt, or within the call that caused it. */
export type OnEvent = (event: PartyEvent) => void;
