/**
 * Every query of the store. Knows tables (schema.ts) and rows (rows.ts), no particular database.
 *
 * What every attempt and every block asks is put into words once and kept ({@link Queries.#rows}): building and compiling a query
 * costs more than running it.
 */
import type { Compilable, Kysely } from "kysely";
import { sql } from "kysely";
import type { Attempt, Stage, Unit } from "../core/unit.js";
import type { KeptRows } from "./kept-rows.js";
import { addLog, findLog, logsOf, putLog } from "./log-rows.js";
import {
	attemptColumns,
	attemptValue,
	bytes,
	entryValue,
	envelopeValue,
	recipeValue,
	unitColumns,
	unitRecord,
	unitValue,
} from "./rows.js";
import type { Tables } from "./schema.js";
import { findStart, putStart } from "./start-rows.js";
import {
	type AttemptCount,
	type DownloadRow,
	DROP_MAX,
	type Entry,
	type Envelope,
	type MetaKey,
	type Recipe,
	type StartRow,
	type StoredLog,
	type StoreWriter,
	type UnitRecord,
} from "./store.js";

const AT_STATION: readonly Stage[] = ["working", "passed", "held"];
const OFF_LINE: readonly Stage[] = ["finished", "rejected"];

/** The connection of one transaction. */
export interface QueryConnection {
	readonly db: Kysely<Tables>;
	/** Runs a statement in SQL. */
	readonly run: (text: string, values: readonly unknown[]) => Promise<unknown[]>;
	/** SQL by the query's name; outlives the transaction. */
	readonly texts: Map<string, string>;
	/** What does not change with attempts; outlives the transaction. */
	readonly kept: KeptRows;
}

export class Queries implements StoreWriter {
	readonly #db: Kysely<Tables>;
	readonly #connection: QueryConnection;

	constructor(connection: QueryConnection) {
		this.#db = connection.db;
		this.#connection = connection;
	}

	/**
	 * Runs a query that is always the same but for its values.
	 *
	 * @param values - in the order in which the query names them, which is checked the first time.
	 */
	async #rows<Row>(
		name: string,
		values: readonly unknown[],
		query: (db: Kysely<Tables>) => Compilable<Row>,
	): Promise<Row[]> {
		const { run, texts } = this.#connection;
		let text = texts.get(name);
		if (text === undefined) {
			const compiled = query(this.#db).compile();
			if (!compiled.parameters.every((value, i) => value === values[i]))
				throw new Error(`query ${name}: its values come in another order`);
			text = compiled.sql;
			texts.set(name, text);
		}
		return (await run(text, values)) as Row[];
	}

	/** {@link Queries.#rows} of a table that changes seldom. @param values - numbers and names without `|`. */
	async #keptRows<Row>(
		name: string,
		values: readonly (string | number)[],
		query: (db: Kysely<Tables>) => Compilable<Row>,
	): Promise<readonly Row[]> {
		const { kept } = this.#connection;
		const key = `${name}|${values.join("|")}`;
		const found = kept.find(key);
		if (found) return found as readonly Row[];
		const rows = await this.#rows(name, values, query);
		kept.keep(key, rows);
		return rows;
	}

	async journalNumber(): Promise<number> {
		const [row] = await this.#rows("journalNumber", [], (db) =>
			db.selectFrom("journal").select((e) => e.fn.max("number").as("number")),
		);
		return row?.number ?? 0;
	}

	async journal(after: number, count: number): Promise<(Entry & { readonly number: number })[]> {
		const rows = await this.#db
			.selectFrom("journal")
			.selectAll()
			.where("number", ">", after)
			.orderBy("number")
			.limit(count)
			.execute();
		return rows.map(entryValue);
	}

	async append(entry: Entry, number?: number): Promise<number> {
		const columns = {
			...(number !== undefined && { number }),
			at_ms: entry.atMs,
			kind: entry.kind,
			station: entry.station ?? null,
			serial: entry.serial ?? null,
			data: JSON.stringify(entry.data),
		};
		const name = number === undefined ? "append" : "appendAt";
		const [row] = await this.#rows(name, Object.values(columns), (db) =>
			db.insertInto("journal").values(columns).returning("number"),
		);
		if (!row) throw new Error("the journal gave no number");
		return row.number;
	}

	async unit(serial: string): Promise<UnitRecord | undefined> {
		const [row] = await this.#rows("unit", [serial], (db) =>
			db.selectFrom("unit").selectAll().where("serial", "=", serial),
		);
		return row && unitRecord(row);
	}

	async unitAt(line: string, step: number): Promise<Unit | undefined> {
		const [row] = await this.#rows("unitAt", [line, step], (db) =>
			db
				.selectFrom("unit")
				.selectAll()
				.where("line", "=", line)
				.where("step", "=", step)
				// In words, so that the database sees that the index of places serves.
				.where("stage", "in", AT_STATION.map(sql.lit)),
		);
		return row && unitValue(row);
	}

	async firstReleased(line: string): Promise<Unit | undefined> {
		const row = await this.#db
			.selectFrom("unit")
			.selectAll()
			.where("line", "=", line)
			.where("stage", "=", "released")
			.orderBy("position")
			.limit(1)
			.executeTakeFirst();
		return row && unitValue(row);
	}

	async openUnits(line: string): Promise<number> {
		const row = await this.#db
			.selectFrom("unit")
			.select((e) => e.fn.countAll<number>().as("count"))
			.where("line", "=", line)
			.where("stage", "not in", OFF_LINE)
			.executeTakeFirst();
		return row?.count ?? 0;
	}

	async lines(): Promise<string[]> {
		const rows = await this.#db.selectFrom("unit").select("line").distinct().execute();
		const routes = await this.#db
			.selectFrom("meta")
			.select("key")
			.where("key", "like", "route/%")
			.execute();
		const names = [...rows.map(({ line }) => line), ...routes.map(({ key }) => key.slice(6))];
		return [...new Set(names)].sort();
	}

	async stageCounts(line: string): Promise<[Stage, number][]> {
		const rows = await this.#db
			.selectFrom("unit")
			.where("line", "=", line)
			.select((e) => ["stage", e.fn.countAll<number>().as("count")])
			.groupBy("stage")
			.execute();
		return rows.map(({ stage, count }) => [stage as Stage, count]);
	}

	async unitsIn(line: string, stage: Stage, count: number): Promise<UnitRecord[]> {
		const rows = await this.#db
			.selectFrom("unit")
			.selectAll()
			.where("line", "=", line)
			.where("stage", "=", stage)
			.orderBy("position")
			.limit(count)
			.execute();
		return rows.map(unitRecord);
	}

	async units(line: string, count: number): Promise<UnitRecord[]> {
		const rows = await this.#db
			.selectFrom("unit")
			.selectAll()
			.where("line", "=", line)
			.orderBy("position")
			.limit(count)
			.execute();
		return rows.map(unitRecord);
	}

	async addUnit(unit: Unit, releasedMs: number): Promise<void> {
		await this.#db
			.insertInto("unit")
			.values({ ...unitColumns(unit), serial: unit.serial, released_ms: releasedMs })
			.execute();
	}

	async putUnit(unit: Unit, endedMs?: number): Promise<void> {
		const ended = endedMs === undefined ? {} : { ended_ms: endedMs };
		const columns = { ...unitColumns(unit), ...ended };
		const name = endedMs === undefined ? "putUnit" : "endUnit";
		await this.#rows(name, [...Object.values(columns), unit.serial], (db) =>
			db.updateTable("unit").set(columns).where("serial", "=", unit.serial),
		);
	}

	async attempt(serial: string, number: number): Promise<Attempt | undefined> {
		const [row] = await this.#rows("attempt", [serial, number], (db) =>
			db
				.selectFrom("attempt")
				.selectAll()
				.where("serial", "=", serial)
				.where("number", "=", number),
		);
		return row && attemptValue(row);
	}

	async attempts(serial: string): Promise<(Attempt & { readonly atMs: number })[]> {
		const rows = await this.#db
			.selectFrom("attempt")
			.selectAll()
			.where("serial", "=", serial)
			.orderBy("number")
			.execute();
		return rows.map((row) => ({ ...attemptValue(row), atMs: row.at_ms }));
	}

	async attemptCounts(line: string): Promise<AttemptCount[]> {
		return await this.#db
			.selectFrom("attempt")
			.innerJoin("unit", "unit.serial", "attempt.serial")
			.where("unit.line", "=", line)
			.select((e) => [
				"attempt.serial",
				"attempt.station",
				e.fn.countAll<number>().as("attempts"),
				e.fn.sum<number>("attempt.pass").as("passes"),
			])
			.groupBy(["attempt.serial", "attempt.station"])
			.orderBy("attempt.serial")
			.orderBy(sql`min(attempt.number)`)
			.execute();
	}

	async stationCounts(line: string): Promise<Omit<AttemptCount, "serial">[]> {
		return await this.#db
			.selectFrom("attempt")
			.innerJoin("unit", "unit.serial", "attempt.serial")
			.where("unit.line", "=", line)
			.select((e) => [
				"attempt.station",
				e.fn.countAll<number>().as("attempts"),
				e.fn.sum<number>("attempt.pass").as("passes"),
			])
			.groupBy("attempt.station")
			.execute();
	}

	async addAttempt(attempt: Attempt, atMs: number): Promise<void> {
		const columns = attemptColumns(attempt, atMs);
		await this.#rows("addAttempt", Object.values(columns), (db) =>
			db.insertInto("attempt").values(columns),
		);
	}

	log(digest: Uint8Array): Promise<StoredLog | undefined> {
		return findLog(this.#db, digest);
	}
	logs(serial: string): Promise<StoredLog[]> {
		return logsOf(this.#db, serial);
	}
	addLog(log: StoredLog): Promise<void> {
		return addLog(this.#db, log);
	}
	putLog(digest: Uint8Array, received: number, keptMs?: number): Promise<void> {
		return putLog(this.#db, digest, received, keptMs);
	}

	async recipe(station: string, id: string, version: number): Promise<Recipe | undefined> {
		const [row] = await this.#keptRows("recipe", [station, id, version], (db) =>
			db
				.selectFrom("recipe")
				.selectAll()
				.where("station", "=", station)
				.where("id", "=", id)
				.where("version", "=", version),
		);
		return row && recipeValue(row);
	}

	async newestRecipe(station: string): Promise<Recipe | undefined> {
		const [row] = await this.#keptRows("newestRecipe", [station, 1], (db) =>
			db
				.selectFrom("recipe")
				.selectAll()
				.where("station", "=", station)
				.orderBy("position", "desc")
				.limit(1),
		);
		return row && recipeValue(row);
	}

	async latestVersion(station: string, id: string): Promise<Recipe | undefined> {
		const row = await this.#db
			.selectFrom("recipe")
			.selectAll()
			.where("station", "=", station)
			.where("id", "=", id)
			.orderBy("version", "desc")
			.limit(1)
			.executeTakeFirst();
		return row && recipeValue(row);
	}

	async addRecipe(recipe: Recipe): Promise<void> {
		this.#connection.kept.changing();
		const { attemptsMax, releasedMs, station, id, version, limits, sets, file, size } = recipe;
		await this.#db
			.insertInto("recipe")
			.values({
				station,
				id,
				version,
				limits,
				sets,
				attempts_max: attemptsMax ?? null,
				released_ms: releasedMs,
				file,
				size,
				text_digest: recipe.textDigest,
			})
			.execute();
	}

	async envelopes(station: string, id: string, version: number): Promise<Envelope[]> {
		const rows = await this.#keptRows("envelopes", [station, id, version], (db) =>
			db
				.selectFrom("envelope")
				.selectAll()
				.where("station", "=", station)
				.where("id", "=", id)
				.where("version", "=", version)
				.orderBy("position", "desc"),
		);
		return rows.map(envelopeValue);
	}

	async envelope(digest: Uint8Array): Promise<Envelope | undefined> {
		const row = await this.#db
			.selectFrom("envelope")
			.selectAll()
			.where("digest", "=", digest)
			.executeTakeFirst();
		return row && envelopeValue(row);
	}

	async addEnvelope(envelope: Envelope): Promise<void> {
		this.#connection.kept.changing();
		const { digest, station, id, version, head, segments } = envelope;
		await this.#db
			.insertInto("envelope")
			.values({
				digest,
				station,
				id,
				version,
				recipient_epoch: envelope.recipientEpoch,
				signer_epoch: envelope.signerEpoch,
				head,
				segments,
				content_key: envelope.contentKey ?? null,
			})
			.execute();
	}

	async piece(file: number, index: number): Promise<Uint8Array | undefined> {
		const [row] = await this.#rows("piece", [file, index], (db) =>
			db.selectFrom("piece").select("bytes").where("file", "=", file).where("number", "=", index),
		);
		return row && bytes(row.bytes);
	}

	async addFile(atMs: number): Promise<number> {
		const row = await this.#db
			.insertInto("file")
			.values({ created_ms: atMs })
			.returning("id")
			.executeTakeFirstOrThrow();
		return row.id;
	}

	async addPiece(file: number, index: number, bytes: Uint8Array): Promise<void> {
		await this.#db.insertInto("piece").values({ file, number: index, bytes }).execute();
	}

	async unusedFile(beforeMs: number): Promise<number | undefined> {
		const row = await this.#db
			.selectFrom("file")
			.select("id")
			.where("created_ms", "<", beforeMs)
			.where(({ not, exists, selectFrom }) =>
				not(exists(selectFrom("recipe").select("file").whereRef("recipe.file", "=", "file.id"))),
			)
			.where(({ not, exists, selectFrom }) =>
				not(exists(selectFrom("log").select("file").whereRef("log.file", "=", "file.id"))),
			)
			.orderBy("id")
			.limit(1)
			.executeTakeFirst();
		return row?.id;
	}

	async dropFile(file: number): Promise<boolean> {
		// The last transaction would find out, when pieces are gone already.
		for (const table of ["recipe", "log"] as const) {
			const user = this.#db.selectFrom(table).select("file").where("file", "=", file).limit(1);
			if (await user.executeTakeFirst()) throw new Error(`file ${file} is in use`);
		}
		const rows = await this.#db
			.selectFrom("piece")
			.select("number")
			.where("file", "=", file)
			.orderBy("number", "desc")
			.limit(DROP_MAX)
			.execute();
		const first = rows.at(-1)?.number ?? 0;
		await this.#db
			.deleteFrom("piece")
			.where("file", "=", file)
			.where("number", ">=", first)
			.execute();
		if (first > 0) return false;
		await this.#db.deleteFrom("file").where("id", "=", file).execute();
		return true;
	}

	async download(station: string): Promise<DownloadRow | undefined> {
		const row = await this.#db
			.selectFrom("download")
			.selectAll()
			.where("station", "=", station)
			.executeTakeFirst();
		if (!row) return undefined;
		const { recipe_id: recipe, version, done, segments: of, bytes, at_ms: atMs } = row;
		return { station, recipe, version, done, of, bytes, atMs };
	}

	async putDownload(row: DownloadRow): Promise<void> {
		const { station, recipe, version, done, of, bytes, atMs } = row;
		const columns = { recipe_id: recipe, version, done, segments: of, bytes, at_ms: atMs };
		await this.#db
			.insertInto("download")
			.values({ station, ...columns })
			.onConflict((conflict) => conflict.column("station").doUpdateSet(columns))
			.execute();
	}

	lastStart(station: string): Promise<StartRow | undefined> {
		return findStart(this.#db, station);
	}
	putLastStart(row: StartRow): Promise<void> {
		return putStart(this.#db, row);
	}

	async meta(key: MetaKey): Promise<string | undefined> {
		const [row] = await this.#keptRows("meta", [key], (db) =>
			db.selectFrom("meta").select("value").where("key", "=", key),
		);
		return row?.value;
	}

	async setMeta(key: MetaKey, value: string | undefined): Promise<void> {
		this.#connection.kept.changing();
		await this.#db.deleteFrom("meta").where("key", "=", key).execute();
		if (value !== undefined) await this.#db.insertInto("meta").values({ key, value }).execute();
	}
}
