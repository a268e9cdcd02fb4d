import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
	chmodSync,
	copyFileSync,
	mkdtempSync,
	readFileSync,
	rmSync,
	statSync,
	writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { openStore } from "../../server/store/sqlite.js";
import type { Store } from "../../server/store/store.js";
import { attempt, code, fill, storeCases } from "./store-cases.js";

describe("store", () => {
	let directory: string;
	let file: string;
	const open: Store[] = [];

	async function opened(path = file): Promise<Store> {
		const store = await openStore(path);
		open.push(store);
		return store;
	}

	beforeEach(() => {
		directory = mkdtempSync(join(tmpdir(), "interlock-store-"));
		file = join(directory, "interlock.db");
	});
	afterEach(async () => {
		for (const store of open.splice(0)) await store.close();
		rmSync(directory, { recursive: true });
	});

	storeCases(opened);

	it("counts attempts by unit and station", async () => {
		const store = await opened();
		await store.write(fill);
		await store.write((tx) => tx.addAttempt({ ...attempt, number: 2, pass: true }, 30));
		const counts = { station: "line.one", attempts: 2, passes: 1 };
		await store.read(async (tx) => {
			assert.deepEqual(await tx.attemptCounts("line"), [{ serial: "A-1", ...counts }]);
			assert.deepEqual(await tx.stationCounts("line"), [counts]);
		});
	});

	it("keeps every commit it reported when the process is killed", async function () {
		this.timeout(20_000);
		const script = `
			import { openStore } from ${JSON.stringify(new URL("../../server/store/sqlite.js", import.meta.url).href)};
			const store = await openStore(${JSON.stringify(file)});
			for (;;) {
				const n = await store.write((tx) => tx.append({ atMs: 1, kind: "route", data: {} }));
				process.stdout.write(n + "\\n");
			}`;
		const child = spawn(process.execPath, ["--input-type=module", "-e", script]);
		let told = "";
		child.stdout.on("data", (chunk) => {
			told += String(chunk);
			if (told.length > 500) child.kill("SIGKILL");
		});
		await once(child, "close");
		const last = Number(told.slice(0, told.lastIndexOf("\n")).split("\n").pop());
		assert.ok(last > 10);
		const store = await opened();
		assert.ok((await store.read((tx) => tx.journalNumber())) >= last);
	});

	it("makes its file readable by its owner only", async () => {
		await opened();
		for (const path of [file, `${file}-wal`]) assert.equal(statSync(path).mode & 0o077, 0);
	});

	it("says that a file is not a database, is another program's, or is damaged", async () => {
		writeFileSync(file, "x".repeat(5000));
		await assert.rejects(opened(), code("corrupt"));
		rmSync(file);
		const other = new Database(file);
		other.exec("create table t (a)");
		other.close();
		await assert.rejects(opened(), code("corrupt"));
		const mine = join(directory, "mine.db");
		const store = await openStore(mine);
		await store.write(async (tx) => {
			for (let i = 0; i < 200; i++)
				await tx.append({ atMs: 1, kind: "route", data: { filler: "x".repeat(500) } });
		});
		await store.close();
		const bytes = readFileSync(mine);
		bytes.fill(0x55, 8192, 40_000);
		writeFileSync(mine, bytes);
		await assert.rejects(opened(mine), code("corrupt"));
	});

	it("refuses a database of a newer release", async () => {
		await (await openStore(file)).close();
		const database = new Database(file);
		database.pragma("user_version = 1000");
		database.close();
		await assert.rejects(opened(), code("version"));
	});

	it("says that there is no room, and keeps what was there", async () => {
		const store = await opened();
		await store.write((tx) => tx.append({ atMs: 1, kind: "route", data: {} }));
		await store.close();
		// SQLite's own limit of pages stands for the disk's; it holds for one connection, so it is set in it.
		const small = await openStore(file, { pagesMax: 40 });
		open.push(small);
		const big = { filler: "x".repeat(500_000) };
		await assert.rejects(
			small.write((tx) => tx.append({ atMs: 1, kind: "route", data: big })),
			code("full"),
		);
		assert.equal(await small.read((tx) => tx.journalNumber()), 1);
		await small.write((tx) => tx.append({ atMs: 1, kind: "route", data: {} }));
	});

	it("says that another process keeps the database locked", async () => {
		const store = await openStore(file, { busyWaitMs: 10 });
		open.push(store);
		const other = new Database(file);
		other.exec("begin immediate");
		await assert.rejects(
			store.write(async () => undefined),
			code("locked"),
		);
		other.exec("rollback");
		other.close();
		await store.write(async () => undefined);
	});

	it("says that the directory is not there", async () => {
		await assert.rejects(opened(join(directory, "no", "interlock.db")), code("io"));
	});

	it("can be copied while closed: one file holds everything", async () => {
		const store = await openStore(file);
		await store.write(fill);
		await store.close();
		const copy = join(directory, "copy.db");
		copyFileSync(file, copy);
		chmodSync(copy, 0o600);
		const copied = await opened(copy);
		assert.equal((await copied.read((tx) => tx.newestRecipe("line.one")))?.sets, 12);
	});
});
