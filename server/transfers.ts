/**
 * How far transfers are, for people: an event at most twice a second for each station and direction, and, for files on
 * their way down, a row of the database about once a second, which `line status` shows. How far a log is, the store
 * knows anyway (logs.ts).
 *
 * Nothing depends on it: a row that could not be written is written with the next block.
 */
import type { Clock } from "../modules/ports/clock.js";
import type { OnEvent, Transfer } from "./events.js";
import type { DownloadRow } from "./store/store.js";

const TELL_MS = 500;
const SAVE_MS = 1000;

export interface TransfersOptions {
	readonly clock: Clock;
	/** Milliseconds since 1970-01-01. */
	readonly timeMs: () => number;
	readonly onEvent: OnEvent;
	/** Writes a row; its failure is the caller's to tell. */
	readonly save: (row: DownloadRow) => Promise<void>;
}

interface Told {
	tellMs: number;
	saveMs: number;
	isSaving: boolean;
}

export class Transfers {
	readonly #options: TransfersOptions;
	/** By direction and station; no more than there are stations, twice. */
	readonly #told = new Map<string, Told>();

	constructor(options: TransfersOptions) {
		this.#options = options;
	}

	/** A transfer has moved, or is complete (`done` is `of`), which is always told. @throws what `save` does. */
	async moved(transfer: Transfer): Promise<void> {
		const { clock, onEvent, timeMs, save } = this.#options;
		const nowMs = clock.nowMs();
		const told = this.#toldOf(`${transfer.direction} ${transfer.station}`);
		const isComplete = transfer.done >= transfer.of;
		if (isComplete || nowMs >= told.tellMs) {
			told.tellMs = nowMs + TELL_MS;
			onEvent({ event: "transfer", ...transfer });
		}
		const isDue = isComplete || nowMs >= told.saveMs;
		if (transfer.direction === "up" || told.isSaving || !isDue) return;
		told.saveMs = nowMs + SAVE_MS;
		told.isSaving = true;
		try {
			const { direction: _direction, ...row } = transfer;
			await save({ ...row, atMs: timeMs() });
		} finally {
			told.isSaving = false;
		}
	}

	#toldOf(key: string): Told {
		const never = Number.NEGATIVE_INFINITY;
		const told = this.#told.get(key) ?? { tellMs: never, saveMs: never, isSaving: false };
		this.#told.set(key, told);
		return told;
	}
}
