import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RecipeError } from "../../modules/recipe/error.js";
import {
	acceptJournal,
	lineReport,
	OperationError,
	RECIPE_SIZE_MAX,
	RELEASE_MAX,
	rejectUnit,
	releaseRecipe,
	releaseUnits,
	showUnit,
} from "../../server/operations.js";
import { unitData } from "../../server/requests.js";
import { openStore } from "../../server/store/sqlite.js";
import type { Store } from "../../server/store/store.js";

const RELEASE = {
	station: "line.one",
	id: "trim",
	text: "# R\nr1= 1\nr2= 2\n",
	limitsText: "# q\nmin= 1\n",
};

describe("operations", () => {
	let directory: string;
	let store: Store;

	beforeEach(async () => {
		directory = mkdtempSync(join(tmpdir(), "interlock-operations-"));
		store = await openStore(join(directory, "interlock.db"));
	});
	afterEach(async () => {
		await store.close();
		rmSync(directory, { recursive: true });
	});

	const refused = (code: OperationError["code"]) => (error: unknown) =>
		error instanceof OperationError && error.code === code;
	const journal = () => store.read((tx) => tx.journalNumber());

	it("releases a recipe as the next version, and once", async () => {
		const first = await releaseRecipe(store, RELEASE);
		assert.deepEqual([first.version, first.sets, first.isNew], [1, 2, true]);
		const same = await releaseRecipe(store, RELEASE);
		assert.deepEqual([same.version, same.isNew], [1, false]);
		const changes = [{ limitsText: "# q\nmin= 2\n" }, { text: "# R\nr1= 1\n" }, { attemptsMax: 3 }];
		let version = 1;
		for (const change of changes) {
			const next = await releaseRecipe(store, { ...RELEASE, ...change });
			assert.deepEqual([next.version, next.isNew], [++version, true]);
		}
		assert.equal((await releaseRecipe(store, { ...RELEASE, station: "line.two" })).version, 1);
	});

	it("makes the recipe released last the station's, also one it had before", async () => {
		await releaseRecipe(store, RELEASE);
		await releaseRecipe(store, { ...RELEASE, id: "other" });
		assert.equal((await releaseRecipe(store, RELEASE)).version, 2);
		const newest = await store.read((tx) => tx.newestRecipe("line.one"));
		assert.deepEqual([newest?.id, newest?.version], ["trim", 2]);
	});

	it("refuses a recipe or limits that are none, with line and column, and releases nothing", async () => {
		const wrong = [{ text: "# R\nr1 = one\n" }, { text: "" }, { limitsText: "# q\nmax= x\n" }];
		for (const change of wrong)
			await assert.rejects(
				releaseRecipe(store, { ...RELEASE, ...change }),
				(error) => error instanceof RecipeError && error.line > 0,
			);
		const names = [{ station: "one" }, { id: "Trim" }, { attemptsMax: 0 }, { attemptsMax: 1.5 }];
		for (const change of names)
			await assert.rejects(releaseRecipe(store, { ...RELEASE, ...change }), refused("name"));
		const text = new Uint8Array(RECIPE_SIZE_MAX + 1);
		const slotSize = 64 * 1024 * 1024;
		await assert.rejects(releaseRecipe(store, { ...RELEASE, text, slotSize }), refused("size"));
		const large = `# R\n${"r= 1\n".repeat(220_000)}`;
		await assert.rejects(releaseRecipe(store, { ...RELEASE, text: large }), (error) => {
			assert.match((error as Error).message, /a slot of .* has 1048576: make it smaller/);
			return refused("size")(error);
		});
		assert.equal(await journal(), 0);
	});

	it("releases units in order, leaves known ones alone, and refuses all where one is no serial", async () => {
		assert.deepEqual(await releaseUnits(store, "line", ["B", "A"]), {
			released: ["B", "A"],
			known: [],
		});
		assert.deepEqual(await releaseUnits(store, "line", ["A", "C"]), {
			released: ["C"],
			known: ["A"],
		});
		await assert.rejects(releaseUnits(store, "line", ["D", "no good"]), refused("name"));
		await assert.rejects(releaseUnits(store, "Line", ["D"]), refused("name"));
		const { units } = await lineReport(store, "line");
		assert.deepEqual(
			units.map(({ serial }) => serial),
			["B", "A", "C"],
		);
		const many = Array.from({ length: RELEASE_MAX + 1 }, (_, i) => `U-${i}`);
		await assert.rejects(releaseUnits(store, "line", many), refused("size"));
	});

	it("takes a unit off the line once", async () => {
		await releaseUnits(store, "line", ["A"]);
		await rejectUnit(store, "A");
		const unit = await showUnit(store, "A");
		assert.deepEqual([unit?.stage, unit?.reason], ["rejected", "removed"]);
		assert.ok(unit?.endedMs);
		await assert.rejects(rejectUnit(store, "A"), refused("state"));
		await assert.rejects(rejectUnit(store, "X"), refused("unknown"));
		assert.equal(await showUnit(store, "X"), undefined);
	});

	it("keeps in the journal what the unit became", async () => {
		await releaseUnits(store, "line", ["A"]);
		await rejectUnit(store, "A");
		const entries = await store.read((tx) => tx.journal(0, 10));
		assert.deepEqual(
			entries.map(({ kind, serial }) => [kind, serial]),
			[
				["released", "A"],
				["rejected", "A"],
			],
		);
		const shown = await showUnit(store, "A");
		assert.ok(shown);
		const { releasedMs: _, endedMs: __, attempts: ___, logs: ____, ...unit } = shown;
		assert.deepEqual(entries[1]?.data.unit, JSON.parse(JSON.stringify(unitData(unit))));
	});

	it("goes on above the number that a station has seen", async () => {
		await assert.rejects(acceptJournal(store, "line"), refused("state"));
		await store.write((tx) => tx.setMeta("behind/line", "500"));
		assert.equal((await lineReport(store, "line")).held, true);
		await acceptJournal(store, "line");
		assert.equal(await journal(), 501);
		await releaseUnits(store, "line", ["A"]);
		assert.equal(await journal(), 502);
		assert.equal((await lineReport(store, "line")).held, false);
	});
});
