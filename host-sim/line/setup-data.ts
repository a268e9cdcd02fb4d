/** Keys, recipes and units of a simulated line, made as a plant's own commands would; and what became of them. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { enrol, initPlant, readPlant } from "../../keys/keys.js";
import { lineReport, releaseRecipe, releaseUnits } from "../../server/operations.js";
import type { Store } from "../../server/store/store.js";
import { fullName, LINE_NAME, LineError, type RecipeFiles, shortName } from "./prepare.js";
import type { UnitProgress } from "./view.js";

/** A unit that failed so often at one station is rejected there, even if value sets are left. */
export const ATTEMPTS_MAX = 50;

/** Makes the plant directory and enrols what is missing. @throws KeysError, {@link LineError} `data`. */
export async function prepareKeys(directory: string, ids: readonly string[]): Promise<void> {
	if (!existsSync(join(directory, "plant.json"))) await initPlant({ directory, line: LINE_NAME });
	const { stations } = readPlant(directory);
	const names = ids.map(fullName);
	if (stations.some((name, at) => name !== names[at]))
		throw new LineError("data", `${directory} has keys of another line: ${stations.join(", ")}`);
	const missing = ids.slice(stations.length);
	if (missing.length > 0) await enrol({ directory, stations: missing });
}

/**
 * Releases each station's recipe where it changed, and the units that are not known yet.
 *
 * @param recipes - by station. @param slotSizes - bytes of a slot in its flash, by station.
 * @throws OperationError, RecipeError, LimitsError, StoreError.
 */
export async function prepareStore(
	store: Store,
	recipes: ReadonlyMap<string, RecipeFiles>,
	serials: readonly string[],
	slotSizes: ReadonlyMap<string, number>,
): Promise<void> {
	for (const [station, { id, text, limits }] of recipes)
		await releaseRecipe(store, {
			station: fullName(station),
			id,
			text,
			limitsText: limits,
			attemptsMax: ATTEMPTS_MAX,
			slotSize: slotSizes.get(station),
		});
	await releaseUnits(store, LINE_NAME, serials);
}

const OUTCOMES = { finished: "passed", rejected: "rejected", held: "held" } as const;

/** What the database says about every unit. @throws StoreError. */
export async function readProgress(store: Store): Promise<UnitProgress[]> {
	const { units, route } = await lineReport(store, LINE_NAME);
	return units.map(({ serial, stage, step, attempts }) => ({
		serial,
		station: stage === "released" ? undefined : shortName(route[step] ?? ""),
		attempts: new Map([...attempts].map(([name, count]) => [shortName(name), count])),
		outcome: stage in OUTCOMES ? OUTCOMES[stage as keyof typeof OUTCOMES] : undefined,
	}));
}
