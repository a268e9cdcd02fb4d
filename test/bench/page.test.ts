import assert from "node:assert/strict";
import { summary } from "../../bench/measure.js";
import { benchPage } from "../../bench/page/page.js";
import { type Curve, curveTable, exact, type Report, show } from "../../bench/report.js";
import { measure } from "../../bench/targets.js";
import { makeScale } from "../../host-sim/page/scale.js";

const CURVE: Curve = {
	title: "Speed <by> size",
	x: { label: "size", unit: "B", isLogarithmic: true },
	y: { label: "throughput", unit: "MB/s", isLogarithmic: true },
	series: [
		{
			name: "ours & others",
			isOurs: true,
			points: [
				{ x: 65_536, y: summary([9, 10, 12]) },
				{ x: 1_048_576, y: exact(100) },
			],
		},
		{ name: "rival", isOurs: false, points: [{ x: 65_536, y: exact(20) }] },
	],
};
const REPORT: Report = {
	bench: "aead",
	claim: "it is fast",
	figures: [
		{ figure: "seal", ours: exact(50), unit: "MB/s", against: "C", rival: exact(100) },
		{ figure: "alone", ours: exact(7), unit: "ms" },
	],
	curves: [CURVE],
	measures: [measure("open-xs", exact(0.5))],
	conditions: { pieces: 3 },
};
const MACHINE = {
	processor: "a processor",
	cores: 2,
	memory: 2 ** 34,
	kernel: "6",
	diskFlushMs: 0.5,
	versions: { Node: "20" },
};

describe("the benches' page", () => {
	const page = benchPage({
		machine: MACHINE,
		size: "quick",
		reports: [REPORT],
		measures: REPORT.measures,
	});

	it("shows targets, figures, plots and their tables, and how to reproduce them", () => {
		assert.match(page, /<td><span class="missed">missed<\/span><\/td>/);
		assert.match(page, /<td>seal<\/td><td>50 MB\/s<\/td><td>100 MB\/s<\/td><td>0\.50<\/td>/);
		assert.match(page, /<pre>npm run bench -- aead --quick --html FILE<\/pre>/);
		assert.match(page, /<td>64 KiB<\/td><td>10 \(9 to 12\)<\/td><td>20<\/td>/);
		assert.match(page, /a processor, 2 cores, 16\.0 GiB/);
	});

	it("draws every point within the plot, ours through and rivals dashed by their class", () => {
		const [svg = ""] = /<svg viewBox="0 0 640[\s\S]*?<\/svg>/.exec(page) ?? [];
		assert.equal([...svg.matchAll(/<circle /g)].length, 2);
		assert.match(svg, /<g class="c0 ours">/);
		assert.match(svg, /<g class="c1 rival">/);
		for (const [, x, y] of svg.matchAll(/<circle cx="([\d.]+)" cy="([\d.]+)"/g)) {
			assert.ok(Number(x) >= 62 && Number(x) <= 622, x);
			assert.ok(Number(y) >= 14 && Number(y) <= 290, y);
		}
		assert.match(svg, /throughput, MB\/s/);
	});

	it("escapes what it is given, loads nothing and runs nothing", () => {
		assert.ok(page.includes("Speed &lt;by&gt; size"));
		assert.ok(page.includes("ours &amp; others"));
		assert.doesNotMatch(page, /<script|<link|<img|https?:|style="/);
	});

	it("prints a line for each figure, with its ratio where there is a rival", () => {
		const text = show(REPORT);
		assert.match(text, /^seal +50 MB\/s +100 MB\/s +0\.50 +C$/m);
		assert.match(text, /^alone +7 ms$/m);
		assert.match(text, /\(pieces 3\)/);
	});

	it("has a row for each place on the x axis, and a dash where a series has no point", () => {
		assert.deepEqual(curveTable(CURVE).rows, [
			["64 KiB", "10 (9 to 12)", "20"],
			["1 MiB", "100", "-"],
		]);
	});
});

describe("scale", () => {
	it("places values between its ends, on a line and on a logarithmic scale", () => {
		const linear = makeScale([0, 50, 100], false, [0, 120]);
		assert.equal(linear.place(0), 0);
		assert.ok(linear.place(100) <= 120);
		assert.equal(linear.place(50) * 2, linear.place(100));
		const logarithmic = makeScale([1, 100], true, [0, 100]);
		assert.ok(Math.abs(logarithmic.place(10) - 50) < 1e-9);
		assert.ok(logarithmic.place(1) > 0 && logarithmic.place(100) < 100);
	});

	it("marks few round numbers, all within its ends", () => {
		for (const [values, isLogarithmic] of [
			[[3, 97], false],
			[[0.001, 20_000], true],
			[[40, 60], true],
			[[0, 0], false],
			[[0, 398.8], false],
		] as const) {
			const { ticks, place } = makeScale(values, isLogarithmic, [0, 100]);
			assert.ok(ticks.length >= 2 && ticks.length <= 12, `${values}: ${ticks}`);
			for (const tick of ticks)
				assert.ok(place(tick) >= -1e-9 && place(tick) <= 100 + 1e-9, `${values}: ${tick}`);
		}
	});
});
