/** The store's queries about the last start of each board (queries.ts has the others). */
import type { Kysely } from "kysely";
import type { Tables } from "./schema.js";
import type { StartRow } from "./store.js";

export async function findStart(
	db: Kysely<Tables>,
	station: string,
): Promise<StartRow | undefined> {
	const row = await db
		.selectFrom("last_start")
		.selectAll()
		.where("station", "=", station)
		.executeTakeFirst();
	return row && { station, boot: row.boot, reset: row.reset ?? undefined, atMs: row.at_ms };
}

export async function putStart(db: Kysely<Tables>, row: StartRow): Promise<void> {
	const { station, boot, reset = null, atMs } = row;
	const columns = { boot, reset, at_ms: atMs };
	await db
		.insertInto("last_start")
		.values({ station, ...columns })
		.onConflict((conflict) => conflict.column("station").doUpdateSet(columns))
		.execute();
}
