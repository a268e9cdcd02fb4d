/** What the recovery tests' lines have in common: two stations, small recipes, keys made once. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fullName, LINE_NAME } from "../../host-sim/line/prepare.js";
import { enrol, initPlant } from "../../keys/keys.js";

export const STATIONS = ["station-1", "station-2"] as const;

/**
 * Some units have a resistance that no value set brings within the limits: they are rejected there. With this seed the
 * first twelve end as {@link OUTCOMES} says: `R1` and `R2` are rejected at the first or second station, `P` passes both.
 */
export const SEED = 1964;
export const OUTCOMES: readonly string[] = "P R1 R2 R2 R1 P R2 R1 P R1 P R2".split(" ");

const SETS = "# Resistors\nr1= 100\nr2= 200\nr3= 300\n";

/** The second is too large to be kept by the broker: it has to be asked for, block by block. */
export const RECIPES: readonly { id: string; text: string; limits: string }[] = [
	{ id: "trim", text: SETS, limits: "# impedance\nmin= 316\nmax= 330\n" },
	{ id: "balance", text: SETS + "\n".repeat(9000), limits: "# impedance\nmin= 312\nmax= 328\n" },
];

/** Keys of a plant, made once for all tests of a file. */
export async function makeKeys(): Promise<{ directory: string; remove(): void }> {
	const parent = mkdtempSync(join(tmpdir(), "interlock-recovery-"));
	const directory = join(parent, "keys");
	await initPlant({ directory, line: LINE_NAME, rsaBits: 2048 });
	await enrol({ directory, stations: STATIONS, rsaBits: 2048 });
	return { directory, remove: () => rmSync(parent, { recursive: true, force: true }) };
}

/** Releases the recipes under the stations' full names. */
export function recipeOf(index: number): (typeof RECIPES)[number] & { station: string } {
	const recipe = RECIPES[index] as (typeof RECIPES)[number];
	return { ...recipe, station: fullName(STATIONS[index] as string) };
}
