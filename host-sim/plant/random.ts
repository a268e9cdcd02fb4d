/**
 * The simulator's only source of chance: a stream of numbers that follows from a seed and a label, the same
 * on XS and on Node. Integer arithmetic only, so that no engine's maths library can change a run.
 *
 * Generator: xoshiro128** 1.1 (Blackman and Vigna, "Scrambled linear pseudorandom number generators", 2021).
 * Its state is filled by SplitMix32 steps over an FNV-1a hash of the label.
 * Never for anything that must not be guessed.
 */

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;
const GOLDEN_RATIO = 0x9e3779b9;

/** FNV-1a over the UTF-16 units of `text`, low byte first. 32 bits, unsigned. */
export function hash32(text: string): number {
	let hash = FNV_OFFSET;
	for (let i = 0; i < text.length; i++) {
		const unit = text.charCodeAt(i);
		hash = Math.imul(hash ^ (unit & 0xff), FNV_PRIME);
		hash = Math.imul(hash ^ (unit >>> 8), FNV_PRIME);
	}
	return hash >>> 0;
}

/** One SplitMix32 output for the state `x` (murmur3's finaliser). */
function mix(x: number): number {
	x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
	x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
	return (x ^ (x >>> 16)) >>> 0;
}

function rotateLeft(x: number, bits: number): number {
	return (x << bits) | (x >>> (32 - bits));
}

export class Stream {
	#a: number;
	#b: number;
	#c: number;
	#d: number;

	/** The generator in a given state: four 32-bit words, not all zero. */
	constructor(a: number, b: number, c: number, d: number) {
		this.#a = a;
		this.#b = b;
		this.#c = c;
		this.#d = d;
	}

	/**
	 * The stream for `seed` (0 to 2^32 - 1) and `label`; different labels give unrelated streams.
	 */
	static of(seed: number, label: string): Stream {
		let state = mix(seed) ^ hash32(label);
		const word = () => {
			state = (state + GOLDEN_RATIO) | 0;
			return mix(state);
		};
		return new Stream(word(), word(), word(), word() | 1);
	}

	/** 0 to 2^32 - 1. */
	next(): number {
		const result = Math.imul(rotateLeft(Math.imul(this.#b, 5), 7), 9) >>> 0;
		const t = this.#b << 9;
		this.#c ^= this.#a;
		this.#d ^= this.#b;
		this.#b ^= this.#c;
		this.#a ^= this.#d;
		this.#c ^= t;
		this.#d = rotateLeft(this.#d, 11);
		return result;
	}

	/** From 0 up to, not including, 1. */
	fraction(): number {
		return this.next() / 4294967296;
	}

	/** Mean 0, standard deviation 1, never beyond ±6: twelve uniform numbers summed (Irwin-Hall). */
	normal(): number {
		let sum = 0;
		for (let i = 0; i < 12; i++) sum += this.fraction();
		return sum - 6;
	}
}
