/** A measurement log as people see it: how large it is and how far it has come. Pure. */
import type { StoredLog } from "./store/store.js";

export interface LogShown {
	readonly attempt: number;
	/** Bytes of the whole log, and how many of them are here. */
	readonly size: number;
	readonly received: number;
	/** The station had no room for more. */
	readonly cut: boolean;
	/** When all of it was here; `undefined` while some is missing. */
	readonly keptMs: number | undefined;
}

export function logShown(log: StoredLog): LogShown {
	const { attempt, size, segments, cut, keptMs } = log;
	const received = Math.min(size, log.received * Math.ceil(size / segments));
	return { attempt, size, received, cut, keptMs };
}
