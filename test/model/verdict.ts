/** What an exploration has shown, for people. */
import type { Exploration } from "./explore.js";

/** @returns `holds`, or what does not, with the shortest way there. */
export function verdictOn({ violation, stuck, stuckStates }: Exploration): string {
	if (violation) return [violation.rule, "after:", ...violation.trace].join("\n  ");
	if (!stuck) return "holds";
	return [`no way to the goal from ${stuckStates} states; the first, after:`, ...stuck].join(
		"\n  ",
	);
}
