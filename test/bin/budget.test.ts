/** `interlock budget`, without measuring; what it measures is test/mcu/budget.test.ts's. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TABLE } from "../../host-sim/mcu-emulator/budget/check.js";
import { budgetPage } from "../../host-sim/mcu-emulator/budget/page.js";
import { readReleases, whole } from "../../host-sim/mcu-emulator/budget/table.js";
import { interlock } from "./support.js";

describe("interlock budget", () => {
	it("shows every figure of the committed budget", () => {
		const { status, stdout } = interlock("budget", "--no-measure");
		assert.equal(status, 0, stdout);
		for (const [figure, value] of Object.entries(readReleases(TABLE).at(-1)?.figures ?? {})) {
			const name = figure.slice(figure.indexOf("/") + 1);
			const lines = stdout.split("\n").filter((each) => each.startsWith(`${name} `));
			assert.ok(
				lines.some((line) => line.includes(` ${whole(value)} `)),
				`${figure}: ${lines}`,
			);
		}
	});

	it("prints JSON with each figure beside the budget", () => {
		const { status, stdout } = interlock("budget", "--no-measure", "--json");
		assert.equal(status, 0);
		const budget = readReleases(TABLE).at(-1)?.figures ?? {};
		const said = JSON.parse(stdout);
		assert.equal(said.rows.length, Object.keys(budget).length);
		assert.deepEqual([said.complaints, said.broken], [[], []]);
		assert.deepEqual(said.figures, budget);
	});

	it("writes the page of the committed table", () => {
		const folder = mkdtempSync(join(tmpdir(), "interlock-budget-"));
		try {
			const html = join(folder, "page.html");
			assert.equal(interlock("budget", "--no-measure", "--html", html).status, 0);
			assert.equal(readFileSync(html, "utf8"), budgetPage(readReleases(TABLE)));
		} finally {
			rmSync(folder, { recursive: true });
		}
	});

	it("records nothing without a reason, or without having measured", () => {
		const before = readFileSync(TABLE, "utf8");
		const empty = interlock("budget", "--record", "  ");
		assert.equal(empty.status, 2);
		assert.match(empty.stderr, /must say why the budget changes/);
		const unmeasured = interlock("budget", "--no-measure", "--record", "it is so");
		assert.equal(unmeasured.status, 2);
		assert.match(unmeasured.stderr, /--no-measure leaves out/);
		assert.equal(readFileSync(TABLE, "utf8"), before);
	});
});
