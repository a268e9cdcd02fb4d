/** Every bench runs, at its smallest, and its own checks hold; nothing here looks at a time. */
import assert from "node:assert/strict";
import { type BenchSize, quantile, ratio, show } from "../../bench/figure.js";
import { BENCH_NAMES, runBench } from "../../bench/main.js";

const SMOKE: BenchSize = "smoke";

describe("bench", function () {
	this.timeout(120_000);

	for (const name of BENCH_NAMES)
		it(`${name} runs, and what it measures is what it says`, async () => {
			const report = await runBench(name, SMOKE);
			assert.equal(report.bench, name);
			assert.ok(report.figures.length > 0);
			for (const figure of report.figures) {
				assert.ok(figure.ours >= 0 && figure.rival >= 0, JSON.stringify(figure));
				assert.ok(!Number.isNaN(ratio(figure)), JSON.stringify(figure));
			}
		});

	it("prints a line for each figure, with its ratio", () => {
		const figure = { figure: "seal", ours: 50, unit: "MB/s", against: "C", rival: 100 };
		const report = { bench: "b", claim: "c", figures: [figure], conditions: { pieces: 3 } };
		assert.match(show(report), /^seal +50 MB\/s +100 MB\/s +0\.50 +C$/m);
		assert.match(show(report), /\(pieces 3\)/);
	});

	it("takes a quantile among the samples, and none from nothing", () => {
		assert.equal(quantile([3, 1, 2], 0.5), 2);
		assert.equal(quantile([1, 2], 0.99), 2);
		assert.throws(() => quantile([], 0.5), /no sample/);
	});
});
