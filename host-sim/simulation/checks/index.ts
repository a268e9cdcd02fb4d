/** Every checker. */
import { bounds, wear } from "./bounds.js";
import type { CheckerKind } from "./checker.js";
import { forwardSecrecy } from "./forward-secrecy.js";
import { identity } from "./identity.js";
import { interlock } from "./interlock.js";
import { logs } from "./logs.js";
import { authentic, nonces } from "./records.js";
import { progress, results } from "./results.js";
import { secrecy } from "./secrecy.js";
import { fresh, genuine } from "./sessions.js";
import { starts } from "./starts.js";
import { versions } from "./versions.js";

/** What the simulation itself sees: a party that throws, ends by itself or runs in a circle. */
export const SOUND: Omit<CheckerKind, "make"> = {
	name: "sound",
	property: "all",
	holds: "no party throws, ends by itself or goes on without end",
};

export const CHECKERS: readonly CheckerKind[] = [
	secrecy,
	genuine,
	fresh,
	authentic,
	nonces,
	forwardSecrecy,
	interlock,
	versions,
	identity,
	results,
	logs,
	progress,
	wear,
	starts,
	bounds,
];
