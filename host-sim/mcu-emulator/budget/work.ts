/**
 * Instructions of each phase, from the marks of one run (run.ts).
 *
 * | figure | from | to |
 * | --- | --- | --- |
 * | power-on to ready | power-on | `state Idle`: the server has answered the first `ready` |
 * | handshake | `mqtt: online` | `session established` |
 * | one recipe of 64 KiB fetched | `state Idle` | `file complete` |
 * | a unit arrives, its first attempt | `state Starting` | the second `state Execute` |
 * | one attempt | `state Execute` | the next, on average over all but a unit's first |
 *
 * A unit that arrives for a new recipe has its file opened, and the first attempt looks through all of it, once, for where
 * its value sets lie.
 */

import type { Figures } from "./figures.js";
import { type Mark, RunError } from "./run.js";

export const WORK = {
	ready: "work/power-on to ready",
	handshake: "work/handshake",
	fetch: "work/one recipe of 64 KiB fetched",
	first: "work/a unit arrives, its first attempt",
	attempt: "work/one attempt",
	segment: "work/one segment opened",
} as const;

/** The first mark that says so, from the `from`-th on. */
function find(marks: readonly Mark[], line: string, from = 0): { at: number; busy: number } {
	const at = marks.findIndex((mark, i) => i >= from && mark.line.startsWith(line));
	const mark = marks[at];
	if (mark === undefined)
		throw new RunError(`the station never said "${line}"; it said ${said(marks)}`);
	return { at, busy: mark.busy };
}

function said(marks: readonly Mark[]): string {
	return marks.length === 0 ? "nothing that is counted" : marks.map(({ line }) => line).join(", ");
}

/** @param attempts - of the unit. @throws {@link RunError} where a mark is missing. */
export function phases(marks: readonly Mark[], attempts: number): Figures {
	const online = find(marks, "mqtt: online");
	const session = find(marks, "session established", online.at);
	const ready = find(marks, "state Idle", session.at);
	const file = find(marks, "file complete", ready.at);
	const starting = find(marks, "state Starting", file.at);
	const begun = marks
		.slice(starting.at)
		.filter(({ line }) => line === "state Execute")
		.map(({ busy }) => busy);
	const [, second] = begun;
	const last = begun.at(-1);
	if (begun.length !== attempts || second === undefined || last === undefined)
		throw new RunError(`${begun.length} attempts began, not ${attempts}`);
	return {
		[WORK.ready]: ready.busy,
		[WORK.handshake]: session.busy - online.busy,
		[WORK.fetch]: file.busy - ready.busy,
		[WORK.first]: second - starting.busy,
		[WORK.attempt]: (last - second) / (attempts - 2),
	};
}
