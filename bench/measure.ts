/**
 * Statistics of a bench: medians with their spread, and rounds in which contenders take turns, so that whatever
 * else the machine does meets all of them alike.
 */

/** What was measured is not what should have been measured: the figures would mean nothing. */
export class BenchError extends Error {
	override readonly name = "BenchError";
}

export function check(condition: boolean, what: string): asserts condition {
	if (!condition) throw new BenchError(what);
}

/** Samples from which the middle half says more than the extremes. */
const INTERQUARTILE_MIN = 5;

/** A median and how far apart the samples lie. */
export interface Summary {
	readonly median: number;
	readonly low: number;
	readonly high: number;
	/** What `low` and `high` are: the quartiles, or with fewer than five samples the extremes. */
	readonly of: "interquartile" | "min-max";
	readonly samples: number;
}

/** @param share - 0 to 1; 0.5 is the median. @throws {@link BenchError} where there is no sample. */
export function quantile(samples: readonly number[], share: number): number {
	const sorted = [...samples].sort((a, b) => a - b);
	const value = sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
	check(value !== undefined, "no sample");
	return value;
}

/** @throws {@link BenchError} where there is no sample. */
export function summary(samples: readonly number[]): Summary {
	const isMany = samples.length >= INTERQUARTILE_MIN;
	return {
		median: middle(samples),
		low: quantile(samples, isMany ? 0.25 : 0),
		high: quantile(samples, isMany ? 0.75 : 1),
		of: isMany ? "interquartile" : "min-max",
		samples: samples.length,
	};
}

/** The median; of an even number of samples the mean of the middle two. */
function middle(samples: readonly number[]): number {
	const sorted = [...samples].sort((a, b) => a - b);
	const half = Math.floor(sorted.length / 2);
	const upper = sorted[half];
	check(upper !== undefined, "no sample");
	return sorted.length % 2 === 1 ? upper : (upper + (sorted[half - 1] as number)) / 2;
}

/** Of two contenders, round by round: what slows a whole round down leaves it alone. */
export function ratios(ours: readonly number[], rival: readonly number[]): number[] {
	check(ours.length === rival.length, "the contenders ran different numbers of rounds");
	return ours.map((each, round) => each / (rival[round] as number));
}

/**
 * Runs every contender once a round. Each round begins with the next one, and every second round goes backwards, so
 * that none always follows the same other.
 *
 * @returns the results by contender, in the order of the rounds.
 */
export async function takeTurns<T>(
	rounds: number,
	contenders: Readonly<Record<string, (round: number) => Promise<T>>>,
): Promise<ReadonlyMap<string, readonly T[]>> {
	const names = Object.keys(contenders);
	const results = new Map<string, T[]>(names.map((name) => [name, []]));
	for (let round = 0; round < rounds; round++) {
		const first = Math.floor(round / 2) % names.length;
		const order = [...names.slice(first), ...names.slice(0, first)];
		if (round % 2 === 1) order.reverse();
		for (const name of order) results.get(name)?.push(await contenders[name]!(round));
	}
	return results;
}

/** The results of one contender. @throws {@link BenchError} where there is none of that name. */
export function resultsOf<T>(results: ReadonlyMap<string, readonly T[]>, name: string) {
	const found = results.get(name);
	check(found !== undefined, `no contender ${name}`);
	return found;
}
