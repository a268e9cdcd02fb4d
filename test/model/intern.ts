/**
 * Numbers for values: equal values get the same number, so that a state of the model is a few small numbers.
 * Values are compared by their JSON text, byte arrays by their hexadecimal digits; 0 stands for no value.
 */
import { hex } from "../../modules/bytes/bytes.js";

export class Interned<T> {
	readonly #numbers = new Map<string, number>();
	readonly #values: T[] = [];

	/** @returns the value's number, from 1. */
	of(value: T): number {
		const key = JSON.stringify(value, (_name, each: unknown) =>
			each instanceof Uint8Array ? `x'${hex(each)}'` : each,
		);
		let number = this.#numbers.get(key);
		if (number === undefined) {
			this.#values.push(value);
			number = this.#values.length;
			this.#numbers.set(key, number);
		}
		return number;
	}

	/** @param number - as {@link Interned.of} gave it. */
	get(number: number): T {
		return this.#values[number - 1] as T;
	}

	/** Different values so far. */
	get size(): number {
		return this.#values.length;
	}
}
