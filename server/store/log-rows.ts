/** The store's queries about measurement logs (queries.ts has the others). */
import type { Kysely, Selectable } from "kysely";
import { bytes } from "./rows.js";
import type { Tables } from "./schema.js";
import type { StoredLog } from "./store.js";

export async function findLog(
	db: Kysely<Tables>,
	digest: Uint8Array,
): Promise<StoredLog | undefined> {
	const row = await db
		.selectFrom("log")
		.selectAll()
		.where("digest", "=", digest)
		.executeTakeFirst();
	return row && logValue(row);
}

export async function logsOf(db: Kysely<Tables>, serial: string): Promise<StoredLog[]> {
	const rows = await db
		.selectFrom("log")
		.selectAll()
		.where("serial", "=", serial)
		.orderBy("attempt")
		.execute();
	return rows.map(logValue);
}

export async function addLog(db: Kysely<Tables>, log: StoredLog): Promise<void> {
	const { cut, contentKey, keptMs, ...same } = log;
	const others = { cut: cut ? 1 : 0, content_key: contentKey ?? null, kept_ms: keptMs ?? null };
	await db
		.insertInto("log")
		.values({ ...same, ...others })
		.execute();
}

export async function putLog(
	db: Kysely<Tables>,
	digest: Uint8Array,
	received: number,
	keptMs: number | undefined,
): Promise<void> {
	const ended = keptMs === undefined ? {} : { kept_ms: keptMs, content_key: null };
	await db
		.updateTable("log")
		.set({ received, ...ended })
		.where("digest", "=", digest)
		.executeTakeFirstOrThrow();
}

function logValue(row: Selectable<Tables["log"]>): StoredLog {
	const { digest, cut, opening, content_key, kept_ms, ...same } = row;
	return {
		...same,
		digest: bytes(digest),
		opening: bytes(opening),
		cut: cut === 1,
		contentKey: bytes(content_key),
		keptMs: kept_ms ?? undefined,
	};
}
