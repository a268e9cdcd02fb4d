/** What host-sim/flash-inspect.ts finds in a flash image: plain values, free of secrets. */
import type { BoardConfig } from "../modules/station/config.js";
import type { Floors } from "../modules/station/journal.js";
import type { Slot } from "../modules/station/library-record.js";
import type { Mode } from "../modules/station/state.js";
import type { Entry } from "./flash-table.js";

export interface FlashContents {
	readonly file: string;
	/** Of the file, in bytes. */
	readonly size: number;
	/** The process of the board that runs on it; what is shown is then one moment of it. */
	readonly inUseBy: number | undefined;
	readonly partitions: readonly Entry[];
	/** Private keys: their names and sizes in bytes. */
	readonly keys: readonly { readonly name: string; readonly size: number }[];
	readonly log: LogSummary;
	/** Key-value records, by domain. */
	readonly domains: Readonly<Record<string, readonly { key: string; size: number }[]>>;
	/** `undefined`: not enrolled. */
	readonly board: Omit<BoardConfig, "password"> | undefined;
	/** Those in use: where the server sent newer ones, these. */
	readonly credentials: readonly CredentialSummary[];
	readonly boots: number;
	/** The highest journal number of the server's that was stored. */
	readonly journal: number;
	readonly floors: Floors;
	readonly unit: UnitSummary | undefined;
	readonly slots: readonly SlotSummary[];
	/** By recipe: no lower version runs here again. */
	readonly versionFloors: Readonly<Record<string, number>>;
}

export interface LogSummary {
	readonly used: number;
	readonly size: number;
	/** Offset in the partition of a record that was cut off, which does not count. */
	readonly cutOffAt: number | undefined;
}

export interface CredentialSummary {
	readonly subject: string;
	readonly epoch: number;
	readonly notBeforeS: number;
	readonly expiresS: number;
	/** The domain it lies in. */
	readonly from: "config" | "state";
}

export interface UnitSummary {
	readonly mode: Mode;
	/** From 1. */
	readonly visit: number;
	/** 0-based place on the route. */
	readonly step: number;
	/** The last one measured; `undefined` before that. */
	readonly attempt: number | undefined;
}

export interface SlotSummary {
	readonly slot: string;
	/** `undefined`: empty. */
	readonly recipe: Slot | undefined;
	/** Of the sealed file, in bytes, and its segments; `undefined` where there is no head yet. */
	readonly size: number | undefined;
	readonly segments: number | undefined;
}
