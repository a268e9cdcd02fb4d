/** `npm run mutants`: runs every mutant and prints a table in Markdown; exit status 1 where one is not seen. */
import { MUTANTS } from "./mutants.js";
import { faultOf, runMutants } from "./mutate.js";

/** More than in the test: the rarest takes some thousand seeds. */
const SEEDS_MAX = 5000;

const rows = new Map<string, string>();
await runMutants(MUTANTS, SEEDS_MAX, (mutant, outcome) => {
	const { name, why } = mutant;
	const fault = faultOf(mutant, outcome);
	if (fault) process.exitCode = 1;
	const found = outcome instanceof Error ? undefined : outcome;
	const seen = fault ? `**${fault}**` : (found?.violation?.checker ?? "");
	rows.set(name, `| ${seen} | ${name} | ${why} | ${found?.seed ?? "none"} |`);
	process.stderr.write(`${rows.size} of ${MUTANTS.length}: ${name}\n`);
});
const lines = MUTANTS.map(({ name }) => rows.get(name));
process.stdout.write(
	["| seen by | mistake | what it does | seeds |", "| --- | --- | --- | --- |", ...lines, ""].join(
		"\n",
	),
);
