/** G3 and the rules of §6 for counters: what opens was sealed by the other end, once, in order; no nonce comes twice. */
import { hex } from "../../../modules/bytes/bytes.js";
import type { KeyUse } from "../crypto.js";
import { mapKey } from "../map-key.js";
import type { Checker, CheckerKind, Seen, Surroundings } from "./checker.js";

type AeadUse = Extract<KeyUse, { use: "sealed" | "opened" }>;

class Authentic implements Checker {
	readonly #surroundings: Surroundings;
	/** By key and ciphertext: who sealed it, with which header. */
	readonly #sealed = new Map<string, { readonly by: string; readonly aad: string }>();
	/** By key and party: the counter of the last record opened. */
	readonly #last = new Map<string, string>();

	constructor(surroundings: Surroundings) {
		this.#surroundings = surroundings;
	}

	see(seen: Seen): void {
		if (seen.type !== "key") return;
		const { by, use } = seen;
		if (use.use === "sealed")
			this.#sealed.set(`${use.key}/${mapKey(use.sealed)}`, { by, aad: mapKey(use.aad) });
		else if (use.use === "opened") this.#opened(by, use);
	}

	#opened(by: string, use: AeadUse): void {
		const { fail } = this.#surroundings;
		const sealed = this.#sealed.get(`${use.key}/${mapKey(use.sealed)}`);
		if (!sealed) fail(`${by} opened what nobody sealed`);
		else if (sealed.aad !== mapKey(use.aad)) fail(`${by} opened it under another header`);
		else if (sealed.by === by) fail(`${by} took its own words for another's`);
		// Records have a header of 17 bytes; a ticket may be opened again, a segment is read as often as needed.
		if (use.aad[0] !== 0x10) return;
		const counter = hex(use.aad.subarray(9));
		const name = `${by}/${use.key}`;
		const last = this.#last.get(name);
		if (last !== undefined && counter <= last)
			fail(`${by} opened record ${counter} of a session after record ${last}`);
		this.#last.set(name, counter);
	}
}

class Nonces implements Checker {
	readonly #surroundings: Surroundings;
	readonly #used = new Map<string, string>();
	/** The next counter of a key, by kind of record. */
	readonly #next = new Map<string, number>();

	constructor(surroundings: Surroundings) {
		this.#surroundings = surroundings;
	}

	see(seen: Seen): void {
		if (seen.type !== "key" || seen.use.use !== "sealed") return;
		const { key, nonce, sealed, aad } = seen.use;
		const { fail } = this.#surroundings;
		const name = `${key}/${hex(nonce)}`;
		const before = this.#used.get(name);
		if (before !== undefined && before !== mapKey(sealed))
			fail(`${seen.by} sealed two things under one key and nonce`);
		this.#used.set(name, mapKey(sealed));
		if (aad.length === 0) return;
		const kind = `${key}/${aad[0]}`;
		const expected = this.#next.get(kind) ?? 0;
		const counter = Number.parseInt(hex(aad.subarray(9)), 16);
		if (counter !== expected)
			fail(`${seen.by} sealed record ${counter} where ${expected} was next`);
		this.#next.set(kind, counter + 1);
	}
}

export const authentic: CheckerKind = {
	name: "authentic",
	property: "G3",
	holds: "what opens was sealed by the other end, as it is; each record opens once, in order",
	make: (surroundings) => new Authentic(surroundings),
};

export const nonces: CheckerKind = {
	name: "nonces",
	property: "§6",
	holds: "no nonce and no sequence number comes twice under one key, and none is left out",
	make: (surroundings) => new Nonces(surroundings),
};
