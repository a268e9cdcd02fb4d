/**
 * A process of its own, since a module is loaded once: runs seeds from 1 on changed code until one of them violates
 * something, and prints that run's result. Arguments: a {@link Change} as JSON, the last seed.
 */
import { register } from "node:module";

const [change = "", last = ""] = process.argv.slice(2);
register("./mutating-loader.js", import.meta.url, { data: JSON.parse(change) });
const { runSeed } = await import("../../host-sim/simulation/run.js");
let found: unknown = null;
for (let seed = 1; seed <= Number(last) && !found; seed++) {
	const result = await runSeed(seed);
	if (result.violation) found = result;
}
process.stdout.write(JSON.stringify(found));
