/**
 * Suite 0: the text of a result. The paper has the final parameters sent back to the server; here
 * they are, in the parameter file's grammar, under their own headings, then what was measured.
 *
 *     # Resistors
 *     r1= 350
 *     # Readings
 *     resonance= 5.213
 *
 * Without the last section: the fixture could not do it.
 */
import { utf8 } from "../../modules/bytes/bytes.js";
import { type NamedValue, READINGS_MAX, type Reading } from "../../modules/ports/fixture.js";
import { RecipeError } from "../../modules/recipe/error.js";
import { RecipeParser } from "../../modules/recipe/parser.js";

const READINGS = "Readings";

export interface Result {
	readonly values: readonly NamedValue[];
	/** At most READINGS_MAX. */
	readonly readings: readonly Reading[];
}

/** Decimal digits without an exponent, which the grammar does not know. */
function decimal(value: number): string {
	return value.toLocaleString("en-US", { useGrouping: false, maximumFractionDigits: 20 });
}

/** @param result - values of at most SECTIONS_MAX - 1 sections, in the file's order. */
export function encodeResult({ values, readings }: Result): string {
	const lines = values.map(
		({ section, name, value }) => `# ${section}\n${name}= ${decimal(value)}\n`,
	);
	if (readings.length > 0) lines.push(`# ${READINGS}\n`);
	for (const { name, value } of readings) lines.push(`${name}= ${decimal(value)}\n`);
	return lines.join("");
}

/** @returns `undefined` where the text is not a result. */
export function decodeResult(text: string): Result | undefined {
	const values: NamedValue[] = [];
	const readings: Reading[] = [];
	const parser = new RecipeParser(({ sectionName: section, name, value }) => {
		if (section === READINGS) readings.push({ name, value });
		else values.push({ section, name, value });
	});
	try {
		parser.write(utf8(text));
		parser.end();
	} catch (error) {
		if (error instanceof RecipeError) return undefined;
		throw error;
	}
	return readings.length > READINGS_MAX ? undefined : { values, readings };
}
