/** G6: no station goes back to an older recipe, and a unit is judged by the version it was tried with. */
import type { Trial } from "../../../modules/ports/fixture.js";
import { RecipeSummary, SetPicker } from "../../../modules/recipe/sets.js";
import type { Attempt } from "../../../server/core/unit.js";
import type { Checker, CheckerKind, Seen, Surroundings } from "./checker.js";

class Versions implements Checker {
	readonly #surroundings: Surroundings;
	/** The highest version tried with, by station. */
	readonly #highest = new Map<string, number>();
	/** The version of each attempt, by serial and number. */
	readonly #tried = new Map<string, number>();

	constructor(surroundings: Surroundings) {
		this.#surroundings = surroundings;
	}

	see(seen: Seen): void {
		if (seen.type === "trial") this.#trial(seen.station, seen.trial);
		else if (seen.type === "committed")
			for (const change of seen.changes)
				if (change.kind === "attempt") this.#judged(change.attempt);
	}

	#trial(station: string, { serial, attempt, values }: Trial): void {
		const { line, fail } = this.#surroundings;
		const unit = line.tables.units.get(serial);
		const version = unit?.recipe?.version ?? 0;
		const at = `attempt ${attempt} of ${serial} at ${station}`;
		if (version < (this.#highest.get(station) ?? 0))
			fail(`${at} with version ${version}, an old one`);
		this.#highest.set(station, Math.max(version, this.#highest.get(station) ?? 0));
		this.#tried.set(`${serial}/${attempt}`, version);
		const expected = this.#values(station, version, unit?.nextSet ?? 0);
		const told = JSON.stringify(values);
		if (told !== expected) fail(`${at} with ${told}, not version ${version}'s ${expected}`);
	}

	#values(station: string, version: number, set: number): string {
		const { tables } = this.#surroundings.line;
		const recipe = tables.recipes.find(
			(each) => each.station === station && each.version === version,
		);
		if (!recipe) return "no such recipe";
		const text = tables.content(recipe.file);
		const summary = new RecipeSummary();
		summary.write(text);
		const sections = summary.end();
		if (set >= sections.sets) return "no such set";
		const picker = new SetPicker(sections, set);
		picker.write(text);
		return JSON.stringify(picker.end());
	}

	#judged({ serial, number, recipe, station }: Attempt): void {
		if (station === this.#surroundings.traitor) return;
		const tried = this.#tried.get(`${serial}/${number}`);
		if (tried !== recipe.version)
			this.#surroundings.fail(
				`attempt ${number} of ${serial} was tried with version ${tried} and judged by ${recipe.version}`,
			);
	}
}

export const versions: CheckerKind = {
	name: "versions",
	property: "G6",
	holds:
		"a station's recipe versions never go back; what is tried is the set that is due, of the version that judges",
	make: (surroundings) => new Versions(surroundings),
};
