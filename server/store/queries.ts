/** Every query of the store. Knows tables (schema.ts) and rows (rows.ts), no particular database. */
import { type Kysely, sql } from "kysely";
import type { Attempt, Stage, Unit } from "../core/unit.js";
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
import {
	type AttemptCount,
	DROP_MAX,
	type Entry,
	type Envelope,
	type MetaKey,
	type Recipe,
	type StoreWriter,
	type UnitRecord,
} from "./store.js";

const AT_STATION: readonly Stage[] = ["working", "passed", "held"];
const OFF_LINE: readonly Stage[] = ["finished", "rejected"];

export class Queries implements StoreWriter {
	readonly #db: Kysely<Tables>;

	constructor(db: Kysely<Tables>) {
		this.#db = db;
	}

	async journalNumber(): Promise<number> {
		const row = await this.#db
			.selectFrom("journal")
			.select((e) => e.fn.max("number").as("number"))
			.executeTakeFirst();
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
		const row = await this.#db
			.insertInto("journal")
			.values({
				...(number !== undefined && { number }),
				at_ms: entry.atMs,
				kind: entry.kind,
				station: entry.station ?? null,
				serial: entry.serial ?? null,
				data: JSON.stringify(entry.data),
			})
			.returning("number")
			.executeTakeFirstOrThrow();
		return row.number;
	}

	async unit(serial: string): Promise<UnitRecord | undefined> {
		const row = await this.#db
			.selectFrom("unit")
			.selectAll()
			.where("serial", "=", serial)
			.executeTakeFirst();
		return row && unitRecord(row);
	}

	async unitAt(line: string, step: number): Promise<Unit | undefined> {
		const row = await this.#db
			.selectFrom("unit")
			.selectAll()
			.where("line", "=", line)
			.where("stage", "in", AT_STATION)
			.where("step", "=", step)
			.executeTakeFirst();
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
		await this.#db
			.updateTable("unit")
			.set({ ...unitColumns(unit), ...ended })
			.where("serial", "=", unit.serial)
			.executeTakeFirstOrThrow();
	}

	async attempt(serial: string, number: number): Promise<Attempt | undefined> {
		const row = await this.#db
			.selectFrom("attempt")
			.selectAll()
			.where("serial", "=", serial)
			.where("number", "=", number)
			.executeTakeFirst();
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
		await this.#db.insertInto("attempt").values(attemptColumns(attempt, atMs)).execute();
	}

	async recipe(station: string, id: string, version: number): Promise<Recipe | undefined> {
		const row = await this.#db
			.selectFrom("recipe")
			.selectAll()
			.where("station", "=", station)
			.where("id", "=", id)
			.where("version", "=", version)
			.executeTakeFirst();
		return row && recipeValue(row);
	}

	async newestRecipe(station: string): Promise<Recipe | undefined> {
		const row = await this.#db
			.selectFrom("recipe")
			.selectAll()
			.where("station", "=", station)
			.orderBy("position", "desc")
			.limit(1)
			.executeTakeFirst();
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
		const rows = await this.#db
			.selectFrom("envelope")
			.selectAll()
			.where("station", "=", station)
			.where("id", "=", id)
			.where("version", "=", version)
			.orderBy("position", "desc")
			.execute();
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
		const row = await this.#db
			.selectFrom("piece")
			.select("bytes")
			.where("file", "=", file)
			.where("number", "=", index)
			.executeTakeFirst();
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
			.orderBy("id")
			.limit(1)
			.executeTakeFirst();
		return row?.id;
	}

	async dropFile(file: number): Promise<boolean> {
		// The last transaction would find out, when pieces are gone already.
		const user = this.#db.selectFrom("recipe").select("id").where("file", "=", file).limit(1);
		if (await user.executeTakeFirst()) throw new Error(`file ${file} is in use`);
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

	async meta(key: MetaKey): Promise<string | undefined> {
		const row = await this.#db
			.selectFrom("meta")
			.select("value")
			.where("key", "=", key)
			.executeTakeFirst();
		return row?.value;
	}

	async setMeta(key: MetaKey, value: string | undefined): Promise<void> {
		await this.#db.deleteFrom("meta").where("key", "=", key).execute();
		if (value !== undefined) await this.#db.insertInto("meta").values({ key, value }).execute();
	}
}
