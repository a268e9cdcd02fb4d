/**
 * What happens on a simulated line, as plain values: the lines that `interlock line --json` prints, and what
 * the live display is made from. Stations go by their short names here (`station-1`).
 *
 * The server's own events (server/events.ts) pass through unchanged but for the stations' names.
 */
import type { ServerEvent } from "../../server/events.js";
import type { BoardKind } from "../board-kind.js";
import type { ChipMemory } from "../station-events.js";

export interface Memory {
	/** Slots in use now, in RAM. */
	readonly slots: number;
	readonly chunkBytes: number;
	/** What a board keeps in flash: built-ins and modules. */
	readonly baseSlots: number;
	readonly baseChunkBytes: number;
	/** What the engine has taken of the board's budget. */
	readonly reservedBytes?: number;
	/** All of the RAM, by owner, where the board is an emulated chip. */
	readonly chip?: ChipMemory;
}

/** Instructions since a chip started: at work, and while it waited. */
export interface Instructions {
	readonly busy: number;
	readonly idle: number;
}

export type LineEvent =
	| {
			readonly event: "line";
			readonly seed: number;
			readonly stations: readonly string[];
			/** Of the stations, in the same order. */
			readonly boards: readonly BoardKind[];
			readonly units: readonly string[];
			readonly broker: string;
	  }
	| {
			readonly event: "process";
			/** `broker`, `server` or a station. */
			readonly process: string;
			readonly state: "started" | "ended" | "given-up";
			readonly pid?: number | undefined;
			readonly code?: number | null;
			readonly signal?: string | null;
			readonly restartInMs?: number;
	  }
	/** A line that a process wrote for people. */
	| { readonly event: "log"; readonly process: string; readonly line: string }
	| ({ readonly event: "memory"; readonly station: string } & Memory)
	| {
			readonly event: "counters";
			readonly station: string;
			/** Control messages sealed since the process started. */
			readonly messages: number;
			readonly bytesSealed: number;
	  }
	/** A chip begins anew by itself, or at power-on, and why. */
	| { readonly event: "reset"; readonly station: string; readonly reason: string }
	| ({ readonly event: "instructions"; readonly station: string } & Instructions)
	/** So many finished logs in a station's flash wait for the server. */
	| { readonly event: "logs"; readonly station: string; readonly waiting: number }
	| ServerEvent;

/** Every event of one name. */
export type EventOf<Name extends LineEvent["event"]> = Extract<LineEvent, { event: Name }>;
