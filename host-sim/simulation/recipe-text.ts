/** Parameter files for simulated stations, small enough that a line goes through all of it. */
import type { Dice } from "./dice.js";

/** A blank line. */
const FILLER = `${" ".repeat(100)}\n`;

/**
 * Two or three sections of one to three values each; no two files have a value in common, but by chance.
 *
 * @param fillers - blank lines of 100 characters between sections: with forty of them a file has more than one segment.
 */
export function drawRecipe(dice: Dice, fillers = 0): string {
	const sections = Array.from({ length: dice.whole(2, 3) }, (_, section) => {
		const values = Array.from(
			{ length: dice.whole(1, 3) },
			(_, i) => `v${section}${i}= ${dice.whole(100, 999)}.${dice.whole(100, 999)}5`,
		);
		return `# Section ${section}\n${values.join("\n")}\n`;
	});
	return sections.join(`\n${FILLER.repeat(fillers)}`);
}
