/** A database of the first release, opened by this one. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { Kysely, SqliteDialect } from "kysely";
import { concat } from "../../modules/bytes/bytes.js";
import { storedFile } from "../../server/store/pieces.js";
import { MIGRATIONS, type Tables } from "../../server/store/schema.js";
import { openStore } from "../../server/store/sqlite.js";
import { PIECE_SIZE, type Store } from "../../server/store/store.js";

const LIMITS = "# q\nmin= 1\n";
const SIZES = [1, PIECE_SIZE - 1, PIECE_SIZE, PIECE_SIZE + 1, 5 * PIECE_SIZE];

/** A text that differs in each byte from its neighbours', and from another size's. */
const text = (size: number) => new Uint8Array(size).map((_, i) => i * 7 + (i >> 8) + size);
const digest = (byte: number) => new Uint8Array(32).fill(byte);

describe("a database of the first release", () => {
	let directory: string;
	let file: string;
	let store: Store;

	/** With one recipe of each size, sealed in two segments. */
	async function makeOld(): Promise<void> {
		const database = new Database(file);
		database.pragma("foreign_keys = ON");
		database.pragma("application_id = 1229736787");
		const db = new Kysely<Tables>({ dialect: new SqliteDialect({ database }) });
		await MIGRATIONS[0]?.(db);
		database.pragma("user_version = 1");
		const recipe = database.prepare(
			`insert into recipe (station, id, version, text, limits, sets, attempts_max, released_ms)
				values ('line.one', 'trim', ?, ?, ?, 12, 3, ?)`,
		);
		const envelope = database.prepare(
			`insert into envelope (digest, station, id, version, recipient_epoch, signer_epoch, head, segments)
				values (?, 'line.one', 'trim', ?, 1, 1, ?, 2)`,
		);
		const segment = database.prepare(
			"insert into segment (digest, number, bytes) values (?, ?, ?)",
		);
		for (const [i, size] of SIZES.entries()) {
			recipe.run(i + 1, text(size), LIMITS, 100 + i);
			envelope.run(digest(i), i + 1, Uint8Array.of(9));
			for (const number of [0, 1]) segment.run(digest(i), number, text(20));
		}
		await db.destroy();
	}

	beforeEach(async () => {
		directory = mkdtempSync(join(tmpdir(), "interlock-migration-"));
		file = join(directory, "interlock.db");
		await makeOld();
		store = await openStore(file);
	});
	afterEach(async () => {
		await store.close();
		rmSync(directory, { recursive: true });
	});

	it("has every text in pieces, with its size and digest", async () => {
		for (const [i, size] of SIZES.entries()) {
			const recipe = await store.read((tx) => tx.recipe("line.one", "trim", i + 1));
			assert.ok(recipe);
			const expected = text(size);
			const textDigest = new Uint8Array(createHash("sha256").update(expected).digest());
			assert.deepEqual(recipe, {
				station: "line.one",
				id: "trim",
				version: i + 1,
				limits: LIMITS,
				sets: 12,
				attemptsMax: 3,
				releasedMs: 100 + i,
				file: recipe.file,
				size,
				textDigest,
			});
			const pieces: Uint8Array[] = [];
			for await (const piece of storedFile(store, recipe.file, size)) pieces.push(piece);
			assert.deepEqual(concat(...pieces), expected);
		}
	});

	it("keeps its envelopes, whose digests still judge results, without a key", async () => {
		for (const i of SIZES.keys()) {
			const [envelope] = await store.read((tx) => tx.envelopes("line.one", "trim", i + 1));
			assert.deepEqual([envelope?.digest, envelope?.contentKey], [digest(i), undefined]);
		}
	});

	it("is in order: no segments, no text, nothing that refers to what is not there", () => {
		const database = new Database(file, { readonly: true });
		const tables = database.prepare("select name from sqlite_master where name = 'segment'").all();
		assert.deepEqual(tables, []);
		assert.deepEqual(database.pragma("foreign_key_check"), []);
		assert.equal(database.pragma("user_version", { simple: true }), MIGRATIONS.length);
		const columns = database.pragma("table_info(recipe)") as { name: string }[];
		assert.ok(!columns.some(({ name }) => name === "text"));
		database.close();
	});

	it("knows of no start of a station yet, and has room for one", async () => {
		const row = { station: "line.one", boot: 2, reset: "brown-out", atMs: 7 };
		assert.equal(await store.read((tx) => tx.lastStart("line.one")), undefined);
		await store.write((tx) => tx.putLastStart(row));
		assert.deepEqual(await store.read((tx) => tx.lastStart("line.one")), row);
	});

	it("opens again, and takes new versions", async () => {
		await store.close();
		store = await openStore(file);
		await store.write(async (tx) => {
			const own = await tx.addFile(7);
			const before = await tx.newestRecipe("line.one");
			assert.ok(before && own > before.file);
			await tx.addRecipe({ ...before, version: 9, file: own });
		});
		assert.equal((await store.read((tx) => tx.newestRecipe("line.one")))?.version, 9);
	});
});
