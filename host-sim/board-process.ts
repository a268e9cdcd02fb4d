/** What a simulated board's process has in common, whatever kind of board it is (board-kind.ts). */
import type { StationEvent } from "./station-events.js";

export interface StationExit {
	/** `null` where a signal ended it. */
	readonly code: number | null;
	readonly signal: NodeJS.Signals | null;
	/** Why it ended, in its own words; empty after a clean stop. */
	readonly message: string;
}

export interface CommonStationOptions {
	/** The board's flash image. */
	readonly flash: string;
	/** For simulated devices only: what the module "host-options" exports. */
	readonly options?: Readonly<Record<string, string>>;
	/** The main module's name; default "main". */
	readonly main?: string;
	/** Between two measurements of its memory, 1 to 3,600,000; default 1,000. Each collects garbage. */
	readonly memoryPeriodMs?: number;
	/** Cuts the power in the middle of this write to flash since the start, from 1. */
	readonly crashAtFlashWrite?: number;
	/** Characters of a console line that are kept; 4,096. */
	readonly lineMax?: number;
	/** Called for every console line, in order, and not after `exited` settled. */
	readonly onEvent?: (event: StationEvent) => void;
}

export interface StationProcess {
	/** `undefined` where the process could not be started. */
	readonly pid: number | undefined;
	/** Settles once, when the process has ended and all its events were told; never rejects. */
	readonly exited: Promise<StationExit>;
	/** Asks for a clean stop; may be called twice. A chip knows none: its power is switched off. */
	stop(): void;
	/** Cuts the power. */
	kill(): void;
	/**
	 * Pulls the cable from the network card, or puts it back: nothing passes meanwhile, and no connection is told. Only
	 * a chip has one; a Linux board uses this machine's own network, which nobody but root can cut. Rejects where the chip
	 * is gone.
	 */
	cutNetwork?(isCut: boolean): Promise<void>;
}
