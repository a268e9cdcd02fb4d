/**
 * Which kinds of trouble one run has, and how much of each, is drawn first: runs with one kind alone find what a mixture
 * hides.
 */
import type { Dice } from "./dice.js";

/** Kinds of trouble. A rate is in occurrences a minute, a share a probability for each message. */
export interface Trouble {
	/** Shares of the messages that are lost, come twice, are late. */
	readonly loss: number;
	readonly repeats: number;
	readonly delay: number;
	/** Shares of the messages of which a damaged copy, one on another topic, or an old one comes as well. */
	readonly changed: number;
	readonly misdirected: number;
	readonly replayed: number;
	/** Share of the handshakes' messages that come after many damaged copies. */
	readonly floods: number;
	/** Share of the messages that are kept while their receiver is cut off. */
	readonly hostages: number;
	readonly partitions: number;
	readonly resets: number;
	readonly brokerRestarts: number;
	readonly powerCuts: number;
	readonly serverCrashes: number;
	readonly clockJumps: number;
	readonly slowness: number;
	/** Not faults, but what makes them hurt: recipe versions and keys that change meanwhile. */
	readonly releases: number;
	readonly keyChanges: number;
}

/** Of each kind, the most there is. */
const MOST: Trouble = {
	loss: 0.3,
	repeats: 0.3,
	delay: 0.3,
	changed: 0.2,
	misdirected: 0.1,
	replayed: 0.1,
	floods: 1,
	hostages: 0.05,
	partitions: 6,
	resets: 10,
	brokerRestarts: 4,
	powerCuts: 12,
	serverCrashes: 6,
	clockJumps: 8,
	slowness: 4,
	releases: 4,
	keyChanges: 2,
};

export function drawTrouble(dice: Dice): Trouble {
	const share = dice.pick([0.2, 0.5, 1]);
	const drawn: Record<string, number> = {};
	for (const [kind, most] of Object.entries(MOST))
		drawn[kind] = dice.chance(share) ? most * dice.fraction() * dice.fraction() : 0;
	return drawn as unknown as Trouble;
}
