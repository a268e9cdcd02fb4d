/** Part of the second migration: the texts of the recipes, which were one value each, become files in pieces. */
import { createHash } from "node:crypto";
import { type Kysely, sql } from "kysely";
import { bytes } from "./rows.js";
import type { Tables } from "./schema.js";

/** Never to change: a migration has been released. */
const PIECE_SIZE = 64 * 1024;

/** One text is in memory at a time. */
export async function textIntoPieces(db: Kysely<Tables>): Promise<void> {
	const recipes = await db
		.selectFrom("recipe")
		.select(["position", "released_ms"])
		.orderBy("position")
		.execute();
	for (const { position, released_ms } of recipes) {
		const found = await sql<{ text: Uint8Array }>`
			select text from recipe where position = ${position}`.execute(db);
		const text = bytes((found.rows[0] as { text: Uint8Array }).text);
		const { id } = await db
			.insertInto("file")
			.values({ created_ms: released_ms })
			.returning("id")
			.executeTakeFirstOrThrow();
		for (let at = 0; at < text.length; at += PIECE_SIZE)
			await db
				.insertInto("piece")
				.values({ file: id, number: at / PIECE_SIZE, bytes: text.subarray(at, at + PIECE_SIZE) })
				.execute();
		const text_digest = createHash("sha256").update(text).digest();
		// The text goes now, so that dropping its column has nothing left to copy.
		await sql`update recipe set text = ${new Uint8Array()}, file = ${id}, size = ${text.length},
			text_digest = ${text_digest} where position = ${position}`.execute(db);
	}
}
