import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { utf8 } from "../../modules/bytes/bytes.js";
import type { NamedValue } from "../../modules/ports/fixture.js";
import { RecipeError } from "../../modules/recipe/error.js";
import {
	RecipeSummary,
	SETS_MAX,
	SetPicker,
	type Summary,
	selectSet,
} from "../../modules/recipe/sets.js";
import { checkRecipe } from "../../server/recipe-check.js";
import { Dice } from "../hostile/support.js";
import { cuttings } from "../support/cuttings.js";
import { placed } from "./support.js";

function summarize(bytes: Uint8Array): Summary {
	const summary = new RecipeSummary();
	for (let at = 0; at < bytes.length; at += 7) summary.write(bytes.subarray(at, at + 7));
	return summary.end();
}

function pick(bytes: Uint8Array, summary: Summary, set: number): readonly NamedValue[] {
	const picker = new SetPicker(summary, set);
	for (let at = 0; at < bytes.length; at += 5) picker.write(bytes.subarray(at, at + 5));
	return picker.end();
}

/** A file with sections of these many values; value `j` of section `i` is `10 i + j`. */
function file(counts: readonly number[]): Uint8Array {
	const lines = counts.map(
		(count, i) =>
			`# s${i}\n${Array.from({ length: count }, (_, j) => `v${j}= ${10 * i + j}\n`).join("")}`,
	);
	return utf8(lines.join("\n"));
}

const station1 = readFileSync(new URL("../../../recipes/station-1.params", import.meta.url));

describe("value sets", () => {
	it("counts the paper's file: 5, 4, 3 and 3 values, 180 sets", () => {
		assert.deepEqual(summarize(station1), {
			sections: [
				{ name: "Resistors", count: 5 },
				{ name: "Capacitors", count: 4 },
				{ name: "Inductors", count: 3 },
				{ name: "Current", count: 3 },
			],
			sets: 180,
		});
		assert.equal(checkRecipe(station1).sets, 180);
	});

	it("begins with the first of each section and varies the last fastest", () => {
		const summary = summarize(station1);
		const names = (set: number) =>
			pick(station1, summary, set)
				.map(({ name }) => name)
				.join(" ");
		assert.equal(names(0), "r1 c1 x1 i11");
		assert.equal(names(1), "r1 c1 x1 i23");
		assert.equal(names(3), "r1 c1 x2 i11");
		assert.equal(names(9), "r1 c2 x1 i11");
		assert.equal(names(36), "r2 c1 x1 i11");
		assert.equal(names(179), "r31 c4 x4 i45");
		assert.deepEqual(pick(station1, summary, 0)[0], {
			section: "Resistors",
			name: "r1",
			value: 350,
		});
	});

	it("visits every combination once, in rising order", () => {
		const summary = summarize(station1);
		const seen = Array.from({ length: summary.sets }, (_, set) => selectSet(summary, set).join());
		assert.equal(new Set(seen).size, summary.sets);
		assert.deepEqual([...seen].sort(), seen);
	});

	it("agrees with listing them, for any small file", () => {
		const counts = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 5 });
		fc.assert(
			fc.property(counts, fc.nat(), (drawn, n) => {
				let listed: number[][] = [[]];
				for (const [i, count] of drawn.entries()) {
					listed = listed.flatMap((set) =>
						Array.from({ length: count }, (_, j) => [...set, 10 * i + j]),
					);
				}
				const bytes = file(drawn);
				const summary = summarize(bytes);
				assert.equal(summary.sets, listed.length);
				const set = n % listed.length;
				assert.deepEqual(
					pick(bytes, summary, set).map(({ value }) => value),
					listed[set],
				);
			}),
		);
	});

	it("refuses a set number outside the range: that is a programmer's error", () => {
		const summary = summarize(station1);
		for (const set of [-1, 180, 0.5, NaN]) assert.throws(() => selectSet(summary, set), Error);
	});

	it("reads no further than the last value it needs", () => {
		const picker = new SetPicker(summarize(station1), 0);
		picker.write(station1.subarray(0, station1.length - 10));
		assert.equal(picker.complete, true);
		picker.write(utf8("=== not read"));
		assert.equal(picker.end().length, 4);
	});

	it("takes the middle sets of a recipe of nearly 2^53 sets, and refuses one of more", () => {
		const summary = summarize(file([1000, 1000, 1000, 1000, 9007]));
		assert.equal(summary.sets, 9.007e15);
		assert.deepEqual(selectSet(summary, summary.sets - 1), [999, 999, 999, 999, 9006]);
		assert.ok(summary.sets <= SETS_MAX);
		assert.throws(
			() => summarize(file([1000, 1000, 1000, 1000, 9008])),
			(error) => error instanceof RecipeError && error.code === "too-many-sets",
		);
	});

	it("says so where the file is not the one that was counted", () => {
		const summary = summarize(file([2, 3]));
		assert.throws(() => pick(file([2, 2]), summary, 5), /differs/);
	});
});

describe("recipe check", () => {
	it("is the same for a file in pieces, errors and their places included", () => {
		const line = fc.constantFrom("# a\n", "#b\n", "x=1\n", "y= 2\r\n", "\n", "x", "=", "é");
		const text = fc.array(line, { maxLength: 12 }).map((lines) => utf8(lines.join("")));
		fc.assert(
			fc.property(text, fc.nat(), (bytes, seed) => {
				const [whole, ...others] = cuttings(bytes, new Dice(seed)).map((pieces) =>
					placed(() => {
						const summary = new RecipeSummary();
						for (const piece of pieces) summary.write(piece);
						return summary.end();
					}),
				);
				for (const other of others) assert.deepEqual(other, whole);
			}),
			{ numRuns: 500 },
		);
	});

	it("finds a name given twice in a section, but not in two", () => {
		assert.equal(checkRecipe(utf8("#a\nx=1\n#b\nx=2\n")).sets, 1);
		assert.throws(
			() => checkRecipe(utf8("#a\nx=1\ny=2\nx=3\n")),
			(error) =>
				error instanceof RecipeError && error.code === "duplicate-name" && error.line === 4,
		);
	});
});
