/** Recipes and limits, as files that people write and as streams in pieces. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { RecipeError } from "../../../modules/recipe/error.js";
import { SetPicker } from "../../../modules/recipe/sets.js";
import { judge, parseLimits } from "../../../server/core/limits.js";
import { checkRecipe } from "../../../server/recipe-check.js";
import { Dice, RECIPES } from "../../hostile/support.js";
import { parsed, placed, SegmentedFile } from "../../recipe/support.js";
import { cuttings } from "../../support/cuttings.js";
import type { Subject } from "../subject.js";
import { RECIPE_TOKENS } from "../tokens.js";

function filesIn(end: string): Uint8Array[] {
	return readdirSync(RECIPES)
		.filter((name) => name.endsWith(end))
		.map((name) => new Uint8Array(readFileSync(join(RECIPES, name))));
}

function stream(input: Uint8Array): void {
	const [whole, ...others] = cuttings(input, new Dice(input.length)).map((pieces) =>
		placed(() => parsed(pieces)),
	);
	for (const other of others) assert.deepEqual(other, whole);
	if (whole && "code" in whole) assert.ok(whole.line >= 1 && whole.column >= 1);
}

/** The full check, and then the last set, which takes the longest way through the file. */
function pick(input: Uint8Array): void {
	const summary = checkRecipe(input);
	const picker = new SetPicker(summary, summary.sets - 1);
	picker.write(input);
	const picked = picker.end();
	assert.equal(picked.length, summary.sections.length);
	// A station, which looks at few bytes of a file that was checked, comes to the same.
	const file = new SegmentedFile(input, 64);
	assert.equal(file.sets, summary.sets);
	assert.deepEqual(file.pick(summary.sets - 1), picked);
}

/** A station's way through a file that nobody checked. */
function outlined(input: Uint8Array): void {
	const file = new SegmentedFile(input, 64);
	for (const set of new Set([0, Math.floor(file.sets / 2), file.sets - 1])) file.pick(set);
}

export const recipeSubjects: readonly Subject[] = [
	{
		name: "recipe",
		seeds: filesIn(".params"),
		work: pick,
		errors: [RecipeError],
		tokens: RECIPE_TOKENS,
		cost: 4,
	},
	{
		name: "recipe-outline",
		seeds: filesIn(".params"),
		work: outlined,
		errors: [RecipeError],
		tokens: RECIPE_TOKENS,
		cost: 4,
	},
	{
		name: "recipe-stream",
		seeds: filesIn(".params"),
		work: stream,
		errors: [],
		tokens: RECIPE_TOKENS,
		cost: 12,
	},
	{
		name: "limits",
		seeds: filesIn(".limits"),
		work: (input) => judge(parseLimits(input), [{ name: "q", value: 1 }]),
		errors: [RecipeError],
		tokens: RECIPE_TOKENS,
	},
];
