/** Reads a measurement log back from a plant's database. */
import { type LogShown, logShown } from "./log-shown.js";
import { OperationError } from "./operations.js";
import { storedFile } from "./store/pieces.js";
import type { Store } from "./store/store.js";

/**
 * The log of an attempt as a stream of its bytes; a few pieces are in memory at a time.
 *
 * @throws OperationError `unknown`: no such unit, attempt or log; `state`: some of it is still at the station. StoreError.
 */
export async function readLog(
	store: Store,
	serial: string,
	attempt: number,
): Promise<{ readonly log: LogShown; readonly bytes: AsyncIterable<Uint8Array> }> {
	const { isUnit, isAttempt, log } = await store.read(async (tx) => ({
		isUnit: (await tx.unit(serial)) !== undefined,
		isAttempt: (await tx.attempt(serial, attempt)) !== undefined,
		log: (await tx.logs(serial)).find((each) => each.attempt === attempt),
	}));
	if (!isUnit) throw new OperationError("unknown", `${serial}: no such unit here`);
	if (!isAttempt) throw new OperationError("unknown", `${serial}: there is no attempt ${attempt}`);
	if (!log) throw new OperationError("unknown", `${serial}: no log of attempt ${attempt} is here`);
	const shown = logShown(log);
	if (log.keptMs === undefined)
		throw new OperationError(
			"state",
			`${serial}: of the log of attempt ${attempt} ${shown.received} of ${log.size} bytes are here, ` +
				"the rest is still at the station",
		);
	return { log: shown, bytes: storedFile(store, log.file, log.size) };
}
