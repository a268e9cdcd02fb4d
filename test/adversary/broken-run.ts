/**
 * A process of its own, since a module is loaded once: tries one attack on suite 1 with changed code, and prints what came
 * of it. Arguments: a {@link Change} (test/simulation/mutating-loader.ts) as JSON, the attack's name.
 */
import { register } from "node:module";

const [change = "", name = ""] = process.argv.slice(2);
register("../simulation/mutating-loader.js", import.meta.url, { data: JSON.parse(change) });
const { tryAttacks } = await import("../../host-sim/adversary/laboratory.js");
const { attacks } = await tryAttacks({ seed: 1, suites: [1], names: [name] });
process.stdout.write(JSON.stringify(attacks));
