/** Figures that were measured several times: the middle of each, and how far apart they lie. */
import type { Figures } from "./figures.js";

export interface Spread {
	readonly low: number;
	readonly high: number;
}

export interface Sampled {
	readonly figures: Figures;
	readonly spreads: Readonly<Record<string, Spread>>;
}

/** The middle one; of an even number the lower of the two. @param values - at least one. */
function middle(values: readonly number[]): number {
	return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)] as number;
}

/** @param runs - at least one, all with the same figures. */
export function sampled(runs: readonly Figures[]): Sampled {
	const names = Object.keys(runs[0] ?? {});
	const values = (name: string) => runs.map((run) => run[name] as number);
	const each = <T>(of: (values: readonly number[]) => T) =>
		Object.fromEntries(names.map((name) => [name, of(values(name))]));
	return {
		figures: each((all) => Math.round(middle(all))),
		spreads: each((all) => ({ low: Math.min(...all), high: Math.max(...all) })),
	};
}
