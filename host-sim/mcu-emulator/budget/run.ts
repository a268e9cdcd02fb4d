/**
 * One station's standard work, mark by mark: power-on, session, a parameter file, a unit with all its attempts, rest.
 *
 * A mark is a line of the console behind which the chip says how many instructions it has run (`@instructions`).
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { StationEvent, StationProcess } from "../../station-process.js";
import type { Scene } from "./scene.js";

/** Counted, an emulated station takes some seconds for each part. */
const PATIENCE_MS = 240_000;
const LOOK_MS = 50;

export class RunError extends Error {
	override readonly name = "RunError";
}

export interface Mark {
	/** What the console said. */
	readonly line: string;
	/** Instructions since power-on, without those in which the chip slept. */
	readonly busy: number;
}

export type Memory = Extract<StationEvent, { kind: "memory" }>;

export interface Run {
	readonly marks: readonly Mark[];
	/** In the order in which they came. */
	readonly memory: readonly Memory[];
}

/** What a station said, in order. */
class Heard {
	readonly marks: Mark[] = [];
	readonly memory: Memory[] = [];
	readonly lines = new Set<string>();
	/** Why it began anew, where it did. */
	restart: string | undefined;
	#last = "";

	readonly event = (event: StationEvent): void => {
		if (event.kind === "memory") this.memory.push(event);
		if (event.kind === "reset" && event.reason !== "power-on") this.restart = event.reason;
		if (event.kind === "instructions") this.marks.push({ line: this.#last, busy: event.busy });
		if (event.kind !== "log") return;
		this.#last = event.line;
		this.lines.add(event.line);
	};
}

export interface Work {
	readonly units: readonly string[];
	/** Waits for so many more reports of its memory when everything is done. */
	readonly reports: number;
}

/**
 * Runs the station until the units have left and the reports have come, then ends it.
 *
 * @param start - starts it, on a flash image of the scene.
 * @throws {@link RunError} where it does not get that far.
 */
export async function runStation(
	scene: Scene,
	start: (onEvent: (event: StationEvent) => void) => StationProcess,
	{ units, reports }: Work,
): Promise<Run> {
	const heard = new Heard();
	const station = start(heard.event);
	let ended: string | undefined;
	void station.exited.then(({ code, signal, message }) => {
		ended = message || String(code ?? signal);
	});
	const until = async (what: string, isDone: () => boolean | Promise<boolean>) => {
		const endMs = performance.now() + PATIENCE_MS;
		while (!(await isDone())) {
			if (heard.restart) throw new RunError(`${what}: the chip restarted: ${heard.restart}`);
			if (ended !== undefined) throw new RunError(`${what}: the station ended: ${ended}`);
			if (performance.now() > endMs) throw new RunError(`${what} does not come to an end`);
			await sleep(LOOK_MS);
		}
	};
	try {
		await until("the file", () => heard.lines.has("file complete"));
		for (const unit of units) {
			await scene.send(unit);
			await until(unit, scene.isDone);
		}
		const { length } = heard.memory;
		await until("the report of its memory", () => heard.memory.length >= length + reports);
	} finally {
		station.kill();
		await station.exited;
	}
	return heard;
}
