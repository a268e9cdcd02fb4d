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
import { releasedUnit, type Unit } from "../../server/core/unit.js";
import { openStore } from "../../server/store/sqlite.js";
import { type Recipe, type Store, StoreError } from "../../server/store/store.js";

const proof = new Uint8Array(16).fill(7);
const digest = new Uint8Array(32).fill(8);
const text = new Uint8Array([1, 2, 3]);
const recipe: Recipe = {
	station: "line.one",
	id: "trim",
	version: 1,
	limits: "# q\nmin= 1\n",
	sets: 12,
	attemptsMax: undefined,
	releasedMs: 5,
};

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

	const code = (expected: StoreError["code"]) => (error: unknown) => {
		assert.ok(error instanceof StoreError, String(error));
		assert.equal(error.code, expected, error.message);
		return true;
	};

	it("gives back what was written, also after it was closed and opened again", async () => {
		const released = releasedUnit("A-1", "line", proof);
		const working: Unit = {
			...released,
			stage: "working",
			proof: undefined,
			arrivalProof: proof,
			recipe: { id: "trim", version: 1, digest },
			attempt: 1,
			nextSet: 1,
		};
		const attempt = {
			serial: "A-1",
			number: 1,
			visit: 1,
			step: 0,
			station: "line.one",
			recipe: { id: "trim", version: 1, digest },
			set: 0,
			readings: [{ name: "q", value: 0.1 + 0.2 }],
			durationMs: 40,
			pass: false,
		};
		const envelope = {
			digest,
			station: "line.one",
			id: "trim",
			version: 1,
			recipientEpoch: 1,
			signerEpoch: 2,
			head: new Uint8Array([9]),
			segments: 3,
		};
		let store = await opened();
		await store.write(async (tx) => {
			await tx.addUnit(released, 10);
			await tx.putUnit(working);
			await tx.addAttempt(attempt, 20);
			await tx.addRecipe(recipe, text);
			await tx.addEnvelope(envelope);
			for (let i = 0; i < 3; i++) await tx.addSegment(digest, i, new Uint8Array([i]));
			await tx.setMeta("behind/line", "x");
		});
		await store.close();
		store = await opened();
		await store.read(async (tx) => {
			assert.deepEqual(await tx.unit("A-1"), { ...working, releasedMs: 10, endedMs: undefined });
			assert.deepEqual(await tx.unitAt("line", 0), working);
			assert.equal(await tx.unitAt("line", 1), undefined);
			assert.equal(await tx.firstReleased("line"), undefined);
			assert.equal(await tx.openUnits("line"), 1);
			assert.deepEqual(await tx.attempt("A-1", 1), attempt);
			assert.deepEqual(await tx.attempts("A-1"), [{ ...attempt, atMs: 20 }]);
			const counts = [{ serial: "A-1", station: "line.one", attempts: 1, passes: 0 }];
			assert.deepEqual(await tx.attemptCounts("line"), counts);
			assert.deepEqual(await tx.newestRecipe("line.one"), recipe);
			assert.deepEqual(await tx.recipe("line.one", "trim", 1), recipe);
			assert.deepEqual(await tx.recipeText("line.one", "trim", 1), text);
			assert.deepEqual(await tx.latestVersion("line.one", "trim"), recipe);
			assert.deepEqual(await tx.envelope(digest), envelope);
			assert.deepEqual(await tx.envelopes("line.one", "trim", 1), [envelope]);
			assert.deepEqual(await tx.segments(digest, 1, 8), [new Uint8Array([1]), new Uint8Array([2])]);
			assert.equal(await tx.meta("behind/line"), "x");
		});
		await store.write((tx) => tx.putUnit({ ...working, stage: "finished" }, 99));
		assert.equal(await store.read((tx) => tx.openUnits("line")), 0);
		assert.equal((await store.read((tx) => tx.unit("A-1")))?.endedMs, 99);
	});

	it("numbers the journal from 1 without reusing a number, and reads it in order", async () => {
		const store = await opened();
		const append = (serial: string) =>
			store.write((tx) => tx.append({ atMs: 1, kind: "released", serial, data: { a: [1] } }));
		assert.equal(await store.read((tx) => tx.journalNumber()), 0);
		assert.equal(await append("A"), 1);
		assert.equal(await append("B"), 2);
		assert.equal(await store.read((tx) => tx.journalNumber()), 2);
		const entry = { atMs: 1, kind: "released", serial: "B", data: { a: [1] }, number: 2 };
		assert.deepEqual(await store.read((tx) => tx.journal(1, 10)), [entry]);
	});

	it("keeps nothing of a transaction that throws, and passes the error on unchanged", async () => {
		const store = await opened();
		const failure = new Error("mine");
		await assert.rejects(
			store.write(async (tx) => {
				await tx.append({ atMs: 1, kind: "route", data: {} });
				throw failure;
			}),
			failure,
		);
		assert.equal(await store.read((tx) => tx.journalNumber()), 0);
	});

	it("runs transactions one after another", async () => {
		const store = await opened();
		const order: string[] = [];
		const work = (name: string) =>
			store.write(async (tx) => {
				order.push(`${name} in`);
				await tx.append({ atMs: 1, kind: "route", data: {} });
				order.push(`${name} out`);
			});
		await Promise.all([work("a"), work("b"), work("c")]);
		assert.deepEqual(order, ["a in", "a out", "b in", "b out", "c in", "c out"]);
	});

	it("refuses a second unit in one station's place", async () => {
		const store = await opened();
		const unit = (serial: string): Unit => ({
			...releasedUnit(serial, "line", proof),
			stage: "working",
		});
		await store.write((tx) => tx.addUnit(unit("A-1"), 1));
		await assert.rejects(
			store.write((tx) => tx.addUnit(unit("A-2"), 1)),
			/UNIQUE/,
		);
	});

	it("lets the newest lease write and deposes the one before", async () => {
		const [a, b] = [await opened(), await opened()];
		const first = await a.takeLease();
		await a.write(async () => undefined, first);
		const second = await b.takeLease();
		assert.ok(second > first);
		await assert.rejects(
			a.write(async () => undefined, first),
			code("deposed"),
		);
		await b.write(async () => undefined, second);
	});

	it("notices what another process committed, not what it wrote itself", async () => {
		const [server, command] = [await opened(), await opened()];
		await server.changedElsewhere();
		await server.write((tx) => tx.setMeta("behind/line", "1"));
		assert.equal(await server.changedElsewhere(), false);
		await command.write((tx) => tx.setMeta("behind/line", "2"));
		assert.equal(await server.changedElsewhere(), true);
		assert.equal(await server.changedElsewhere(), false);
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

	it("can be closed twice and says so when used afterwards", async () => {
		const store = await openStore(file);
		await store.close();
		await store.close();
		await assert.rejects(
			store.read(async () => undefined),
			code("closed"),
		);
	});

	it("can be copied while closed: one file holds everything", async () => {
		const store = await openStore(file);
		await store.write((tx) => tx.addRecipe(recipe, text));
		await store.close();
		const copy = join(directory, "copy.db");
		copyFileSync(file, copy);
		chmodSync(copy, 0o600);
		const copied = await opened(copy);
		assert.equal((await copied.read((tx) => tx.newestRecipe("line.one")))?.sets, 12);
	});
});
