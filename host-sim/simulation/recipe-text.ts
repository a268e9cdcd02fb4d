/** Parameter files for simulated stations, small enough that a line goes through all of it. */
import type { Dice } from "./dice.js";

/** Two or three sections of one to three values each; no two files have a value in common, but by chance. */
export function drawRecipe(dice: Dice): string {
	const sections = Array.from({ length: dice.whole(2, 3) }, (_, section) => {
		const values = Array.from(
			{ length: dice.whole(1, 3) },
			(_, i) => `v${section}${i}= ${dice.whole(100, 999)}.${dice.whole(100, 999)}5`,
		);
		return `# Section ${section}\n${values.join("\n")}\n`;
	});
	return sections.join("\n");
}
