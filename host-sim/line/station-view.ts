/** What one station of a run looks like so far (view.ts). */
import type { BoardKind } from "../board-kind.js";
import type { EventOf, Memory } from "./events.js";
import { InstructionTally } from "./tally.js";

export interface StationView {
	readonly id: string;
	readonly board: BoardKind;
	/** Of its process. */
	process: "starting" | "running" | "restarting" | "given up";
	/** PackML state. */
	state: string;
	serial: string | undefined;
	/** Attempts of the present unit at this station. */
	attempts: number;
	last: "pass" | "fail" | undefined;
	/** Over all units of this run. */
	passed: number;
	rejected: number;
	restarts: number;
	/** Why it last started anew by itself, where it said so. */
	resetReason: string | undefined;
	refusals: number;
	/** Finished logs in its flash that the server has yet to keep. */
	logsWaiting: number;
	memory: Memory | undefined;
	readonly instructions: InstructionTally;
	messages: number;
	bytesSealed: number;
	/** The file that is on its way, if there is one. */
	transfer: Pick<EventOf<"transfer">, "direction" | "done" | "of"> | undefined;
}

export function newStation(id: string, board: BoardKind): StationView {
	return {
		id,
		board,
		process: "starting",
		state: "",
		serial: undefined,
		attempts: 0,
		last: undefined,
		passed: 0,
		rejected: 0,
		restarts: 0,
		resetReason: undefined,
		refusals: 0,
		logsWaiting: 0,
		memory: undefined,
		instructions: new InstructionTally(),
		messages: 0,
		bytesSealed: 0,
		transfer: undefined,
	};
}
