/**
 * Arguments for the natives of modules/crypto, drawn from a fuzzer's input: byte arrays of the right and of wrong sizes
 * in every form that JavaScript has, data that is good, nearly good or garbage, and things that are no byte arrays.
 *
 * The input is read a byte at a time and zeros follow its end, so that any bytes are an input.
 */

import option from "host-options";
import { utf8 } from "../../modules/bytes/bytes.js";
import { Derivation, Hash, Key } from "../../modules/crypto/native.js";
import { unhex } from "./crypto-operations.js";

/** What a native takes: a size in bytes, or a kind of thing. */
export type Want =
	| number
	| "key"
	| "flag"
	| "text"
	| "label"
	| "name"
	| "der"
	| "wrapped"
	| "signature"
	| "sealed"
	| "longer by a tag"
	| "shorter by a tag"
	| "modulus";

const TAG_SIZE = 16;
const MODULUS_SIZE = 256;
const FILL = 0xa5;
const SIZES = [
	...[0, 1, 4, 11, 12, 13, 15, 16, 17, 31, 32, 33, 64, 95, 96, 97, 255, 256, 257, 384, 512],
	...[4096, 65_536, 1_048_576],
];
/** Names of keys in the store (test/native/fuzzer.ts); some are not there, or too long. */
const NAMES = ["pair", "small", "junk", "none", "", "of-16-characters"].map(utf8);
const DER = unhex(option("public") ?? "");
const WRAPPED = [option("wrapped"), option("short"), option("long")].map((text) =>
	unhex(text ?? ""),
);
const SIGNATURE = unhex(option("signature") ?? "");

export class Input {
	readonly #bytes: Uint8Array;
	#at = 0;

	constructor(bytes: Uint8Array) {
		this.#bytes = bytes;
	}

	get isOver(): boolean {
		return this.#at >= this.#bytes.length;
	}

	/** 0 to 255. */
	next(): number {
		return this.#bytes[this.#at++] ?? 0;
	}

	/** One of `list`. */
	pick<T>(list: readonly T[]): T {
		return list[this.next() % list.length] as T;
	}
}

/** A part of a larger buffer, of which the rest must stay as it is. */
interface Window {
	readonly around: Uint8Array;
	readonly from: number;
	readonly to: number;
}

/** The objects and arrays of one input. */
export class Values {
	readonly keys = Array.from({ length: 6 }, () => new Key());
	readonly hashes = [new Hash(), new Hash()];
	readonly derivations = [new Derivation(), new Derivation()];
	/** What the last seal() wrote. */
	sealed = new Uint8Array(2 * TAG_SIZE);
	readonly #input: Input;
	#windows: Window[] = [];
	/** The plain arrays of this step and the last ones. */
	#recent: Uint8Array[] = [];
	#lastSize = 0;

	constructor(input: Input) {
		this.#input = input;
	}

	draw(want: Want): unknown {
		if (want === "key") return this.#input.pick(this.keys);
		if (want === "flag") return this.#input.next() % 2 === 1;
		return this.#bytes(want);
	}

	/** Nothing that a native takes here, or nearly. */
	garbage(): unknown {
		const { keys, hashes, derivations } = this;
		return this.#input.pick<() => unknown>([
			() => undefined,
			() => null,
			() => -1,
			() => "text",
			() => Symbol("symbol"),
			() => 1n,
			() => ({ byteLength: 32 }),
			() => [1, 2, 3],
			() => () => 0,
			() => new Key(),
			() => keys[0],
			() => hashes[0],
			() => derivations[0],
			() => Object.assign(new Key(), { byteLength: 32 }),
			() => Object.assign(this.hashes[0] as Hash, { byteLength: 32 }),
			() => new Proxy(keys[0] as Key, {}),
			() => new Proxy(new Uint8Array(32), {}),
			() => Object.create(Key.prototype),
			() => Object.setPrototypeOf(new Key(), Uint8Array.prototype),
			() => new DataView(new ArrayBuffer(32)),
		])();
	}

	/** @throws where a byte beside a window changed; forgets the windows. */
	checkWindows(): void {
		for (const { around, from, to } of this.#windows)
			for (const part of [around.subarray(0, from), around.subarray(to)])
				if (part.some((byte) => byte !== FILL))
					throw new Error(`wrote beside ${from} to ${to} of ${around.length}`);
		this.#windows = [];
	}

	#bytes(want: Exclude<Want, "key" | "flag">): unknown {
		const input = this.#input;
		const good = this.#good(want);
		const choice = input.next();
		const size = SIZES[choice] ?? good.length;
		this.#lastSize = size;
		const content = new Uint8Array(size);
		content.set(good.subarray(0, size));
		const fill = input.next();
		if (fill < 32) content.fill(fill);
		else if (fill < 96 && size > 0) {
			const at = input.next() * 256 + input.next();
			for (let i = fill % 4; i >= 0; i--) content[(at + i) % size] = input.next();
		}
		return this.#shaped(content);
	}

	#good(want: Exclude<Want, "key" | "flag">): Uint8Array {
		switch (want) {
			case "text":
				return new Uint8Array(this.#input.next() % 64).fill(1);
			case "label":
				return new Uint8Array(0);
			case "name":
				return this.#input.pick(NAMES);
			case "der":
				return DER;
			case "wrapped":
				return this.#input.pick(WRAPPED);
			case "signature":
				return SIGNATURE;
			case "sealed":
				return this.sealed;
			case "longer by a tag":
				return new Uint8Array(this.#lastSize + TAG_SIZE);
			case "shorter by a tag":
				return new Uint8Array(Math.max(0, this.#lastSize - TAG_SIZE));
			case "modulus":
				return new Uint8Array(MODULUS_SIZE);
			default:
				return new Uint8Array(want).fill(1);
		}
	}

	/** `content` in one of the forms that byte arrays have. */
	#shaped(content: Uint8Array<ArrayBuffer>): unknown {
		const form = this.#input.next();
		const size = content.length;
		if (form < 16) return this.#odd(content, form);
		if (form < 64) {
			const from = form % 9;
			const around = new Uint8Array(from + size + 8).fill(FILL);
			around.set(content, from);
			this.#windows.push({ around, from, to: from + size });
			return around.subarray(from, from + size);
		}
		if (form < 96) {
			const other = this.#input.pick(this.#recent);
			const from = form % 3;
			if (other !== undefined && other.length >= from + size)
				return other.subarray(from, from + size);
		}
		this.#recent = [content, ...this.#recent.slice(0, 3)];
		return content;
	}

	#odd(content: Uint8Array<ArrayBuffer>, form: number): unknown {
		const { buffer } = content;
		const size = content.length;
		if (form < 2) return buffer;
		if (form < 4) return new DataView(buffer);
		if (form < 5) return new Int8Array(buffer);
		if (form < 6) return new Uint16Array(buffer.slice(0, size & ~1));
		if (form < 7) return new Float64Array(buffer.slice(0, size & ~7));
		if (form < 8) return [...content.subarray(0, 64)];
		if (form < 10) {
			structuredDetach(buffer);
			return content;
		}
		const resizable = new ResizableBuffer(size, { maxByteLength: size + 64 });
		new Uint8Array(resizable).set(content);
		if (form < 11) return resizable;
		const view = form < 14 ? new Uint8Array(resizable) : new Uint8Array(resizable, 0, size);
		resizable.resize(form % 2 === 0 ? size >> 1 : size + 64);
		return view;
	}
}

/** ES2024, which the compiler's library does not have yet. */
const ResizableBuffer = ArrayBuffer as unknown as new (
	size: number,
	options: { maxByteLength: number },
) => ArrayBuffer & { resize(size: number): void };

function structuredDetach(buffer: ArrayBuffer): void {
	(buffer as unknown as { transfer(): ArrayBuffer }).transfer();
}
