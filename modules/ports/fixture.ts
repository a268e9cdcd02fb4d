/** The Fixture port: what holds the unit, applies a value set to it and measures. */

/** One line of a recipe: the value of `name` from `section`. */
export interface NamedValue {
	readonly section: string;
	readonly name: string;
	readonly value: number;
}

/** One measured quantity, for example `{ name: "resonance", value: 1503.2 }`. Units are the recipe author's. */
export interface Reading {
	/** 1 to 32 characters of `[a-z0-9._-]`. */
	readonly name: string;
	/** Finite. */
	readonly value: number;
}

/** At most this many readings an attempt. */
export const READINGS_MAX = 32;

export interface Trial {
	readonly serial: string;
	/** The unit's own attempt number, from 1. */
	readonly attempt: number;
	/** One value from each section of the recipe, in the file's order. */
	readonly values: readonly NamedValue[];
	readonly log: TrialLog;
}

/** The trial's measurement log, which goes to the server after the verdict. Ended with the trial. */
export interface TrialLog {
	/**
	 * Appends bytes, of any number at a time; they are sealed at once, which takes time and flash. Only while the trial runs.
	 *
	 * @returns false where there is no room for all of them, or the board keeps no logs: what had room is kept, nothing
	 *   after it is, and the log says that it was cut.
	 */
	write(bytes: Uint8Array): boolean;
}

export type TrialOutcome = { readonly readings: readonly Reading[] } | { readonly fault: string };

export interface Fixture {
	/** Its trials write logs: one begins only when there is a place for its log, where the board keeps any. */
	readonly writesLogs?: boolean;
	/** Applies the values and measures; `done` is called once, later, unless `stop()` came first. */
	run(trial: Trial, done: (outcome: TrialOutcome) => void): void;
	/** Brings the fixture to a safe state; a running trial ends without `done`. May be called at any time. */
	stop(): void;
}
