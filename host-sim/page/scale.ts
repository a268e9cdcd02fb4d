/** A plot's scales: from a value to a place, and where the marks stand. */

export interface Scale {
	/** @returns a coordinate. */
	place(value: number): number;
	readonly ticks: readonly number[];
}

const TICKS_MAX = 8;

/**
 * @param values - finite; above 0 where the scale is logarithmic. At least one.
 * @param from - the coordinate of the lowest value. @param to - that of the highest.
 * @param ticks - where the marks stand; left out: at round numbers.
 */
export function makeScale(
	values: readonly number[],
	isLogarithmic: boolean,
	[from, to]: readonly [number, number],
	ticks?: readonly number[],
): Scale {
	const [low, high] = isLogarithmic ? logarithmicRange(values) : linearRange(values);
	const at = (value: number) => (isLogarithmic ? Math.log(value) : value);
	const [start, end] = [at(low), at(high)];
	return {
		place: (value) => from + ((at(value) - start) / (end - start)) * (to - from),
		ticks: ticks ?? (isLogarithmic ? logarithmicTicks(low, high) : linearTicks(low, high)),
	};
}

/** With some air on both sides. */
function logarithmicRange(values: readonly number[]): [number, number] {
	const [low, high] = [Math.min(...values), Math.max(...values)];
	const air = Math.max(1.15, (high / low) ** 0.06);
	return [low / air, high * air];
}

/** From zero, so that lengths compare. */
function linearRange(values: readonly number[]): [number, number] {
	const low = Math.min(0, ...values);
	const high = Math.max(...values, low + Number.EPSILON);
	const step = stepFor(high - low);
	return [Math.floor(low / step) * step, Math.ceil((high * 1.02) / step) * step];
}

/** 1, 2 or 5 times a power of ten, so that there are four to eight steps. */
function stepFor(length: number): number {
	const power = 10 ** Math.floor(Math.log10(length / 4));
	return [5, 2, 1].map((each) => each * power).find((step) => length / step >= 4) ?? power;
}

function linearTicks(low: number, high: number): number[] {
	const step = stepFor(high - low);
	// Both ends are whole steps of the range's own step, which may be a smaller one.
	const count = Math.floor((high - low) / step + 1e-9);
	return Array.from({ length: count + 1 }, (_, i) => low + i * step);
}

function logarithmicTicks(low: number, high: number): number[] {
	const within = (mantissas: readonly number[]): number[] => {
		const found: number[] = [];
		for (let power = Math.floor(Math.log10(low)); 10 ** power <= high; power++)
			for (const mantissa of mantissas) {
				const value = mantissa * 10 ** power;
				if (value >= low && value <= high) found.push(value);
			}
		return found;
	};
	const candidates = [[1, 2, 3, 4, 5, 6, 8], [1, 2, 5], [1, 3], [1]].map(within);
	return candidates.find((ticks) => ticks.length <= TICKS_MAX) ?? (candidates.at(-1) as number[]);
}
