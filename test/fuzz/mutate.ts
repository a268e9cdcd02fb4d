/** Changes to an input: flips, numbers, pieces moved about, pieces of other inputs and of the format. */
import { concat } from "../../modules/bytes/bytes.js";
import type { Dice } from "../hostile/support.js";
import { INPUT_SIZE_MAX } from "./subject.js";

/** Changes made to one input, at most. */
const CHANGES_MAX = 5;
/** Bytes inserted, taken out or moved in one change, at most. */
const PIECE_SIZE_MAX = 40;
/** A number is changed by at most so much. */
const STEP_MAX = 16;
/** Numbers at which sizes, counts and heads turn over, by their size in bytes. */
const EDGES: readonly (readonly [size: number, values: readonly number[]])[] = [
	[1, [0, 1, 2, 23, 24, 31, 32, 63, 64, 127, 128, 191, 192, 254, 255]],
	[2, [0, 1, 127, 128, 255, 256, 257, 512, 1024, 4096, 4097, 32767, 32768, 65535]],
	[4, [0, 1, 255, 65535, 65536, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 2, 2 ** 32 - 1]],
];

type Change = (bytes: Uint8Array, at: number) => Uint8Array;

export class Mutator {
	readonly #dice: Dice;
	readonly #tokens: readonly Uint8Array[];
	readonly #changes: readonly Change[] = [
		(bytes, at) => this.#over(bytes, at, [(bytes[at] ?? 0) ^ (1 << this.#dice.whole(8))]),
		(bytes, at) => this.#over(bytes, at, [this.#dice.whole(256)]),
		(bytes, at) => this.#step(bytes, at),
		(bytes, at) => this.#edge(bytes, at),
		(bytes, at) => insert(bytes, at, this.#dice.bytes(1 + this.#dice.whole(8))),
		(bytes, at) => insert(bytes, at, this.#piece(bytes)),
		(bytes, at) => this.#over(bytes, at, this.#piece(bytes)),
		(bytes, at) => concat(bytes.subarray(0, at), bytes.subarray(at + this.#size())),
		(bytes, at) => bytes.slice(0, at),
		(bytes, at) => insert(bytes, at, this.#token()),
		(bytes, at) => this.#over(bytes, at, this.#token()),
		(bytes, at) => this.#grow(bytes, at),
		(bytes, at) => this.#length(bytes, at),
	];

	/** @param tokens - pieces of the format. */
	constructor(dice: Dice, tokens: readonly Uint8Array[]) {
		this.#dice = dice;
		this.#tokens = tokens;
	}

	/** @param other - another input, for a splice. @returns a changed copy, up to INPUT_SIZE_MAX bytes. */
	mutated(input: Uint8Array, other: Uint8Array): Uint8Array {
		let bytes = this.#dice.whole(8) === 0 ? this.#spliced(input, other) : input;
		const count = 1 + Math.min(this.#dice.whole(CHANGES_MAX), this.#dice.whole(CHANGES_MAX));
		for (let i = 0; i < count; i++) {
			const change = this.#changes[this.#dice.whole(this.#changes.length)] as Change;
			const at = this.#dice.whole(8) === 0 ? bytes.length : this.#dice.whole(bytes.length + 1);
			bytes = change(bytes, at);
		}
		return bytes.length > INPUT_SIZE_MAX ? bytes.slice(0, INPUT_SIZE_MAX) : bytes;
	}

	#spliced(input: Uint8Array, other: Uint8Array): Uint8Array {
		const head = input.subarray(0, this.#dice.whole(input.length + 1));
		return concat(head, other.subarray(this.#dice.whole(other.length + 1)));
	}

	/** A copy with `piece` over what is at `at`, as far as it fits. */
	#over(bytes: Uint8Array, at: number, piece: ArrayLike<number>): Uint8Array {
		const copy = bytes.slice();
		for (let i = 0; i < piece.length && at + i < copy.length; i++)
			copy[at + i] = piece[i] as number;
		return copy;
	}

	/** Adds a little to a big-endian number, or takes it off. */
	#step(bytes: Uint8Array, at: number): Uint8Array {
		const size = Math.min(1 << this.#dice.whole(3), bytes.length - at);
		let number = this.#dice.whole(2 * STEP_MAX + 1) - STEP_MAX;
		for (let i = 0; i < size; i++) number += (bytes[at + i] as number) * 256 ** (size - 1 - i);
		return this.#over(bytes, at, numberBytes(number, size));
	}

	#edge(bytes: Uint8Array, at: number): Uint8Array {
		const [size, values] = EDGES[this.#dice.whole(EDGES.length)] as (typeof EDGES)[number];
		return this.#over(bytes, at, numberBytes(values[this.#dice.whole(values.length)] ?? 0, size));
	}

	/** Puts bytes in and adds their number to a byte before them, which may be their length or count. */
	#grow(bytes: Uint8Array, at: number): Uint8Array {
		const piece = this.#dice.whole(2) === 0 ? this.#piece(bytes) : this.#token();
		const grown = insert(bytes, at, piece);
		// Near it, or near the beginning.
		const counter = this.#dice.whole(2) === 0 ? at - 1 - this.#dice.whole(4) : this.#dice.whole(4);
		if (counter < 0 || counter >= at) return grown;
		const more = this.#dice.whole(2) === 0 ? piece.length : 1;
		return this.#over(grown, counter, [((grown[counter] as number) + more) & 0xff]);
	}

	/** Writes how many bytes follow, in one or two bytes, sometimes one more or less. */
	#length(bytes: Uint8Array, at: number): Uint8Array {
		const size = 1 + this.#dice.whole(2);
		const left = Math.max(0, bytes.length - at - size + this.#dice.whole(3) - 1);
		return this.#over(bytes, at, numberBytes(left, size));
	}

	#piece(bytes: Uint8Array): Uint8Array {
		const start = this.#dice.whole(bytes.length + 1);
		return bytes.subarray(start, start + this.#size());
	}

	#token(): Uint8Array {
		return this.#tokens[this.#dice.whole(this.#tokens.length)] ?? this.#dice.bytes(1);
	}

	#size(): number {
		return 1 + this.#dice.whole(this.#dice.whole(PIECE_SIZE_MAX) + 1);
	}
}

function insert(bytes: Uint8Array, at: number, piece: Uint8Array): Uint8Array {
	return concat(bytes.subarray(0, at), piece, bytes.subarray(at));
}

/** The lowest `size` bytes of a number, which may be negative, big-endian. */
function numberBytes(number: number, size: number): number[] {
	return Array.from({ length: size }, (_, i) => {
		const part = Math.floor(number / 256 ** (size - 1 - i)) % 256;
		return part < 0 ? part + 256 : part;
	});
}
