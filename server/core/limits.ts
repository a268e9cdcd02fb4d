/**
 * Acceptance limits: bounds on a unit's readings, kept by the server and never shown to a station.
 *
 * The file has the recipe's grammar (modules/recipe/line.ts): a section for each limited reading, with `min`, `max` or
 * both, in either order.
 *
 *     # resonance
 *     min= 1400
 *     max= 1600
 */
import { utf8 } from "../../modules/bytes/bytes.js";
import { isReadingName } from "../../modules/bytes/names.js";
import type { Reading } from "../../modules/ports/fixture.js";
import { RecipeError } from "../../modules/recipe/error.js";
import { RecipeParser } from "../../modules/recipe/parser.js";

/** Both ends belong to the range; an end that the file leaves out is infinite. */
export interface Limit {
	readonly min: number;
	readonly max: number;
}

/** By reading name. At least one. */
export type Limits = ReadonlyMap<string, Limit>;

/** @throws {@link RecipeError} with line and column. */
export function parseLimits(text: string | Uint8Array): Limits {
	const found = new Map<string, { min?: number; max?: number }>();
	const parser = new RecipeParser(({ sectionName, name, value, line }) => {
		if (!isReadingName(sectionName)) {
			throw new RecipeError("section-name", line, 1, "the heading above is not a reading's name");
		}
		if (name !== "min" && name !== "max") {
			throw new RecipeError("limit", line, 1, "`min` or `max` expected");
		}
		const limit = found.get(sectionName) ?? {};
		if (limit[name] !== undefined) {
			throw new RecipeError("duplicate-name", line, 1, `${name} came before in this section`);
		}
		limit[name] = value;
		if (limit.min !== undefined && limit.max !== undefined && limit.min > limit.max) {
			throw new RecipeError("limit", line, 1, "min is above max");
		}
		found.set(sectionName, limit);
	});
	parser.write(typeof text === "string" ? utf8(text) : text);
	parser.end();
	const limits = new Map<string, Limit>();
	for (const [name, { min = -Infinity, max = Infinity }] of found) limits.set(name, { min, max });
	return limits;
}

/** Whether every limited reading is there exactly once and within its limits. Other readings do not count. */
export function judge(limits: Limits, readings: readonly Reading[]): boolean {
	for (const [name, { min, max }] of limits) {
		const own = readings.filter((reading) => reading.name === name);
		const [reading] = own;
		if (reading === undefined || own.length > 1) return false;
		if (!(reading.value >= min && reading.value <= max)) return false;
	}
	return true;
}
