import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RAM_SIZE, UNTOUCHED } from "../../host-sim/mcu-emulator/budget/figures.js";
import {
	BudgetError,
	brokenLimits,
	compare,
	complaints,
	type Release,
	readReleases,
	record,
	writeReleases,
} from "../../host-sim/mcu-emulator/budget/table.js";

const FIGURES = { "ram/XS slots": 1000, "ram/XS chunks": 500, "work/handshake": 1_000_000 };
const RELEASE = { version: "1.0.0", date: "2026-01-31", tools: { gcc: "12" }, figures: FIGURES };
const FIRST: Release = { ...RELEASE, explanations: [] };

function verdicts(now: Readonly<Record<string, number>>): Record<string, string> {
	return Object.fromEntries(compare(FIGURES, now).map(({ figure, verdict }) => [figure, verdict]));
}

function code(of: BudgetError["code"]): (error: unknown) => boolean {
	return (error) => error instanceof BudgetError && error.code === of;
}

describe("budget", () => {
	it("takes a change of 2 % on either side, and no more", () => {
		assert.deepEqual(verdicts({ ...FIGURES, "ram/XS slots": 1020, "ram/XS chunks": 490 }), {
			"ram/XS slots": "within",
			"ram/XS chunks": "within",
			"work/handshake": "within",
		});
		const now = { ...FIGURES, "ram/XS slots": 1021, "ram/XS chunks": 489 };
		assert.equal(verdicts(now)["ram/XS slots"], "above");
		assert.equal(verdicts(now)["ram/XS chunks"], "below");
		assert.deepEqual(complaints(compare(FIGURES, now)), [
			"ram/XS slots: 1,021, 2.1 % above the budget of 1,000",
			"ram/XS chunks: 489, 2.2 % below the budget of 500",
		]);
	});

	it("complains of a figure that is gone, of a new one, and of something where there was nothing", () => {
		const { "ram/XS slots": slots, ...others } = FIGURES;
		const now = { ...others, "ram/lwIP": slots };
		assert.deepEqual(complaints(compare(FIGURES, now)), [
			"ram/lwIP: 1,000, which the budget does not have",
			"ram/XS slots: not measured any more; the budget has 1,000",
		]);
		const [nothing] = complaints(compare({ "ram/lwIP": 0 }, { "ram/lwIP": 1 }));
		assert.equal(nothing, "ram/lwIP: 1, all of it above the budget of 0");
		assert.deepEqual(complaints(compare({ "ram/lwIP": 0 }, { "ram/lwIP": 0 })), []);
	});

	it("has limits that no explanation moves", () => {
		const good = { [UNTOUCHED]: 65_536, "ram/XS slots": RAM_SIZE - 65_536 };
		assert.deepEqual(brokenLimits(good), []);
		assert.match(brokenLimits({ ...good, [UNTOUCHED]: 65_535 }).join(), /never touched: 65,535 B/);
		assert.match(brokenLimits({ ...good, "ram/lwIP": 1 }).join(), /^RAM: 409,601 B/);
		const flash = { ...good, "firmware/XS": 2 ** 20, "image/bytecode": 2 ** 20 };
		assert.deepEqual(brokenLimits(flash), []);
		assert.match(brokenLimits({ ...flash, "firmware/lwIP": 1 }).join(), /^flash/);
	});
});

describe("table of budgets", () => {
	it("takes a record with an explanation, and says what changed by how much", () => {
		const now = { ...RELEASE, date: "2026-02-01", figures: { ...FIGURES, "ram/XS slots": 2000 } };
		const [only, ...others] = record([FIRST], now, " a second table of names ");
		assert.equal(others.length, 0);
		assert.deepEqual(only?.figures, now.figures);
		assert.deepEqual(only?.explanations, [
			{
				date: "2026-02-01",
				why: "a second table of names",
				changes: [{ figure: "ram/XS slots", from: 1000, to: 2000 }],
			},
		]);
	});

	it("keeps earlier explanations of a version, and begins a release with a new version", () => {
		const twice = record(record([FIRST], RELEASE, "one"), RELEASE, "two");
		assert.deepEqual(
			twice.at(-1)?.explanations.map(({ why }) => why),
			["one", "two"],
		);
		const next = record(twice, { ...RELEASE, version: "1.1.0" }, "three");
		assert.deepEqual(
			next.map(({ version, explanations }) => [version, explanations.length]),
			[
				["1.0.0", 2],
				["1.1.0", 1],
			],
		);
	});

	it("begins with whatever is measured first", () => {
		assert.deepEqual(record([], RELEASE, "the first")[0]?.explanations[0]?.changes, []);
	});

	it("refuses an empty explanation", () => {
		for (const why of ["", "  \n"])
			assert.throws(() => record([FIRST], RELEASE, why), code("explanation"));
	});

	it("is read as it was written, and refused where it is damaged", () => {
		const folder = mkdtempSync(join(tmpdir(), "interlock-budget-"));
		try {
			const file = join(folder, "releases.json");
			assert.deepEqual(readReleases(file), []);
			writeReleases(file, [FIRST]);
			assert.deepEqual(readReleases(file), [FIRST]);
			const broken = { ...FIRST, figures: { "ram/XS slots": -1 } };
			for (const text of [
				"{",
				"{}",
				JSON.stringify({ releases: [{}] }),
				JSON.stringify({ releases: [broken] }),
			]) {
				writeFileSync(file, text);
				assert.throws(() => readReleases(file), code("table"), text);
			}
		} finally {
			rmSync(folder, { recursive: true });
		}
	});
});
