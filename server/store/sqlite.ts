/**
 * The embedded store: one SQLite file (write-ahead log, every commit flushed to the medium before it counts).
 * A command in another process may use the file at the same time.
 *
 * The file holds recipes and readings in the clear: it is created for its owner alone.
 */
import { closeSync, openSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import Database from "better-sqlite3";
import { Kysely, SqliteDialect } from "kysely";
import { KeptRows } from "./kept-rows.js";
import { Queries } from "./queries.js";
import { MIGRATIONS, type Tables } from "./schema.js";
import { type Store, StoreError, type StoreReader, type StoreWriter } from "./store.js";

/** "ILKS": says that a database is ours. */
const APPLICATION_ID = 0x494c4b53;
/** How long a commit of another process is waited for. */
const BUSY_WAIT_MS = 5000;
/** Between two looks whether it has ended; the event loop is free meanwhile. */
const BUSY_POLL_MS = 10;

/** Statements kept prepared. */
const STATEMENTS_MAX = 256;

export interface StoreOptions {
	/** Default: 5 s. */
	readonly busyWaitMs?: number;
	/** The most pages of 4,096 bytes that the file may grow to. Default: as many as the disk holds. */
	readonly pagesMax?: number;
}

/**
 * Opens `file`, creating or migrating it.
 *
 * @throws {@link StoreError} `corrupt`, `locked`, `io`, `version` or `full`.
 */
export async function openStore(file: string, options: StoreOptions = {}): Promise<Store> {
	let database: Database.Database | undefined;
	try {
		closeSync(openSync(file, "a", 0o600));
		database = new Database(file, { timeout: options.busyWaitMs ?? BUSY_WAIT_MS });
		checkOurs(database, file);
		database.pragma("journal_mode = WAL");
		database.pragma("synchronous = FULL");
		database.pragma("foreign_keys = ON");
		if (options.pagesMax) database.pragma(`max_page_count = ${options.pagesMax}`);
		const store = new SqliteStore(database, file, options.busyWaitMs ?? BUSY_WAIT_MS);
		// From here on waiting is ours: SQLite's own would hold up the whole process.
		database.pragma("busy_timeout = 0");
		await store.migrate();
		return store;
	} catch (error) {
		database?.close();
		throw storeError(error, file);
	}
}

/** Refuses a database of another program, and one whose pages do not fit together. */
function checkOurs(database: Database.Database, file: string): void {
	const id = database.pragma("application_id", { simple: true });
	const tables = database.prepare("select count(*) as n from sqlite_master").get() as { n: number };
	if (id !== APPLICATION_ID && tables.n > 0)
		throw new StoreError("corrupt", `${file} is a database, but not Interlock's`);
	const [check] = database.pragma("quick_check(1)", { simple: false }) as { quick_check: string }[];
	if (check?.quick_check !== "ok")
		throw new StoreError(
			"corrupt",
			`${file} is damaged (${check?.quick_check}): restore a backup of it`,
		);
}

/** Keeps each statement prepared: the server's texts are few and come again with every request. */
class PreparedStatements {
	readonly #database: Database.Database;
	readonly #statements = new Map<string, Database.Statement>();

	constructor(database: Database.Database) {
		this.#database = database;
	}

	/** @returns the rows; none for a statement that gives none. */
	run(text: string, values: readonly unknown[] = []): unknown[] {
		const statement = this.prepare(text);
		if (statement.reader) return statement.all(...values);
		statement.run(...values);
		return [];
	}

	prepare(text: string): Database.Statement {
		let statement = this.#statements.get(text);
		if (statement === undefined) {
			// Whatever makes up texts without end is slower for it, and no more.
			if (this.#statements.size === STATEMENTS_MAX) this.#statements.clear();
			statement = this.#database.prepare(text);
			this.#statements.set(text, statement);
		}
		return statement;
	}

	close(): void {
		this.#statements.clear();
		this.#database.close();
	}
}

class SqliteStore implements Store {
	readonly #database: Database.Database;
	readonly #prepared: PreparedStatements;
	readonly #db: Kysely<Tables>;
	readonly #texts = new Map<string, string>();
	readonly #kept = new KeptRows();
	/** That of what is kept. */
	#keptVersion: number | undefined;
	/** Transactions run one after another: resolves when the last one so far has ended. */
	#turn: Promise<void> = Promise.resolve();
	readonly #file: string;
	readonly #busyWaitMs: number;
	#dataVersion: unknown;
	#closed = false;

	constructor(database: Database.Database, file: string, busyWaitMs: number) {
		this.#database = database;
		this.#busyWaitMs = busyWaitMs;
		this.#prepared = new PreparedStatements(database);
		this.#db = new Kysely<Tables>({ dialect: new SqliteDialect({ database: this.#prepared }) });
		this.#file = file;
		this.#dataVersion = database.pragma("data_version", { simple: true });
	}

	async migrate(): Promise<void> {
		// On a disk that is full what is there can still be looked at.
		if (this.#database.pragma("user_version", { simple: true }) === MIGRATIONS.length) return;
		await this.#transaction("begin immediate", async (db) => {
			const version = this.#database.pragma("user_version", { simple: true }) as number;
			if (version > MIGRATIONS.length)
				throw new StoreError(
					"version",
					`${this.#file} was written by a newer Interlock (version ${version} of the tables, ` +
						`this one knows ${MIGRATIONS.length}): use that one`,
				);
			for (const migration of MIGRATIONS.slice(version)) await migration(db);
			this.#database.pragma(`user_version = ${MIGRATIONS.length}`);
			this.#database.pragma(`application_id = ${APPLICATION_ID}`);
		});
	}

	async read<T>(work: (tx: StoreReader) => Promise<T>): Promise<T> {
		return await this.#transaction("begin", (db) => work(this.#queries(db)));
	}

	async write<T>(work: (tx: StoreWriter) => Promise<T>, fence?: number): Promise<T> {
		return await this.#transaction("begin immediate", async (db) => {
			const tx = this.#queries(db);
			if (fence !== undefined && Number(await tx.meta("lease")) !== fence)
				throw new StoreError("deposed", "another server has taken over this database");
			return await work(tx);
		});
	}

	#queries(db: Kysely<Tables>): Queries {
		const run = async (text: string, values: readonly unknown[]) =>
			this.#prepared.run(text, values);
		return new Queries({ db, run, texts: this.#texts, kept: this.#kept });
	}

	async takeLease(): Promise<number> {
		return await this.write(async (tx) => {
			const fence = Number((await tx.meta("lease")) ?? 0) + 1;
			await tx.setMeta("lease", String(fence));
			return fence;
		});
	}

	async changedElsewhere(): Promise<boolean> {
		this.#assertOpen();
		const version = this.#database.pragma("data_version", { simple: true });
		const changed = version !== this.#dataVersion;
		this.#dataVersion = version;
		return changed;
	}

	async close(): Promise<void> {
		if (this.#closed) return;
		this.#closed = true;
		await this.#turn;
		await this.#db.destroy();
	}

	/** `begin immediate` for what writes: a later upgrade of a read snapshot could not wait for its turn. */
	async #transaction<T>(begin: string, work: (db: Kysely<Tables>) => Promise<T>): Promise<T> {
		this.#assertOpen();
		const before = this.#turn;
		let ended = () => {};
		this.#turn = new Promise((resolve) => {
			ended = resolve;
		});
		await before;
		try {
			await this.#begin(begin);
			const value = await work(this.#db);
			this.#prepared.run("commit");
			return value;
		} catch (error) {
			// A failed commit or a full disk may have ended the transaction already.
			if (this.#database.inTransaction) this.#prepared.run("rollback");
			throw storeError(error, this.#file);
		} finally {
			this.#kept.ended();
			ended();
		}
	}

	/** Begins when no other process is in the way; then none comes in between. */
	async #begin(begin: string): Promise<void> {
		const untilMs = performance.now() + this.#busyWaitMs;
		for (;;) {
			try {
				this.#prepared.run(begin);
				// A reader is in its snapshot only with its first look at a table.
				if (begin === "begin") this.#prepared.run("select 1 from sqlite_master limit 1");
				this.#seeOthers();
				return;
			} catch (error) {
				if (this.#database.inTransaction) this.#prepared.run("rollback");
				if (!isBusy(error) || performance.now() >= untilMs) throw error;
			}
			await sleep(BUSY_POLL_MS);
		}
	}

	/** In a transaction, where no further commit of another process is seen: is what is kept still true? */
	#seeOthers(): void {
		const [version] = this.#prepared.run("select data_version from pragma_data_version") as {
			data_version: number;
		}[];
		if (version?.data_version !== this.#keptVersion) this.#kept.clear();
		this.#keptVersion = version?.data_version;
	}

	#assertOpen(): void {
		if (this.#closed) throw new StoreError("closed", `${this.#file} was closed`);
	}
}

function isBusy(error: unknown): boolean {
	return error instanceof Error && "code" in error && /^SQLITE_BUSY/.test(String(error.code));
}

/** SQLite's result codes (sqlite.org/rescode.html) as ours; everything else unchanged. */
function storeError(error: unknown, file: string): unknown {
	if (!(error instanceof Error) || error instanceof StoreError) return error;
	const { code } = error as Error & { code?: unknown };
	if (typeof code !== "string") return error;
	const as = (ours: StoreError["code"], advice: string) =>
		new StoreError(ours, `${file}: ${error.message}${advice}`, { cause: error });
	if (/^SQLITE_(CORRUPT|NOTADB)/.test(code)) return as("corrupt", ": restore a backup of it");
	// What a query names was made by a migration: only damage takes it away.
	if (code === "SQLITE_ERROR" && /no such (table|column)|has no column/.test(error.message))
		return as("corrupt", ": restore a backup of it");
	if (/^SQLITE_(BUSY|LOCKED)/.test(code)) return as("locked", ": another process keeps it locked");
	if (/^(SQLITE_FULL|SQLITE_IOERR_SHMSIZE|ENOSPC|EDQUOT|EFBIG)$/.test(code))
		return as("full", ": make room and try again");
	if (/^(SQLITE_(READONLY|CANTOPEN|PERM|AUTH)|EACCES|EPERM|EROFS)/.test(code))
		return as("io", ": the file and its directory must be this user's to write");
	if (/^SQLITE_IOERR/.test(code)) return as("io", ": the medium fails");
	if (/^E[A-Z]+$/.test(code)) return as("io", "");
	return error;
}
