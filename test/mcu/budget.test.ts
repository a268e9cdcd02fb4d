/**
 * The chip's budget: what a station needs is what the committed table says, within 2 %, and its limits hold. A change is
 * explained with `bin/interlock budget --record "WHY"`, which writes the table and the reason into it.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ADVICE, check, TABLE } from "../../host-sim/mcu-emulator/budget/check.js";
import { membersOf, RAM_SIZE, sumOf } from "../../host-sim/mcu-emulator/budget/figures.js";
import { type Measured, measure } from "../../host-sim/mcu-emulator/budget/measure.js";
import { budgetPage } from "../../host-sim/mcu-emulator/budget/page.js";
import { readReleases } from "../../host-sim/mcu-emulator/budget/table.js";
import { WORK } from "../../host-sim/mcu-emulator/budget/work.js";

const root = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));

describe("the chip's budget", () => {
	const releases = readReleases(TABLE);
	let measured: Measured;

	before(async function () {
		this.timeout(600_000);
		measured = await measure();
	});

	it("is kept: no figure lies more than 2 % from the committed one, none is new, none is gone", () => {
		const { complaints, notes } = check(releases, measured);
		assert.deepEqual(complaints, [], [...complaints, ...notes, ADVICE].join("\n"));
	});

	it("is within its limits", () => {
		assert.deepEqual(check(releases, measured).broken, []);
	});

	it("says whose all of the RAM is, and what each piece of work takes", () => {
		assert.equal(sumOf(measured.figures, "ram"), RAM_SIZE);
		for (const figure of Object.values(WORK))
			assert.ok((measured.figures[figure] ?? 0) > 0, figure);
		assert.equal(membersOf(measured.figures, "work").length, Object.keys(WORK).length);
	});

	it("has a committed page, which is that of the committed table", () => {
		const file = "docs/chip-budgets.html";
		const page = readFileSync(join(root, file), "utf8");
		const say = `write it anew: bin/interlock budget --no-measure --html ${file}`;
		assert.ok(page === budgetPage(releases), say);
	});

	it("is that of the version in package.json", () => {
		assert.equal(releases.at(-1)?.version, measured.version);
	});
});
