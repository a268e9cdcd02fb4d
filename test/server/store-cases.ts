/** What every Store does, whatever it keeps its tables in. */
import assert from "node:assert/strict";
import { type Attempt, releasedUnit, type Stage, type Unit } from "../../server/core/unit.js";
import {
	DROP_MAX,
	type Envelope,
	type Recipe,
	type Store,
	type StoredLog,
	StoreError,
	type StoreReader,
	type StoreWriter,
} from "../../server/store/store.js";

export const proof = new Uint8Array(16).fill(7);
const digest = new Uint8Array(32).fill(8);
/** The first file there is. */
export const FILE = 1;
const piece = new Uint8Array([1, 2, 3]);
export const recipe: Recipe = {
	station: "line.one",
	id: "trim",
	version: 1,
	limits: "# q\nmin= 1\n",
	sets: 12,
	attemptsMax: undefined,
	releasedMs: 5,
	file: FILE,
	size: 3,
	textDigest: new Uint8Array(32).fill(6),
};
export const working: Unit = {
	...releasedUnit("A-1", "line", proof),
	stage: "working",
	proof: undefined,
	arrivalProof: proof,
	recipe: { id: "trim", version: 1, digest },
	attempt: 1,
	nextSet: 1,
};
export const attempt: Attempt = {
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
const envelope: Envelope = {
	digest,
	station: "line.one",
	id: "trim",
	version: 1,
	recipientEpoch: 1,
	signerEpoch: 2,
	head: new Uint8Array([9]),
	segments: 3,
	contentKey: new Uint8Array(32).fill(5),
};

/** As far as it has come. */
const log: StoredLog = {
	digest: new Uint8Array(32).fill(4),
	serial: "A-1",
	attempt: 1,
	visit: 1,
	step: 0,
	station: "line.one",
	size: 200_000,
	segments: 49,
	received: 0,
	cut: true,
	opening: new Uint8Array([5]),
	contentKey: new Uint8Array(32).fill(3),
	file: FILE + 1,
	keptMs: undefined,
};

export function code(expected: StoreError["code"]) {
	return (error: unknown) => {
		assert.ok(error instanceof StoreError, String(error));
		assert.equal(error.code, expected, error.message);
		return true;
	};
}

/** One of everything. */
export async function fill(tx: StoreWriter): Promise<void> {
	await tx.addUnit(releasedUnit("A-1", "line", proof), 10);
	await tx.putUnit(working);
	await tx.addAttempt(attempt, 20);
	assert.equal(await tx.addFile(5), FILE);
	await tx.addPiece(FILE, 0, piece);
	await tx.addRecipe(recipe);
	await tx.addEnvelope(envelope);
	assert.equal(await tx.addFile(5), FILE + 1);
	await tx.addLog(log);
	await tx.setMeta("behind/line", "x");
	await tx.append({ atMs: 1, kind: "released", serial: "A-1", data: {} });
}

async function assertFilled(store: Store): Promise<void> {
	await store.read(async (tx) => {
		assert.deepEqual(await tx.unit("A-1"), { ...working, releasedMs: 10, endedMs: undefined });
		assert.deepEqual(await tx.unitAt("line", 0), working);
		assert.equal(await tx.unitAt("line", 1), undefined);
		assert.equal(await tx.firstReleased("line"), undefined);
		assert.equal(await tx.openUnits("line"), 1);
		assert.deepEqual(await tx.attempt("A-1", 1), attempt);
		assert.deepEqual(await tx.attempts("A-1"), [{ ...attempt, atMs: 20 }]);
		assert.deepEqual(await tx.newestRecipe("line.one"), recipe);
		assert.deepEqual(await tx.recipe("line.one", "trim", 1), recipe);
		assert.deepEqual(await tx.piece(FILE, 0), piece);
		assert.equal(await tx.piece(FILE, 1), undefined);
		assert.deepEqual(await tx.latestVersion("line.one", "trim"), recipe);
		assert.deepEqual(await tx.envelope(digest), envelope);
		assert.deepEqual(await tx.envelopes("line.one", "trim", 1), [envelope]);
		assert.equal(await tx.meta("behind/line"), "x");
		assert.equal(await tx.journalNumber(), 1);
	});
}

/** @param opened - another way to the same tables, which are new for each test. */
export function storeCases(opened: () => Promise<Store>): void {
	it("gives back what was written, also after it was closed and opened again", async () => {
		const before = await opened();
		await before.write(fill);
		await before.close();
		const store = await opened();
		await assertFilled(store);
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
		const gap = { atMs: 1, kind: "route", data: {} } as const;
		assert.equal(await store.write((tx) => tx.append(gap, 50)), 50);
		assert.equal(await append("C"), 51);
	});

	it("keeps nothing of a transaction that throws, and passes the error on unchanged", async () => {
		const store = await opened();
		const failure = new Error("mine");
		const failing = async (work: (tx: StoreWriter) => Promise<void>) => {
			const wrong = store.write(async (tx) => {
				await work(tx);
				throw failure;
			});
			await assert.rejects(wrong, failure);
		};
		await failing(fill);
		assert.equal(await store.read((tx) => tx.journalNumber()), 0);
		await store.write(fill);
		await failing(async (tx) => {
			await tx.putUnit({ ...working, stage: "rejected" }, 50);
			await tx.addUnit(releasedUnit("A-2", "line", proof), 10);
			await tx.addAttempt({ ...attempt, number: 2 }, 30);
			const file = await tx.addFile(6);
			await tx.addPiece(file, 0, piece);
			await tx.addPiece(FILE, 1, piece);
			await tx.addRecipe({ ...recipe, version: 2, file });
			await tx.addEnvelope({ ...envelope, digest: proof, version: 2 });
			await tx.setMeta("behind/line", undefined);
			await tx.append({ atMs: 1, kind: "route", data: {} });
		});
		await assertFilled(store);
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
		const unit = (serial: string): Unit => ({ ...working, serial });
		await store.write((tx) => tx.addUnit(unit("A-1"), 1));
		await assert.rejects(store.write((tx) => tx.addUnit(unit("A-2"), 1)));
		assert.equal((await store.read((tx) => tx.unitAt("line", 0)))?.serial, "A-1");
		await store.write((tx) => tx.addUnit({ ...unit("A-2"), step: 1 }, 1));
	});

	it("refuses what is there already, and what belongs to something that is not", async () => {
		const store = await opened();
		await store.write(fill);
		const twice: ((tx: StoreWriter) => Promise<unknown>)[] = [
			(tx) => tx.addUnit({ ...working, stage: "released" }, 10),
			(tx) => tx.addAttempt(attempt, 20),
			(tx) => tx.addRecipe(recipe),
			(tx) => tx.addPiece(FILE, 0, piece),
			(tx) => tx.addEnvelope(envelope),
			(tx) => tx.addAttempt({ ...attempt, serial: "A-9" }, 20),
			(tx) => tx.addEnvelope({ ...envelope, digest: proof, version: 9 }),
			(tx) => tx.addRecipe({ ...recipe, version: 2, file: 9 }),
			(tx) => tx.addPiece(9, 0, piece),
			(tx) => tx.dropFile(FILE),
			(tx) => tx.addLog(log),
			(tx) => tx.addLog({ ...log, digest: proof }),
			(tx) => tx.addLog({ ...log, digest: proof, attempt: 9 }),
			(tx) => tx.addLog({ ...log, digest: proof, serial: "A-9" }),
			(tx) => tx.dropFile(FILE + 1),
		];
		for (const [i, work] of twice.entries())
			await assert.rejects(store.write(work), `number ${i} was taken`);
		await assertFilled(store);
	});

	it("finds units, recipes and files in their order", async () => {
		const store = await opened();
		await store.write(async (tx) => {
			const stages: [string, Stage][] = [
				["B-2", "finished"],
				["B-3", "released"],
				["B-1", "released"],
			];
			for (const [serial, stage] of stages)
				await tx.addUnit({ ...releasedUnit(serial, "line", proof), stage }, 1);
			await tx.addUnit(releasedUnit("C-1", "another", proof), 1);
			await tx.setMeta("route/third", "third.one");
			for (const [id, version] of [
				["trim", 2],
				["trim", 1],
				["other", 7],
			] as const)
				await tx.addRecipe({ ...recipe, id, version, file: await tx.addFile(5) });
			for (const byte of [1, 2])
				await tx.addEnvelope({ ...envelope, digest: new Uint8Array(32).fill(byte) });
		});
		const serials = (units: readonly Unit[]) => units.map(({ serial }) => serial);
		await store.read(async (tx) => {
			assert.deepEqual(await tx.lines(), ["another", "line", "third"]);
			assert.equal((await tx.firstReleased("line"))?.serial, "B-3");
			assert.deepEqual(serials(await tx.units("line", 2)), ["B-2", "B-3"]);
			assert.deepEqual(serials(await tx.unitsIn("line", "released", 9)), ["B-3", "B-1"]);
			assert.deepEqual(
				new Map(await tx.stageCounts("line")),
				new Map([
					["finished", 1],
					["released", 2],
				]),
			);
			assert.equal(await tx.openUnits("line"), 2);
			assert.equal((await tx.newestRecipe("line.one"))?.id, "other");
			assert.equal((await tx.latestVersion("line.one", "trim"))?.version, 2);
			assert.equal(await tx.latestVersion("line.two", "trim"), undefined);
			const found = await tx.envelopes("line.one", "trim", 1);
			assert.deepEqual(
				found.map((each) => each.digest[0]),
				[2, 1],
			);
		});
	});

	it("drops a file that nothing refers to, a bounded part of it at a time", async () => {
		const store = await opened();
		await store.write(fill);
		const file = await store.write(async (tx) => {
			const file = await tx.addFile(6);
			for (let i = 0; i <= 2 * DROP_MAX; i++) await tx.addPiece(file, i, piece);
			return file;
		});
		const unused = (beforeMs: number) => store.write((tx) => tx.unusedFile(beforeMs));
		const drop = () => store.write((tx) => tx.dropFile(file));
		assert.deepEqual([await unused(6), await unused(7)], [undefined, file]);
		assert.equal(await drop(), false);
		assert.equal(await store.read((tx) => tx.piece(file, DROP_MAX + 1)), undefined);
		assert.deepEqual(await store.read((tx) => tx.piece(file, DROP_MAX)), piece);
		assert.deepEqual([await unused(7), await drop(), await drop()], [file, false, true]);
		assert.equal(await drop(), true, "gone is gone");
		assert.equal(await store.read((tx) => tx.piece(file, 0)), undefined);
		assert.equal(await unused(7), undefined);
		await assertFilled(store);
		assert.ok((await store.write((tx) => tx.addFile(6))) > file, "a number is not used again");
	});

	it("keeps how far a log has come, and forgets its key when it is complete", async () => {
		const store = await opened();
		await store.write(fill);
		const found = () => store.read((tx) => tx.log(log.digest));
		assert.deepEqual(await found(), log);
		await store.write((tx) => tx.putLog(log.digest, 16));
		assert.deepEqual(await found(), { ...log, received: 16 });
		await store.write((tx) => tx.putLog(log.digest, 49, 70));
		const kept = { ...log, received: 49, keptMs: 70, contentKey: undefined };
		assert.deepEqual(await found(), kept);
		assert.deepEqual(await store.read((tx) => tx.logs("A-1")), [kept]);
		assert.deepEqual(await store.read((tx) => tx.logs("A-2")), []);
		assert.equal(await store.read((tx) => tx.log(proof)), undefined);
	});

	it("keeps the last start of each station, with a reason or without", async () => {
		const store = await opened();
		const found = (station: string) => store.read((tx) => tx.lastStart(station));
		assert.equal(await found("line.one"), undefined);
		const first = { station: "line.one", boot: 4_294_967_295, reset: "watchdog", atMs: 20 };
		const second = { ...first, boot: 1, reset: undefined };
		await store.write((tx) => tx.putLastStart(first));
		assert.deepEqual(await found("line.one"), first);
		await store.write((tx) => tx.putLastStart(second));
		assert.deepEqual(await found("line.one"), second);
		assert.equal(await found("line.two"), undefined);
	});

	it("refuses to drop a file in use before any of it is gone", async () => {
		const store = await opened();
		await store.write(fill);
		await store.write(async (tx) => {
			for (let i = 1; i <= 2 * DROP_MAX; i++) await tx.addPiece(FILE, i, piece);
		});
		await assert.rejects(
			store.write((tx) => tx.dropFile(FILE)),
			/in use/,
		);
		assert.deepEqual(await store.read((tx) => tx.piece(FILE, 2 * DROP_MAX)), piece);
		const drop = store.write((tx) => tx.dropFile(log.file));
		await assert.rejects(drop, /in use/, "a log's");
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

	it("reads anew what another process has changed", async () => {
		const [server, command] = [await opened(), await opened()];
		const look = () =>
			server.read(async (tx) => [
				await tx.meta("behind/line"),
				(await tx.newestRecipe("line.one"))?.version,
			]);
		assert.deepEqual(await look(), [undefined, undefined]);
		await command.write(async (tx) => {
			await tx.setMeta("behind/line", "1");
			await tx.addRecipe({ ...recipe, file: await tx.addFile(5) });
		});
		assert.deepEqual(await look(), ["1", 1]);
		await command.write(async (tx) => {
			await tx.setMeta("behind/line", undefined);
			await tx.addRecipe({ ...recipe, version: 2, file: await tx.addFile(5) });
		});
		assert.deepEqual(await look(), [undefined, 2]);
	});

	it("does not remember what a failed transaction had changed and read", async () => {
		const store = await opened();
		const look = (tx: StoreReader) => tx.meta("behind/line");
		await store.write((tx) => tx.setMeta("behind/line", "1"));
		assert.equal(await store.read(look), "1");
		const failing = store.write(async (tx) => {
			await tx.setMeta("behind/line", "2");
			assert.equal(await look(tx), "2");
			throw new Error("mine");
		});
		await assert.rejects(failing, /mine/);
		assert.equal(await store.read(look), "1");
		await store.write(async (tx) => {
			await tx.setMeta("behind/line", "3");
			assert.equal(await look(tx), "3");
		});
		assert.equal(await store.read(look), "3");
	});

	it("can be closed twice and says so when used afterwards", async () => {
		const store = await opened();
		await store.close();
		await store.close();
		await assert.rejects(
			store.read(async () => undefined),
			code("closed"),
		);
	});
}
