/**
 * Modelled keys are as good as real ones: whatever a party decides, it decides alike. Compared is all that was said,
 * heard, tried, measured, stored and done, and when; of random bytes only how many.
 */
import assert from "node:assert/strict";
import type { Seen } from "../../host-sim/simulation/checks/checker.js";
import { makeRealPair } from "../../host-sim/simulation/real-keys.js";
import type { RunOptions } from "../../host-sim/simulation/run.js";
import { watch } from "./digest.js";

const SEEDS = [3, 7, 19, 165, 1234];

/** What was decided; `undefined` for what only says which key was used. */
function decision(seen: Seen): unknown {
	if (seen.type === "key") return undefined;
	if (seen.type === "said" || seen.type === "heard") {
		const { session: _random, ...rest } = seen;
		return rest;
	}
	return seen;
}

async function history(seed: number, options: RunOptions): Promise<string[]> {
	const lines: string[] = [];
	await watch(seed, options, (atMs, seen) => {
		const decided = decision(seen);
		if (!decided) return;
		const text = JSON.stringify(decided, (_key, value: unknown) =>
			value instanceof Uint8Array ? `${value.length} bytes` : value,
		);
		lines.push(`${atMs} ${text}`);
	});
	return lines;
}

describe("a simulated run with real keys", function () {
	this.timeout(120_000);

	for (const seed of SEEDS)
		it(`goes as it does with modelled ones: seed ${seed}`, async () => {
			const modelled = await history(seed, {});
			const real = await history(seed, { realPair: makeRealPair });
			assert.ok(modelled.length > 100, `${modelled.length} decisions`);
			for (const [i, line] of modelled.entries()) assert.equal(real[i], line, `decision ${i}`);
			assert.equal(real.length, modelled.length);
		});
});
