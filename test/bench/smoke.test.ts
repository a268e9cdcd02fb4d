/** Every bench runs, at its smallest, and its own checks hold; nothing here looks at a time. */
import assert from "node:assert/strict";
import { BENCH_NAMES, runBench } from "../../bench/main.js";
import { type BenchSize, show } from "../../bench/report.js";

const SMOKE: BenchSize = "smoke";

describe("bench", function () {
	this.timeout(180_000);

	for (const name of BENCH_NAMES)
		it(`${name} runs, and what it measures is what it says`, async () => {
			const report = await runBench(name, SMOKE);
			assert.equal(report.bench, name);
			assert.ok(report.figures.length > 0);
			for (const figure of report.figures)
				for (const part of [figure.ours, figure.rival, figure.ratio])
					for (const value of part ? [part.low, part.median, part.high] : [])
						assert.ok(Number.isFinite(value) && value >= 0, JSON.stringify(figure));
			for (const { title, series } of report.curves)
				for (const { name: of, points } of series)
					assert.ok(points.length > 0, `${title}: nothing of ${of}`);
			assert.ok(show(report).startsWith(`${name}: `));
		});
});
