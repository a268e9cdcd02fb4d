/** A deliberate mistake in the code, which a checker of the simulation must see. */
export interface Mutant {
	readonly name: string;
	/** Who may see it first: the one that it is for, and others that are as right. */
	readonly checkers: readonly [string, ...string[]];
	/** Compiled, relative to build/. */
	readonly file: string;
	/** Is there exactly once. */
	readonly find: string;
	readonly replace: string;
	/** What goes wrong. */
	readonly why: string;
	/** Takes too many seeds for every `npm test`. */
	readonly isRare?: true;
}
