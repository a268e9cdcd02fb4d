/** A run as people read it: one line for each thing that was said, heard, stored, done or broken. */
import { hex } from "../../modules/bytes/bytes.js";
import type { Seen, Talk } from "./checks/checker.js";
import { LINE, SERVER } from "./line.js";
import type { Change } from "./tables.js";

/** Bytes of a byte string that are shown. */
const SHOWN_SIZE = 4;

function nameOf(party: string): string {
	return party.startsWith(`${LINE}.`) ? party.slice(LINE.length + 1) : party;
}

/** Fields as `name value`, byte strings cut short. */
function fieldsOf(message: object): string {
	const shown: string[] = [];
	for (const [name, value] of Object.entries(message))
		if (name !== "type") shown.push(`${name} ${textOf(value)}`);
	return shown.join(", ");
}

function textOf(value: unknown): string {
	if (value instanceof Uint8Array) return `${hex(value.subarray(0, SHOWN_SIZE))}…`;
	if (Array.isArray(value)) return `[${value.map(textOf).join("; ")}]`;
	if (typeof value === "object" && value !== null) return `(${fieldsOf(value)})`;
	return String(value);
}

function talk({ type, session, seq, kind, message }: Talk): string {
	const what = kind === "ticket" ? "a ticket" : message.type;
	const verb = type === "said" ? "seals" : "opens";
	return `${verb} ${what} #${seq} of ${session.slice(0, SHOWN_SIZE)}: ${fieldsOf(message)}`;
}

function change(changed: Change): string {
	if (changed.kind === "attempt") {
		const { serial, number, set, pass } = changed.attempt;
		return `attempt ${number} of ${serial}, set ${set}: ${pass ? "pass" : "fail"}`;
	}
	if (changed.kind === "log") {
		const { serial, attempt, size } = changed.log;
		return `the log of attempt ${attempt} of ${serial}, ${size} bytes`;
	}
	const { serial, stage, step, attempt, nextSet } = changed.unit;
	return `${serial} ${stage} at step ${step}, attempt ${attempt}, next set ${nextSet}`;
}

/** @returns who it is about and what happened; `undefined` for what says nothing by itself. */
function lineOf(seen: Seen): readonly [string, string] | undefined {
	switch (seen.type) {
		case "said":
		case "heard":
			return [seen.by, talk(seen)];
		case "committed":
			return seen.changes.length === 0
				? undefined
				: [SERVER, `commits ${seen.changes.map(change).join("; ")}`];
		case "trial": {
			const { serial, attempt, values } = seen.trial;
			return [
				seen.station,
				`tries ${serial}, attempt ${attempt}: ${values.map((v) => v.value).join(" ")}`,
			];
		}
		case "measured":
			return [seen.station, `measures ${seen.readings.map((r) => r.value.toFixed(4)).join(" ")}`];
		case "stopped":
			return [seen.station, "gives the attempt up"];
		case "recorded":
			return [seen.station, "has its unit record"];
		case "power":
			return [seen.party, seen.isOn ? "starts" : "is dead"];
		case "event": {
			const { event, ...rest } = seen.event;
			return [SERVER, `tells ${event}: ${fieldsOf(rest)}`];
		}
		case "console":
			return seen.line.startsWith("@") ? undefined : [seen.station, `says "${seen.line}"`];
		case "fault":
			return ["", `*** ${seen.text}`];
		default:
			return undefined;
	}
}

/** @returns `undefined` for what says nothing by itself. */
export function historyLine(atMs: number, seen: Seen): string | undefined {
	const line = lineOf(seen);
	if (!line) return undefined;
	const [party, text] = line;
	return `${(atMs / 1000).toFixed(3).padStart(9)}  ${nameOf(party).padEnd(10)} ${text}`;
}
