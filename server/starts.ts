/**
 * When and why each station last started, for people: a row of the database for each, which `line status` shows, and an
 * event, once for each start of a board, however often it says so and however often the server itself is started.
 *
 * A start is a boot count with its reason: a board that was replaced counts from 1 again. Nothing depends on it: what could
 * not be stored is stored with the next `ready`.
 */
import { Limiter, type Rate } from "../modules/channel/limiter.js";
import type { Clock } from "../modules/ports/clock.js";
import type { OnEvent } from "./events.js";
import type { StartRow, Store } from "./store/store.js";

/** Of one station: more than a board manages, and not enough for a stolen one to keep the disk busy. */
const START_RATE: Rate = { burst: 16, perSecond: 1 };

export interface StartsOptions {
	readonly store: Store;
	readonly fence: number;
	readonly clock: Clock;
	/** Milliseconds since 1970-01-01. */
	readonly timeMs: () => number;
	readonly onEvent: OnEvent;
}

type Start = Pick<StartRow, "boot"> & { readonly reset?: string | undefined };

interface Seen {
	readonly rate: Limiter;
	/** Stored already. */
	last: Start | undefined;
}

export class Starts {
	readonly #options: StartsOptions;
	/** By station: no more than there are on the route. */
	readonly #seen = new Map<string, Seen>();

	constructor(options: StartsOptions) {
		this.#options = options;
	}

	/** A station has said how it started; one report of a station at a time. @throws StoreError. */
	async reported(station: string, { boot, reset }: Start): Promise<void> {
		const { clock, timeMs, onEvent } = this.#options;
		const seen = this.#seenOf(station);
		if (isSame(seen.last, { boot, reset }) || !seen.rate.take(clock.nowMs())) return;
		const isNew = await this.#keep({ station, boot, reset, atMs: timeMs() });
		seen.last = { boot, reset };
		if (isNew) onEvent({ event: "started", station, boot, ...(reset !== undefined && { reset }) });
	}

	/** @returns false where it is there already. */
	async #keep(row: StartRow): Promise<boolean> {
		const { store, fence } = this.#options;
		return await store.write(async (tx) => {
			if (isSame(await tx.lastStart(row.station), row)) return false;
			await tx.putLastStart(row);
			return true;
		}, fence);
	}

	#seenOf(station: string): Seen {
		const rate = new Limiter(START_RATE, this.#options.clock.nowMs());
		const seen = this.#seen.get(station) ?? { rate, last: undefined };
		this.#seen.set(station, seen);
		return seen;
	}
}

function isSame(known: Start | undefined, { boot, reset }: Start): boolean {
	return known !== undefined && known.boot === boot && known.reset === reset;
}
