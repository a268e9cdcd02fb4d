/** A plant made for a bench: keys, recipes and units, with RSA keys that are quick to make. */
import { join } from "node:path";
import { DATABASE_FILE } from "../host-sim/line/prepare.js";
import { enrol, initPlant } from "../keys/keys.js";
import { RECIPE_SIZE_MAX, releaseRecipe, releaseUnits } from "../server/operations.js";
import { openStore } from "../server/store/sqlite.js";
import { check } from "./measure.js";

export const LINE = "bench";
export const RSA_BITS = 2048;
const LINE_SIZE = 128;
/** Every unit passes. */
const LIMITS = "# q-factor\nmin= 0\n";

export interface PlantStation {
	/** Without the line. */
	readonly id: string;
	/** Its parameter file; left out: none. */
	readonly text?: string | Uint8Array;
	readonly limits?: string;
	/** Bytes of a slot in its flash, where it is not the usual. */
	readonly slotSize?: number;
}

export function stationName(id: string): string {
	return `${LINE}.${id}`;
}

/** @returns the directory of the keys; the database is beside it in `directory`. */
export async function makePlant(
	directory: string,
	stations: readonly PlantStation[],
	units: readonly string[] = [],
): Promise<string> {
	const keys = join(directory, "keys");
	await initPlant({ directory: keys, line: LINE, rsaBits: RSA_BITS });
	await enrol({ directory: keys, stations: stations.map(({ id }) => id), rsaBits: RSA_BITS });
	const store = await openStore(join(directory, DATABASE_FILE));
	try {
		for (const { id, text, limits = LIMITS, slotSize } of stations)
			if (text !== undefined)
				await releaseRecipe(store, {
					station: stationName(id),
					id: "bench",
					text,
					limitsText: limits,
					slotSize,
				});
		await releaseUnits(store, LINE, units);
	} finally {
		await store.close();
	}
	return keys;
}

/** A parameter file of exactly so many bytes, 256 or more: one section of values in lines of 128 bytes. */
export function recipeOf(size: number): Uint8Array {
	check(size <= RECIPE_SIZE_MAX, `a parameter file has at most ${RECIPE_SIZE_MAX} bytes`);
	const text = Buffer.alloc(size, " ");
	let at = text.write("# Values\n");
	for (let i = 1; size - at >= 2 * LINE_SIZE || i === 1; i++) {
		text.write(`v${i}=`, at);
		const value = (i / 1e4).toFixed(4);
		text.write(`${value}\n`, at + LINE_SIZE - 1 - value.length);
		at += LINE_SIZE;
	}
	// What is left is blank lines.
	for (; at + LINE_SIZE < size; at += LINE_SIZE) text.write("\n", at + LINE_SIZE - 1);
	text.write("\n", size - 1);
	return new Uint8Array(text);
}

/** The largest of `sizes` that a plant takes. */
export function within(sizes: readonly number[]): number[] {
	return sizes.filter((size) => size <= RECIPE_SIZE_MAX);
}
