/** What a message of suite 1 is, by its first byte (docs/protocol.md §3, §8). */

const KINDS: { readonly [first: number]: string } = {
	16: "record",
	32: "ticket",
	48: "head of a file",
	49: "segment of a file",
	73: "envelope",
	131: "WELCOME",
	136: "HELLO",
	210: "credential",
};

/** @returns `undefined` for what is none of them, presence for one. */
export function kindOf(payload: Uint8Array): string | undefined {
	// Presence is a word, and may begin as an envelope does.
	if (payload[0] === 0x49 && payload[1] !== 0x4c) return undefined;
	return KINDS[payload[0] ?? 0];
}

/** How many of each kind, as people read it. */
export class Counts {
	readonly #counts = new Map<string, number>();

	add(kind: string, count = 1): void {
		this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + count);
	}

	of(kind: string): number {
		return this.#counts.get(kind) ?? 0;
	}

	get total(): number {
		let total = 0;
		for (const count of this.#counts.values()) total += count;
		return total;
	}

	toString(): string {
		return [...this.#counts].map(([kind, count]) => `${count} × ${kind}`).join(", ");
	}
}

/** The first few messages of each kind on each topic. */
export class FirstOfEach {
	readonly #most: number;
	readonly #taken = new Counts();

	/** @param most - of one kind on one topic. */
	constructor(most: number) {
		this.#most = most;
	}

	/** @returns the message's kind, where it is one of those. */
	take({ topic, payload }: { readonly topic: string; readonly payload: Uint8Array }) {
		const kind = kindOf(payload);
		const place = `${kind} ${topic}`;
		if (!kind || this.#taken.of(place) >= this.#most) return undefined;
		this.#taken.add(place);
		return kind;
	}
}
