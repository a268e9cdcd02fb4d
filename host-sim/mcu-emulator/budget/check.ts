/** What was measured against what is committed. */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Measured } from "./measure.js";
import { brokenLimits, compare, complaints, type Release, type Row } from "./table.js";

const root = dirname(dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url))))));
/** The committed table. */
export const TABLE = join(root, "host-sim/mcu-emulator/budget/releases.json");
/** What to do about figures that are out of the budget. */
export const ADVICE =
	'make it as it was, or say why it must be so: bin/interlock budget --record "WHY"; then commit the table';

export interface Checked {
	readonly rows: readonly Row[];
	/** What is out of the budget: sentences. */
	readonly complaints: readonly string[];
	/** What no explanation helps against. */
	readonly broken: readonly string[];
	/** Why a figure may differ that nobody changed: sentences. */
	readonly notes: readonly string[];
}

/** @param releases - the committed table. */
export function check(releases: readonly Release[], measured: Measured): Checked {
	const newest = releases.at(-1);
	const rows = compare(newest?.figures ?? {}, measured.figures);
	const notes = Object.entries(newest?.tools ?? {}).flatMap(([name, version]) => {
		const now = measured.tools[name];
		if (now === version) return [];
		return [`${name} is ${now ?? "not known"}; the budget was recorded with ${version}`];
	});
	return { rows, complaints: complaints(rows), broken: brokenLimits(measured.figures), notes };
}
