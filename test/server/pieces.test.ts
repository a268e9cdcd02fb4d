import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as others } from "node:timers/promises";
import { concat, hex } from "../../modules/bytes/bytes.js";
import { releaseRecipe } from "../../server/operations.js";
import { recipeSource } from "../../server/recipe-source.js";
import { inPieces, storedFile, storeFile, WRITE_MAX } from "../../server/store/pieces.js";
import { openStore } from "../../server/store/sqlite.js";
import { PIECE_SIZE, type Store } from "../../server/store/store.js";
import { Died, dyingAfter } from "./dying-store.js";
import { code } from "./store-cases.js";

const LIMITS = "# q\nmin= 1\n";
const STATION = "line.one";
const RELEASE = {
	station: STATION,
	id: "trim",
	limitsText: LIMITS,
	slotSize: 16 * PIECE_SIZE ** 2,
};
/** Takes three transactions for its pieces. */
const LONG = `# R\n${Array.from(
	{ length: Math.ceil((2.5 * WRITE_MAX * PIECE_SIZE) / 100) },
	(_, i) => `r${i}= 1`.padEnd(99),
).join("\n")}\n`;

async function all(source: AsyncIterable<Uint8Array>): Promise<Uint8Array[]> {
	const parts: Uint8Array[] = [];
	for await (const part of source) parts.push(part);
	return parts;
}

function* cut(bytes: Uint8Array, size: number): Generator<Uint8Array> {
	for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const bytesOf = (size: number) => new Uint8Array(size).map((_, i) => (i * 31) ^ (i >> 8));

describe("files in pieces", () => {
	let directory: string;
	let file: string;
	let store: Store;

	beforeEach(async () => {
		directory = mkdtempSync(join(tmpdir(), "interlock-pieces-"));
		file = join(directory, "interlock.db");
		store = await openStore(file);
	});
	afterEach(async () => {
		await store.close();
		rmSync(directory, { recursive: true });
	});

	const newest = () => store.read((tx) => tx.newestRecipe(STATION));
	const unused = () => store.write((tx) => tx.unusedFile(Number.MAX_SAFE_INTEGER));

	/** @throws AssertionError where a recipe's file is not the one that was released. */
	async function assertWhole(): Promise<void> {
		const recipe = await newest();
		if (!recipe) return;
		const hash = createHash("sha256");
		for await (const piece of storedFile(store, recipe.file, recipe.size)) hash.update(piece);
		assert.equal(hash.digest("hex"), hex(recipe.textDigest));
	}

	it("are cut the same, however they come", async () => {
		for (const size of [0, 1, PIECE_SIZE - 1, PIECE_SIZE, PIECE_SIZE + 1, 3 * PIECE_SIZE])
			for (const part of [1000, PIECE_SIZE, 2 * PIECE_SIZE + 1]) {
				const bytes = bytesOf(size);
				const pieces = await all(inPieces(cut(bytes, part)));
				assert.deepEqual(concat(...pieces), bytes);
				assert.equal(pieces.length, Math.ceil(size / PIECE_SIZE));
				assert.ok(pieces.slice(0, -1).every(({ length }) => length === PIECE_SIZE));
			}
	});

	it("come out as they went in", async () => {
		for (const size of [0, 1, PIECE_SIZE, (2 * WRITE_MAX + 1) * PIECE_SIZE + 5]) {
			const bytes = bytesOf(size);
			const number = await storeFile(store, [bytes], 1);
			assert.deepEqual(concat(...(await all(storedFile(store, number, size)))), bytes);
		}
	});

	it("say that a piece is missing or of another size", async () => {
		const number = await storeFile(store, [bytesOf(2 * PIECE_SIZE)], 1);
		for (const size of [2 * PIECE_SIZE - 1, 2 * PIECE_SIZE + 1])
			await assert.rejects(all(storedFile(store, number, size)), code("corrupt"));
	});

	it("are dropped again where their source fails", async () => {
		const failing = (function* () {
			yield bytesOf((WRITE_MAX + 1) * PIECE_SIZE);
			throw new Error("mine");
		})();
		await assert.rejects(storeFile(store, failing, 1), /mine/);
		assert.equal(await unused(), undefined);
	});

	it("are released whole or not at all, in whichever transaction the process dies", async () => {
		let deaths = 0;
		for (; ; deaths++) {
			const dying = dyingAfter(store, deaths);
			try {
				await releaseRecipe(dying, { ...RELEASE, text: LONG });
				break;
			} catch (error) {
				assert.ok(error instanceof Died, String(error));
				assert.equal(await newest(), undefined);
				assert.equal(await store.read((tx) => tx.journalNumber()), 0);
			}
		}
		// One look whether it is known, the file's pieces, the version.
		assert.equal(deaths, 1 + 3 + 1);
		await assertWhole();
		let left = 0;
		for (let number = await unused(); number !== undefined; number = await unused()) {
			const own = number;
			while (!(await store.write((tx) => tx.dropFile(own))));
			left++;
		}
		// Whoever dies before the file is begun, or only after everything, leaves none.
		assert.equal(left, deaths - 2);
		await assertWhole();
	});

	it("are read twice, and refused where they are another file then", async () => {
		const { size } = recipeSource(LONG);
		const texts = [LONG, LONG.replace("= 1", "= 2"), LONG.slice(0, -100), `${LONG}\n`];
		for (const second of texts.slice(1)) {
			let readings = 0;
			const read = () => recipeSource(readings++ === 0 ? LONG : second).read();
			const changing = releaseRecipe(store, { ...RELEASE, text: { size, read } });
			await assert.rejects(changing, /changed while it was read/);
			assert.deepEqual([await newest(), await unused()], [undefined, undefined]);
		}
		const wrong = { ...recipeSource(LONG), size: size - 1 };
		await assert.rejects(releaseRecipe(store, { ...RELEASE, text: wrong }), /changed/);
	});

	it("write nothing where the same recipe was released last", async () => {
		await releaseRecipe(store, { ...RELEASE, text: LONG });
		// One transaction: the look.
		const again = await releaseRecipe(dyingAfter(store, 1), { ...RELEASE, text: LONG });
		assert.deepEqual([again.version, again.isNew], [1, false]);
	});

	it("become one version where two processes release the same at one time", async () => {
		const other = await openStore(file);
		const both = await Promise.all(
			[store, other].map((each) => releaseRecipe(each, { ...RELEASE, text: LONG })),
		);
		await other.close();
		assert.deepEqual(both.map(({ isNew }) => isNew).sort(), [false, true]);
		assert.equal((await newest())?.version, 1);
		assert.equal(await unused(), undefined);
		await assertWhole();
	});

	it("let another process write meanwhile", async () => {
		const other = await openStore(file);
		let isDone = false;
		const releasing = releaseRecipe(store, { ...RELEASE, text: LONG }).finally(() => {
			isDone = true;
		});
		while (!isDone) {
			await other.write((tx) => tx.append({ atMs: 1, kind: "route", data: {} }));
			await others();
		}
		await releasing;
		await other.close();
		const kinds = (await store.read((tx) => tx.journal(0, 1000))).map(({ kind }) => kind);
		assert.ok(kinds.indexOf("recipe") > 1, `${kinds}`);
	});

	it("take no room where the disk is full in the middle, and can be released when there is some", async () => {
		await releaseRecipe(store, { ...RELEASE, text: "# R\nr= 1\n" });
		await store.close();
		const pages = 2 * WRITE_MAX * 17;
		store = await openStore(file, { pagesMax: pages });
		const long = { ...RELEASE, text: LONG };
		await assert.rejects(releaseRecipe(store, long), code("full"));
		assert.equal((await newest())?.version, 1);
		assert.equal(await unused(), undefined);
		await assertWhole();
		await releaseRecipe(store, { ...RELEASE, text: "# R\nr= 2\n" });
		await store.close();
		store = await openStore(file);
		assert.equal((await releaseRecipe(store, long)).version, 3);
		await assertWhole();
	});

	it("are whole or not there when the process is killed", async function () {
		this.timeout(30_000);
		const module = (path: string) => JSON.stringify(new URL(`../../${path}`, import.meta.url).href);
		const script = `
			import { openStore } from ${module("server/store/sqlite.js")};
			import { releaseRecipe } from ${module("server/operations.js")};
			const store = await openStore(${JSON.stringify(file)});
			for (let i = 0; ; i++) {
				const text = "# R\\nr= " + i + "\\n" + "\\n".padStart(100).repeat(40_000);
				process.stdout.write(".");
				await releaseRecipe(store, { ...${JSON.stringify(RELEASE)}, text });
			}`;
		for (const dots of [2, 3]) {
			const child = spawn(process.execPath, ["--input-type=module", "-e", script]);
			let told = 0;
			child.stdout.on("data", (chunk) => {
				told += String(chunk).length;
				if (told >= dots) child.kill("SIGKILL");
			});
			await once(child, "close");
			assert.ok((await newest())?.version, "nothing was released");
			await assertWhole();
		}
	});
});
