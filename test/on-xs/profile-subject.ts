/**
 * Something to profile. Option `work` says what; what it found out goes to the console, so that a run with a profiler can
 * be held against one without.
 */
import option from "host-options";
import { PsaCrypto } from "../../modules/crypto/crypto.js";

class Mill {
	#sum = 0;

	grind(turns: number): number {
		let sum = this.#sum;
		for (let i = 0; i < turns; i++) sum = (sum * 31 + i) | 0;
		this.#sum = sum;
		return sum;
	}

	/** Calls, and does little itself. */
	supervise(turns: number): number {
		let last = 0;
		for (let i = 0; i < 100; i++) last = this.grind(turns / 100);
		return last;
	}
}

class Kept {
	readonly payload = new Uint8Array(64);
}

class Chain {
	readonly next: Chain | undefined;
	constructor(next: Chain | undefined) {
		this.next = next;
	}
}

const kept: Kept[] = [];

function leak(count: number): void {
	for (let i = 0; i < count; i++) kept.push(new Kept());
}

/** Objects, strings, arrays, maps, closures and buffers, all garbage at once. */
function churn(turns: number): number {
	let sum = 0;
	for (let i = 0; i < turns; i++) {
		const list = Array.from({ length: 8 }, (_, k) => ({ k, text: `${i}-${k}` }));
		const map = new Map(list.map((each) => [each.text, new Uint8Array(each.k)]));
		for (const [text, bytes] of map) sum += text.length + bytes.length;
		const chain = [1, 2, 3].reduce<Chain | undefined>((next) => new Chain(next), undefined);
		sum += chain?.next ? 1 : 0;
	}
	return sum;
}

function deep(levels: number): object {
	return levels === 0 ? new Kept() : deepAgain(levels - 1);
}

/** So that no call is the last thing a function does. */
function deepAgain(levels: number): object {
	const below = deep(levels);
	return [below];
}

const turns = Number(option("turns"));
switch (option("work")) {
	case "grind":
		trace(`${new Mill().supervise(turns)}\n`);
		break;
	case "hash": {
		const crypto = new PsaCrypto();
		const block = new Uint8Array(65_536);
		for (let i = 0; i < turns; i++) block[0] = crypto.sha256(block)[0] ?? 0;
		trace(`${block[0]}\n`);
		break;
	}
	case "leak":
		leak(turns);
		trace(`${kept.length}\n`);
		break;
	case "churn":
		trace("phase two\n");
		trace(`${churn(turns)}\n`);
		break;
	case "deep":
		for (let i = 0; i < turns; i++) deep(150);
		trace("deep\n");
		break;
	case "full":
		for (;;) leak(1);
}
