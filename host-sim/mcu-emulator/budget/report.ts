/** The budget and what was measured, as tables for the terminal. */
import { table } from "../../line/table.js";
import { GROUPS } from "./figures.js";
import type { Measured } from "./measure.js";
import { changeText, type Row, whole } from "./table.js";

const VERDICTS = { within: "", above: "above", below: "below", new: "new", gone: "gone" };

function spreadText({ spreads }: Pick<Measured, "spreads">, figure: string): string {
	const spread = spreads[figure];
	return spread ? `${whole(spread.low)} to ${whole(spread.high)}` : "";
}

/** A table for each group: figure, budget, now, change. */
export function budgetText(rows: readonly Row[], measured: Pick<Measured, "spreads">): string {
	const parts = GROUPS.map(({ name, title, unit }) => {
		const prefix = `${name}/`;
		const cells = rows
			.filter(({ figure }) => figure.startsWith(prefix))
			.map(({ figure, budget, now, verdict }) => [
				figure.slice(prefix.length),
				budget === undefined ? "-" : whole(budget),
				now === undefined ? "-" : whole(now),
				budget === undefined || now === undefined ? "" : changeText(budget, now),
				VERDICTS[verdict],
				spreadText(measured, figure),
			]);
		return `${title}\n${table([unit, ">budget", ">now", ">change", "", "spread"], cells)}`;
	});
	return parts.join("\n\n");
}

/** The largest sources of the firmware and the largest modules. */
export function largestText({ largest }: Pick<Measured, "largest">, count: number): string {
	const rows = (of: readonly (readonly [string, number])[]) =>
		of.slice(0, count).map(([name, size]) => [name, whole(size)]);
	return [
		`Firmware by source\n${table(["", ">B"], rows(largest.sources))}`,
		`Data that the linker places in RAM, by source\n${table(["", ">B"], rows(largest.data))}`,
		`Bytecode by module\n${table(["", ">B"], rows(largest.modules))}`,
	].join("\n\n");
}
