/**
 * Tables and migrations, written with the query builder so that they hold on another database too.
 *
 * Times are milliseconds since 1970-01-01. A migration, once released, is never changed: add another.
 */
import type { Generated, Kysely } from "kysely";
import { sql } from "kysely";
import { textIntoPieces } from "./text-into-pieces.js";

export interface Tables {
	journal: {
		number: Generated<number>;
		at_ms: number;
		kind: string;
		station: string | null;
		serial: string | null;
		/** JSON. */
		data: string;
	};
	unit: {
		/** Order of release. */
		position: Generated<number>;
		serial: string;
		line: string;
		visit: number;
		step: number;
		stage: string;
		proof: Uint8Array | null;
		arrival_proof: Uint8Array | null;
		recipe_id: string | null;
		recipe_version: number | null;
		recipe_digest: Uint8Array | null;
		attempt: number;
		next_set: number;
		reason: string | null;
		released_ms: number;
		ended_ms: number | null;
	};
	attempt: {
		serial: string;
		number: number;
		visit: number;
		step: number;
		station: string;
		recipe_id: string;
		recipe_version: number;
		digest: Uint8Array;
		value_set: number;
		/** JSON: [[name, value], ...] */
		readings: string;
		duration_ms: number;
		pass: number;
		at_ms: number;
	};
	recipe: {
		/** Order of release. */
		position: Generated<number>;
		station: string;
		id: string;
		version: number;
		limits: string;
		sets: number;
		attempts_max: number | null;
		released_ms: number;
		file: number;
		/** Bytes of the file. */
		size: number;
		/** SHA-256 of the file. */
		text_digest: Uint8Array;
	};
	envelope: {
		position: Generated<number>;
		digest: Uint8Array;
		station: string;
		id: string;
		version: number;
		recipient_epoch: number;
		signer_epoch: number;
		head: Uint8Array;
		segments: number;
		/** Null in what was sealed before there was a second migration. */
		content_key: Uint8Array | null;
	};
	file: { id: Generated<number>; created_ms: number };
	/** Of {@link PIECE_SIZE} bytes, the last of a file shorter. */
	piece: { file: number; number: number; bytes: Uint8Array };
	download: {
		station: string;
		recipe_id: string;
		version: number;
		done: number;
		segments: number;
		bytes: number;
		at_ms: number;
	};
	log: {
		digest: Uint8Array;
		serial: string;
		attempt: number;
		station: string;
		visit: number;
		step: number;
		size: number;
		segments: number;
		received: number;
		cut: number;
		opening: Uint8Array;
		content_key: Uint8Array | null;
		file: number;
		kept_ms: number | null;
	};
	last_start: {
		station: string;
		boot: number;
		/** Null where the station did not say. */
		reset: string | null;
		at_ms: number;
	};
	meta: { key: string; value: string };
}

type Migration = (db: Kysely<Tables>) => Promise<void>;

/** In order; the database's version is how many of them it has seen. */
export const MIGRATIONS: readonly Migration[] = [first, filesInPieces, logs, downloads, starts];

async function first(db: Kysely<Tables>): Promise<void> {
	const { schema } = db;
	await schema
		.createTable("journal")
		.addColumn("number", "integer", (c) => c.primaryKey().autoIncrement())
		.addColumn("at_ms", "bigint", (c) => c.notNull())
		.addColumn("kind", "text", (c) => c.notNull())
		.addColumn("station", "text")
		.addColumn("serial", "text")
		.addColumn("data", "text", (c) => c.notNull())
		.execute();
	await schema
		.createTable("unit")
		.addColumn("position", "integer", (c) => c.primaryKey().autoIncrement())
		.addColumn("serial", "text", (c) => c.notNull().unique())
		.addColumn("line", "text", (c) => c.notNull())
		.addColumn("visit", "integer", (c) => c.notNull())
		.addColumn("step", "integer", (c) => c.notNull())
		.addColumn("stage", "text", (c) => c.notNull())
		.addColumn("proof", "blob")
		.addColumn("arrival_proof", "blob")
		.addColumn("recipe_id", "text")
		.addColumn("recipe_version", "integer")
		.addColumn("recipe_digest", "blob")
		.addColumn("attempt", "bigint", (c) => c.notNull())
		.addColumn("next_set", "bigint", (c) => c.notNull())
		.addColumn("reason", "text")
		.addColumn("released_ms", "bigint", (c) => c.notNull())
		.addColumn("ended_ms", "bigint")
		.execute();
	await schema
		.createIndex("unit_stage")
		.on("unit")
		.columns(["line", "stage", "step", "position"])
		.execute();
	// A station has one place: the database itself refuses a second unit at the same step.
	await sql`create unique index unit_place on unit (line, step)
		where stage in ('working', 'passed', 'held')`.execute(db);
	await schema
		.createTable("attempt")
		.addColumn("serial", "text", (c) => c.notNull().references("unit.serial"))
		.addColumn("number", "bigint", (c) => c.notNull())
		.addColumn("visit", "integer", (c) => c.notNull())
		.addColumn("step", "integer", (c) => c.notNull())
		.addColumn("station", "text", (c) => c.notNull())
		.addColumn("recipe_id", "text", (c) => c.notNull())
		.addColumn("recipe_version", "integer", (c) => c.notNull())
		.addColumn("digest", "blob", (c) => c.notNull())
		.addColumn("value_set", "bigint", (c) => c.notNull())
		.addColumn("readings", "text", (c) => c.notNull())
		.addColumn("duration_ms", "bigint", (c) => c.notNull())
		.addColumn("pass", "integer", (c) => c.notNull())
		.addColumn("at_ms", "bigint", (c) => c.notNull())
		.addPrimaryKeyConstraint("attempt_number", ["serial", "number"])
		.execute();
	await firstFiles(db);
}

async function firstFiles({ schema }: Kysely<Tables>): Promise<void> {
	await schema
		.createTable("recipe")
		.addColumn("position", "integer", (c) => c.primaryKey().autoIncrement())
		.addColumn("station", "text", (c) => c.notNull())
		.addColumn("id", "text", (c) => c.notNull())
		.addColumn("version", "integer", (c) => c.notNull())
		.addColumn("text", "blob", (c) => c.notNull())
		.addColumn("limits", "text", (c) => c.notNull())
		.addColumn("sets", "bigint", (c) => c.notNull())
		.addColumn("attempts_max", "bigint")
		.addColumn("released_ms", "bigint", (c) => c.notNull())
		.addUniqueConstraint("recipe_version", ["station", "id", "version"])
		.execute();
	await schema
		.createTable("envelope")
		.addColumn("position", "integer", (c) => c.primaryKey().autoIncrement())
		.addColumn("digest", "blob", (c) => c.notNull().unique())
		.addColumn("station", "text", (c) => c.notNull())
		.addColumn("id", "text", (c) => c.notNull())
		.addColumn("version", "integer", (c) => c.notNull())
		.addColumn("recipient_epoch", "integer", (c) => c.notNull())
		.addColumn("signer_epoch", "integer", (c) => c.notNull())
		.addColumn("head", "blob", (c) => c.notNull())
		.addColumn("segments", "bigint", (c) => c.notNull())
		.addForeignKeyConstraint("envelope_recipe", ["station", "id", "version"], "recipe", [
			"station",
			"id",
			"version",
		])
		.execute();
	await schema
		.createIndex("envelope_of")
		.on("envelope")
		.columns(["station", "id", "version"])
		.execute();
	await schema
		.createTable("segment")
		.addColumn("digest", "blob", (c) => c.notNull().references("envelope.digest"))
		.addColumn("number", "bigint", (c) => c.notNull())
		.addColumn("bytes", "blob", (c) => c.notNull())
		.addPrimaryKeyConstraint("segment_number", ["digest", "number"])
		.execute();
	await schema
		.createTable("meta")
		.addColumn("key", "text", (c) => c.primaryKey())
		.addColumn("value", "text", (c) => c.notNull())
		.execute();
}

/** A file lies in pieces, and segments are no longer kept: docs/decisions/0014-segments-are-sealed-when-asked-for.md. */
async function filesInPieces(db: Kysely<Tables>): Promise<void> {
	const { schema } = db;
	await schema
		.createTable("file")
		.addColumn("id", "integer", (c) => c.primaryKey().autoIncrement())
		.addColumn("created_ms", "bigint", (c) => c.notNull())
		.execute();
	await schema
		.createTable("piece")
		.addColumn("file", "integer", (c) => c.notNull().references("file.id"))
		.addColumn("number", "integer", (c) => c.notNull())
		.addColumn("bytes", "blob", (c) => c.notNull())
		.addPrimaryKeyConstraint("piece_number", ["file", "number"])
		.execute();
	// A column that refers to another table cannot be added with a value: every row gets one below.
	await schema
		.alterTable("recipe")
		.addColumn("file", "integer", (c) => c.references("file.id"))
		.execute();
	for (const [name, type, none] of [
		["size", "bigint", 0],
		["text_digest", "blob", ""],
	] as const)
		await schema
			.alterTable("recipe")
			.addColumn(name, type, (c) => c.notNull().defaultTo(none))
			.execute();
	await schema.createIndex("recipe_file").on("recipe").column("file").execute();
	await textIntoPieces(db);
	await schema.alterTable("recipe").dropColumn("text").execute();
	await schema.dropTable("segment").execute();
	await schema.alterTable("envelope").addColumn("content_key", "blob").execute();
}

/** One log an attempt. */
async function logs({ schema }: Kysely<Tables>): Promise<void> {
	await schema
		.createTable("log")
		.addColumn("digest", "blob", (c) => c.notNull().primaryKey())
		.addColumn("serial", "text", (c) => c.notNull())
		.addColumn("attempt", "bigint", (c) => c.notNull())
		.addColumn("station", "text", (c) => c.notNull())
		.addColumn("visit", "integer", (c) => c.notNull())
		.addColumn("step", "integer", (c) => c.notNull())
		.addColumn("size", "bigint", (c) => c.notNull())
		.addColumn("segments", "bigint", (c) => c.notNull())
		.addColumn("received", "bigint", (c) => c.notNull())
		.addColumn("cut", "integer", (c) => c.notNull())
		.addColumn("opening", "blob", (c) => c.notNull())
		.addColumn("content_key", "blob")
		.addColumn("file", "integer", (c) => c.notNull().references("file.id"))
		.addColumn("kept_ms", "bigint")
		.addUniqueConstraint("log_attempt", ["serial", "attempt"])
		.addForeignKeyConstraint("log_of", ["serial", "attempt"], "attempt", ["serial", "number"])
		.execute();
	await schema.createIndex("log_file").on("log").column("file").execute();
}

/** How far stations are with the files they fetch: for people, so none is missed where a row is lost. */
async function downloads({ schema }: Kysely<Tables>): Promise<void> {
	await schema
		.createTable("download")
		.addColumn("station", "text", (c) => c.notNull().primaryKey())
		.addColumn("recipe_id", "text", (c) => c.notNull())
		.addColumn("version", "integer", (c) => c.notNull())
		.addColumn("done", "bigint", (c) => c.notNull())
		.addColumn("segments", "bigint", (c) => c.notNull())
		.addColumn("bytes", "bigint", (c) => c.notNull())
		.addColumn("at_ms", "bigint", (c) => c.notNull())
		.execute();
}

/** Why stations last started: for people, like the downloads. */
async function starts({ schema }: Kysely<Tables>): Promise<void> {
	await schema
		.createTable("last_start")
		.addColumn("station", "text", (c) => c.notNull().primaryKey())
		.addColumn("boot", "bigint", (c) => c.notNull())
		.addColumn("reset", "text")
		.addColumn("at_ms", "bigint", (c) => c.notNull())
		.execute();
}
