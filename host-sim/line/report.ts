/** The end of a run: the object that `interlock line --json` ends with, and the same as tables. */
import type { BoardKind } from "../board-kind.js";
import type { Instructions, Memory } from "./events.js";
import { memoryCell, ramTable } from "./memory.js";
import { bytes, table } from "./table.js";
import type { LineView } from "./view.js";

export type Outcome =
	/** Every unit passed or was rejected. */
	| "complete"
	/** Somebody asked the line to stop. */
	| "interrupted"
	/** A process could not be kept running. */
	| "failed"
	/** Nothing moved for too long, or all that is left is held. */
	| "stalled";

export interface UnitReport {
	readonly serial: string;
	/** `held` and `open` only where the outcome of the run is not `complete`. */
	readonly outcome: "passed" | "rejected" | "held" | "open";
	/** By station, in route order. */
	readonly attempts: Readonly<Record<string, number>>;
	/** From its arrival at the first station to the end; not there for what happened in an earlier run. */
	readonly durationMs?: number;
}

export interface StationReport {
	readonly id: string;
	readonly board: BoardKind;
	readonly engine: string;
	/** `undefined` where the station never reported it. */
	readonly memory: Memory | undefined;
	readonly messages: number;
	readonly bytesSealed: number;
	readonly restarts: number;
	/** Why it last started anew by itself, where it said so. */
	readonly resetReason?: string;
	/** By PackML state, where they were counted. */
	readonly instructions?: Readonly<Record<string, Instructions>>;
}

export interface LineReport {
	readonly outcome: Outcome;
	readonly seed: number;
	readonly durationMs: number;
	readonly units: readonly UnitReport[];
	readonly stations: readonly StationReport[];
}

export function makeReport(
	view: LineView,
	options: { outcome: Outcome; engine: string; nowMs: number },
): LineReport {
	return {
		outcome: options.outcome,
		seed: view.seed,
		durationMs: Math.round(options.nowMs - view.startedAtMs),
		units: [...view.units.values()].map((unit) => ({
			serial: unit.serial,
			outcome: unit.outcome ?? "open",
			attempts: Object.fromEntries(
				[...view.stations.keys()].map((id) => [id, unit.attempts.get(id) ?? 0]),
			),
			...(unit.startedAtMs === undefined || unit.endedAtMs === undefined
				? {}
				: { durationMs: Math.round(unit.endedAtMs - unit.startedAtMs) }),
		})),
		stations: [...view.stations.values()].map((station) => ({
			id: station.id,
			board: station.board,
			engine: options.engine,
			memory: station.memory,
			messages: station.messages,
			bytesSealed: station.bytesSealed,
			restarts: station.restarts,
			...(station.resetReason === undefined ? {} : { resetReason: station.resetReason }),
			...(station.instructions.byState.size === 0
				? {}
				: { instructions: Object.fromEntries(station.instructions.byState) }),
		})),
	};
}

const ENDINGS: Readonly<Record<Outcome, string>> = {
	complete: "every unit is accounted for",
	interrupted: "interrupted; not every unit is accounted for",
	failed: "a process could not be kept running",
	stalled: "nothing moved any more; not every unit is accounted for",
};

/** Millions of instructions at work, by state; `undefined` where they were not counted. */
function instructionTable(stations: readonly StationReport[]): string | undefined {
	const counted = stations.filter(({ instructions }) => instructions !== undefined);
	if (counted.length === 0) return undefined;
	const states = [
		...new Set(counted.flatMap(({ instructions }) => Object.keys(instructions ?? {}))),
	];
	return table(
		["10^6 instructions", ...states.map((state) => `>${state}`), ">all"],
		counted.map(({ id, instructions = {} }) => {
			const busy = states.map((state) => instructions[state]?.busy ?? 0);
			const all = busy.reduce((sum, each) => sum + each, 0);
			return [id, ...[...busy, all].map((count) => (count / 1e6).toFixed(1))];
		}),
	);
}

export function reportText(report: LineReport): string {
	if (report.units.length === 0) return `${report.outcome} before the line was ready to start`;
	const ids = report.stations.map(({ id }) => id);
	const attemptsAt = (id: string) =>
		report.units.reduce((sum, unit) => sum + (unit.attempts[id] ?? 0), 0);
	const units = table(
		["unit", "outcome", ...ids.map((id) => `>${id}`), ">attempts", ">time"],
		report.units.map((unit) => [
			unit.serial,
			unit.outcome,
			...ids.map((id) => String(unit.attempts[id] || "-")),
			String(Object.values(unit.attempts).reduce((sum, count) => sum + count, 0)),
			unit.durationMs === undefined ? "-" : `${(unit.durationMs / 1000).toFixed(2)} s`,
		]),
	);
	const stations = table(
		["station", "board", "engine", ">attempts", ">messages", ">sealed", ">memory", ">restarts"],
		report.stations.map((station) => [
			station.id,
			station.board,
			station.engine,
			String(attemptsAt(station.id)),
			String(station.messages),
			bytes(station.bytesSealed),
			station.memory === undefined ? "-" : memoryCell(station.memory),
			String(station.restarts),
		]),
	);
	const counts = ["passed", "rejected", "held", "open"]
		.map((outcome) => [report.units.filter((unit) => unit.outcome === outcome).length, outcome])
		.filter(([count]) => count !== 0)
		.map(([count, outcome]) => `${count} ${outcome}`);
	const more = [ramTable(report.stations), instructionTable(report.stations)];
	return [
		units,
		"",
		stations,
		"",
		...more.flatMap((text) => (text === undefined ? [] : [text, ""])),
		`${counts.join(", ")} in ${(report.durationMs / 1000).toFixed(1)} s, seed ${report.seed}: ${ENDINGS[report.outcome]}`,
	].join("\n");
}
