/** Preloaded: what of each kind a module can keep in a board's flash. See base-use.ts. */

export const settings = { count: 0, list: [1, 2], when: new Date(0), nested: { name: "first" } };
export const frozen = Object.freeze({ name: "frozen" });
export const table = new Map([["a", 1]]);
export const names = new Set(["a"]);
export const bytes = Uint8Array.of(1, 2, 3);
export const pattern = /b+/;
export const global = /b/g;
export const big = 12345678901234567890n;
export const symbol = Symbol.for("kept");
/** Built at run time: not a string of the bytecode. */
export const text = ["a", "b"].join("-");

export let turns = 0;
export function turn(): number {
	turns += 1;
	return turns;
}

export class Counter {
	static #made = 0;
	#value = 0;
	name = "counter";

	static make(): Counter {
		Counter.#made += 1;
		return new Counter();
	}

	static get made(): number {
		return Counter.#made;
	}

	add(): number {
		this.#value += 1;
		return this.#value;
	}
}

export const kept = Counter.make();

export function* count(): Generator<number> {
	yield* settings.list;
}

export async function later(): Promise<string> {
	await null;
	return text;
}
