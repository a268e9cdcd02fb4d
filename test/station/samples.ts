/** A state for each mode and an event of each kind, all about the same unit. */
import type { Mode, StationEvent, StationState, StoredUnit } from "../../modules/station/state.js";

export const recipe = { id: "coil", version: 3, digest: new Uint8Array(32).fill(7) };
export const other = { id: "coil", version: 4, digest: new Uint8Array(32).fill(8) };
export const name = { serial: "U-1", visit: 1, step: 1 };
export const elsewhere = { serial: "U-2", visit: 1, step: 1 };
export const proof = new Uint8Array(16).fill(1);
export const ticket = { ...name, proof, from: "line-1.station-1", to: "line-1.station-2" };
export const readings = [{ name: "current", value: 12.5 }];
export const unit: StoredUnit = { ...name, proof, result: undefined };
export const result = { attempt: 1, recipe, set: 0, readings, durationMs: 80 };
export const trial = { number: 1, attempt: 2, set: 1, recipe };

export const states: { [M in Mode]: StationState } = {
	idle: { mode: "idle", halt: "none", unit: undefined, trial: undefined, orders: 1 },
	arrived: { mode: "arrived", halt: "none", unit, trial: undefined, orders: 1 },
	running: { mode: "running", halt: "none", unit: { ...unit, result }, trial, orders: 1 },
	judging: { mode: "judging", halt: "none", unit: { ...unit, result }, trial, orders: 1 },
	releasing: { mode: "releasing", halt: "none", unit: { ...unit, result }, trial, orders: 1 },
	rejecting: { mode: "rejecting", halt: "none", unit: { ...unit, result }, trial, orders: 1 },
};

export function start(change: object = {}): StationEvent {
	const message = {
		type: "start",
		...name,
		attempt: 1,
		set: 0,
		recipe,
		journal: 9,
		replyTo: 4,
	} as const;
	return {
		type: "start",
		message: { ...message, ...change },
		fresh: true,
		file: "ready",
	};
}

export function verdict(pass: boolean, attempt = 1, unitName = name): StationEvent {
	return { type: "verdict", message: { type: "verdict", ...unitName, attempt, pass, journal: 9 } };
}

export const events: { [T in StationEvent["type"]]: StationEvent } = {
	ticket: { type: "ticket", ticket },
	start: start(),
	verdict: verdict(true),
	handover: {
		type: "handover",
		message: { type: "handover", ...name, to: "line-1.station-3", ticket: new Uint8Array(100) },
	},
	wait: { type: "wait", message: { type: "wait", ...name } },
	closed: { type: "closed", message: { type: "closed", ...name, journal: 9 } },
	reject: { type: "reject", message: { type: "reject", ...name, journal: 9 } },
	abort: { type: "abort", message: { type: "abort", ...name } },
	hold: { type: "hold" },
	silence: { type: "silence" },
	resume: { type: "resume", fresh: true },
	measured: { type: "measured", trial: 1, readings, durationMs: 80 },
	"no-set": { type: "no-set", trial: 1 },
	unreadable: { type: "unreadable", trial: 1 },
	fault: { type: "fault", trial: 1, code: "fixture-fault", text: "no contact" },
};
