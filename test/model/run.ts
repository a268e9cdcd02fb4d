/**
 * `npm run model`: explores the handover and prints what it found; `--big` with larger budgets than the tests'.
 * Exit status 1 where a rule does not hold.
 */
import { BIG, SMALL } from "./configurations.js";
import { explore } from "./explore.js";
import { LineModel } from "./line-model.js";
import { verdictOn } from "./verdict.js";

const STATES_MAX = 12_000_000;

const isBig = process.argv.includes("--big");
for (const [name, configuration] of Object.entries(isBig ? BIG : SMALL)) {
	const startedMs = Date.now();
	const found = await explore(new LineModel(configuration), STATES_MAX);
	const verdict = verdictOn(found);
	const { states, edges, depth } = found;
	const seconds = ((Date.now() - startedMs) / 1000).toFixed(1);
	console.log(
		`${name}: ${states} states, ${edges} edges, depth ${depth}, ${seconds} s: ${verdict}`,
	);
	if (verdict !== "holds") process.exitCode = 1;
}
