import assert from "node:assert/strict";
import { budgetPage } from "../../host-sim/mcu-emulator/budget/page.js";
import type { Release } from "../../host-sim/mcu-emulator/budget/table.js";

const OLD: Release = {
	version: "1.0.0",
	date: "2026-01-31",
	tools: { gcc: "12.2.0", QEMU: "7.2 <&>" },
	figures: {
		"ram/XS slots": 300_000,
		"ram/never touched": 109_600,
		"firmware/XS": 300_000,
		"image/bytecode modules/station": 90_000,
		"work/handshake": 400_000_000,
	},
	explanations: [{ date: "2026-01-31", why: "the first", changes: [] }],
};
const NEW: Release = {
	...OLD,
	version: "1.1.0",
	figures: { ...OLD.figures, "ram/XS slots": 250_000, "ram/never touched": 159_600 },
	explanations: [
		{
			date: "2026-02-01",
			why: "<script>fewer</script> & smaller",
			changes: [{ figure: "ram/XS slots", from: 300_000, to: 250_000 }],
		},
	],
};

/** Rectangles of a plot: bottom and top in the plot's own lengths. */
function bars(page: string, id: string): { y: number; height: number; kind: string }[] {
	const [svg = ""] =
		new RegExp(`<svg[^>]*aria-labelledby="${id}"[\\s\\S]*?</svg>`).exec(page) ?? [];
	const form = /<rect class="(\w+)" x="[\d.]+" y="([\d.]+)" width="[\d.]+" height="([\d.]+)"\/>/g;
	return [...svg.matchAll(form)].map(([, kind = "", y, height]) => ({
		...{ kind, y: Number(y), height: Number(height) },
	}));
}

describe("the budgets' page", () => {
	const page = budgetPage([OLD, NEW]);

	it("shows every figure of the newest release, with the one before and the change", () => {
		assert.match(
			page,
			/<td class="">XS slots<\/td><td class="size">250,000<\/td><td class="size">61\.0 %<\/td><td class="size">300,000<\/td><td class="size">-16\.7 %<\/td>/,
		);
		assert.match(page, /<td class="">handshake<\/td><td class="size">400,000,000<\/td>/);
	});

	it("draws a column for each release, its parts one above the other and as long as they are large", () => {
		const [slots, free, ...second] = bars(page, "plot-ram");
		assert.equal(second.length, 2);
		assert.ok(slots && free);
		assert.equal(free.kind, "rest");
		assert.ok(Math.abs(slots.height / free.height - 300_000 / 109_600) < 0.02);
		assert.ok(Math.abs(free.y + free.height - slots.y) < 0.2);
		assert.ok(Math.abs((second[1]?.y ?? 0) - free.y) < 0.2, "both have the same RAM");
	});

	it("draws a line for work, with a point for each release", () => {
		const [svg = ""] = /<svg[^>]*aria-labelledby="plot-work-0"[\s\S]*?<\/svg>/.exec(page) ?? [];
		assert.equal([...svg.matchAll(/<circle /g)].length, 2);
		assert.match(svg, /million instructions/);
	});

	it("says why figures changed, newest first", () => {
		assert.ok(page.indexOf("smaller") < page.indexOf("the first"));
		assert.match(page, /300,000<\/td><td class="size">250,000/);
	});

	it("escapes what it is given, loads nothing and runs nothing", () => {
		assert.ok(page.includes("&lt;script&gt;fewer&lt;/script&gt; &amp; smaller"));
		assert.ok(page.includes("7.2 &lt;&amp;&gt;"));
		assert.doesNotMatch(page, /<script|<link|<img|https?:|style="|url\(/);
	});

	it("is for light and dark, and the same for the same table", () => {
		assert.match(page, /prefers-color-scheme: dark/);
		assert.equal(page, budgetPage([OLD, NEW]));
	});

	it("shows a first release without one before", () => {
		assert.match(budgetPage([OLD]), /<td class="">XS slots<\/td><td class="size">300,000<\/td>/);
	});
});
