import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { utf8 } from "../../modules/bytes/bytes.js";
import { RecipeError, type RecipeErrorCode } from "../../modules/recipe/error.js";
import { judge, parseLimits } from "../../server/core/limits.js";
import { checkRecipe } from "../../server/recipe-check.js";
import { placed } from "../recipe/support.js";

const limits = parseLimits(
	"# resonance\nmin= 1400\nmax= 1600\n\n# q-factor\nmin= .5\n# offset\nmax=-1",
);

function readings(resonance: number, q: number, offset: number) {
	return [
		{ name: "resonance", value: resonance },
		{ name: "q-factor", value: q },
		{ name: "offset", value: offset },
	];
}

describe("limits", () => {
	it("reads minima and maxima by reading", () => {
		assert.deepEqual(
			[...limits],
			[
				["resonance", { min: 1400, max: 1600 }],
				["q-factor", { min: 0.5, max: Infinity }],
				["offset", { min: -Infinity, max: -1 }],
			],
		);
	});

	it("passes what lies within, ends included", () => {
		assert.equal(judge(limits, readings(1500, 3, -2)), true);
		assert.equal(judge(limits, readings(1400, 0.5, -1)), true);
		assert.equal(judge(limits, readings(1600, 1e300, -1e300)), true);
	});

	it("fails what lies outside at either end", () => {
		assert.equal(judge(limits, readings(1399.9, 3, -2)), false);
		assert.equal(judge(limits, readings(1600.1, 3, -2)), false);
		assert.equal(judge(limits, readings(1500, 0.4, -2)), false);
		assert.equal(judge(limits, readings(1500, 3, -0.9)), false);
		assert.equal(judge(limits, readings(NaN, 3, -2)), false);
	});

	it("fails a limited reading that is missing or there twice", () => {
		assert.equal(judge(limits, readings(1500, 3, -2).slice(1)), false);
		assert.equal(judge(limits, []), false);
		assert.equal(judge(limits, [...readings(1500, 3, -2), { name: "offset", value: -2 }]), false);
	});

	it("does not judge other readings", () => {
		assert.equal(judge(limits, [...readings(1500, 3, -2), { name: "noise", value: 9 }]), true);
	});

	const errors: readonly [string, string, RecipeErrorCode, number][] = [
		["an empty file", "", "empty", 1],
		["a heading that is no reading", "# Resonance\nmin=1\n", "section-name", 2],
		["another bound", "# a\nmin=1\nmean=2\n", "limit", 3],
		["a bound twice", "# a\nmin=1\nmin=2\n", "duplicate-name", 3],
		["a minimum above the maximum", "# a\nmax=1\nmin=2\n", "limit", 3],
		["a reading twice", "# a\nmax=1\n# a\nmin=0\n", "duplicate-section", 3],
		["a reading without bounds", "# a\n# b\nmin=0\n", "empty-section", 1],
		["a bound that is no number", "# a\nmax=high\n", "value", 2],
	];
	for (const [what, text, code, line] of errors) {
		it(`refuses ${what}`, () => {
			assert.throws(
				() => parseLimits(text),
				(error) => error instanceof RecipeError && error.code === code && error.line === line,
			);
		});
	}

	for (const [station, sets] of [
		["station-1", 180],
		["station-2", 120],
		["station-3", 48],
	] as const) {
		it(`comes with ${station}'s recipe`, () => {
			const read = (ext: string) =>
				readFileSync(new URL(`../../../recipes/${station}.${ext}`, import.meta.url));
			assert.equal(checkRecipe(read("params")).sets, sets);
			assert.ok(parseLimits(read("limits")).size >= 3);
		});
	}

	it("reads back whatever limits are written", () => {
		const decimal = fc.integer({ min: -1e6, max: 1e6 }).map((number) => number / 1000);
		const limit = fc.tuple(decimal, decimal).map(([a, b]) => [Math.min(a, b), Math.max(a, b)]);
		const name = fc.stringMatching(/^[a-z][a-z0-9._-]{0,10}$/);
		fc.assert(
			fc.property(fc.dictionary(name, limit, { minKeys: 1, maxKeys: 16 }), (drawn) => {
				const lines = Object.entries(drawn).map(
					([reading, [min, max]]) => `# ${reading}\nmax= ${max}\nmin= ${min}\n`,
				);
				const expected = Object.entries(drawn).map(([reading, [min, max]]) => [
					reading,
					{ min, max },
				]);
				assert.deepEqual([...parseLimits(lines.join("\n"))], expected);
			}),
		);
	});

	it("takes any bytes or says where they are wrong", () => {
		const piece = fc.constantFrom(
			"#a\n",
			"min=1\n",
			"max= -2\n",
			"max=3\n",
			"# b",
			"\n",
			"x=1\n",
			"é",
		);
		const text = fc.array(piece, { maxLength: 10 }).map((parts) => utf8(parts.join("")));
		fc.assert(
			fc.property(fc.oneof(text, fc.uint8Array({ maxLength: 60 })), (bytes) => {
				const read = placed(() => parseLimits(bytes));
				assert.ok("size" in read ? read.size > 0 : read.line >= 1 && read.column >= 1);
			}),
			{ numRuns: 500 },
		);
	});
});
