/** How often each kind of fault happened, told from what was seen: a fault model that has died shows here. */
import type { Seen } from "./checks/checker.js";
import { SERVER } from "./line.js";
import type { Trouble } from "./trouble.js";

/** Repeats and delays cannot be seen: the courier tells nobody of them. */
export type FaultKind = Exclude<keyof Trouble, "repeats" | "delay">;
export type FaultCounts = Readonly<Record<FaultKind, number>>;

/** How faults.ts and courier.ts say them; power is seen by itself. */
const TEXTS: Readonly<Record<Exclude<FaultKind, "powerCuts" | "serverCrashes">, RegExp>> = {
	loss: /^broker loses /,
	changed: /^broker damages /,
	misdirected: /^broker gives to /,
	replayed: /^broker brings back /,
	floods: /^broker gives \d+ damaged copies /,
	hostages: /^broker keeps /,
	partitions: / is cut off for /,
	resets: /^the connection of .* breaks$/,
	brokerRestarts: /^the broker stops, /,
	clockJumps: /^the server's time of day jumps /,
	slowness: / is slow: /,
	releases: /^a new version of the recipe of /,
	keyChanges: /^new (keys|credential) for /,
};

export function noFaults(): Record<FaultKind, number> {
	const counts: Partial<Record<FaultKind, number>> = { powerCuts: 0, serverCrashes: 0 };
	for (const kind of Object.keys(TEXTS) as FaultKind[]) counts[kind] = 0;
	return counts as Record<FaultKind, number>;
}

/** @returns `undefined` for what is no fault. */
export function faultKind(seen: Seen): FaultKind | undefined {
	if (seen.type === "power" && !seen.isOn)
		return seen.party === SERVER ? "serverCrashes" : "powerCuts";
	if (seen.type !== "fault") return undefined;
	for (const [kind, text] of Object.entries(TEXTS))
		if (text.test(seen.text)) return kind as FaultKind;
	return undefined;
}
