import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { quantile, ratios, summary, takeTurns } from "../../bench/measure.js";
import { type MeasureId, measure, TARGETS } from "../../bench/targets.js";

const FIGURES = fileURLToPath(new URL("../../../docs/figures.md", import.meta.url));

describe("measure", () => {
	it("takes a quantile among the samples, and none from nothing", () => {
		assert.equal(quantile([3, 1, 2], 0.5), 2);
		assert.equal(quantile([1, 2], 0.99), 2);
		assert.throws(() => quantile([], 0.5), /no sample/);
		assert.throws(() => summary([]), /no sample/);
	});

	it("gives the extremes of a few samples and the quartiles of many", () => {
		assert.deepEqual(summary([4, 1, 2, 9]), {
			median: 3,
			low: 1,
			high: 9,
			of: "min-max",
			samples: 4,
		});
		assert.deepEqual(summary([1, 2, 3, 4, 100, 6, 7]), {
			median: 4,
			low: 2,
			high: 7,
			of: "interquartile",
			samples: 7,
		});
	});

	it("compares contenders round by round, and only as many rounds as both ran", () => {
		assert.deepEqual(ratios([1, 6], [2, 3]), [0.5, 2]);
		assert.throws(() => ratios([1], [1, 2]), /different numbers of rounds/);
	});

	it("lets every contender run once a round, and none always after the same other", async () => {
		const order: string[][] = [];
		const run = (name: string) => async (round: number) => {
			order[round] = [...(order[round] ?? []), name];
			return name;
		};
		const results = await takeTurns(6, { a: run("a"), b: run("b"), c: run("c") });
		assert.deepEqual([...results.values()].flat().length, 18);
		for (const round of order) assert.deepEqual([...round].sort(), ["a", "b", "c"]);
		assert.equal(new Set(order.map((round) => round[0])).size, 3);
		assert.ok(order.some((round) => round.indexOf("a") > round.indexOf("b")));
		assert.ok(order.some((round) => round.indexOf("a") < round.indexOf("b")));
	});

	it("holds a value to its target on the right side of it", () => {
		const value = (number: number) => summary([number]);
		assert.equal(measure("open-xs", value(0.85)).met, true);
		assert.equal(measure("open-xs", value(0.84)).met, false);
		assert.equal(measure("attempt", value(2)).met, true);
		assert.equal(measure("attempt", value(2.01)).met, false);
		assert.equal(measure("transfer-paper", value(1)).met, false);
		assert.equal(measure("transfer-paper", value(1.01)).met, true);
		assert.equal(measure("bytes-message", value(98)).target, "at most 97 B");
	});

	it("is promised in docs/figures.md with the same words and target", () => {
		const rows = readFileSync(FIGURES, "utf8").split("\n");
		for (const id of Object.keys(TARGETS) as MeasureId[]) {
			const { target } = measure(id, summary([1]));
			const row = `| \`${id}\` | ${TARGETS[id].what} | ${target} |`;
			assert.ok(
				rows.some((each) => each.startsWith(row)),
				row,
			);
		}
	});
});
