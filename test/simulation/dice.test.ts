import assert from "node:assert/strict";
import { Dice } from "../../host-sim/simulation/dice.js";
import { hex } from "../../modules/bytes/bytes.js";

const DRAWS = 10_000;

function draws<T>(draw: (dice: Dice) => T): T[] {
	const dice = new Dice(7, "test");
	return Array.from({ length: DRAWS }, () => draw(dice));
}

describe("dice", () => {
	it("draws the same for one seed and label, and something else for another", () => {
		const drawn = (seed: number, label: string) => hex(new Dice(seed, label).bytes(16));
		assert.equal(drawn(1, "a"), drawn(1, "a"));
		const all = [drawn(1, "a"), drawn(1, "b"), drawn(2, "a"), drawn(2 ** 32 - 1, "a")];
		assert.equal(new Set(all).size, all.length);
	});

	it("draws whole numbers with both ends, and picks every item", () => {
		assert.deepEqual([...new Set(draws((dice) => dice.whole(3, 6)))].sort(), [3, 4, 5, 6]);
		assert.deepEqual([...new Set(draws((dice) => dice.pick(["a", "b"])))].sort(), ["a", "b"]);
		assert.equal(new Dice(1, "none").pick([]), undefined);
	});

	it("never takes a chance of 0, and always one of 1", () => {
		assert.deepEqual(new Set(draws((dice) => dice.chance(0))), new Set([false]));
		assert.deepEqual(new Set(draws((dice) => dice.chance(1))), new Set([true]));
		const taken = draws((dice) => dice.chance(0.25)).filter(Boolean).length / DRAWS;
		assert.ok(Math.abs(taken - 0.25) < 0.03, `${taken}`);
	});

	it("waits as long as it is told on average, and at most twenty times that", () => {
		const waits = draws((dice) => dice.waitMs(100));
		const meanMs = waits.reduce((sum, each) => sum + each, 0) / DRAWS;
		assert.ok(Math.abs(meanMs - 100) < 5, `${meanMs}`);
		assert.ok(waits.every((each) => each >= 0 && each <= 2000));
	});

	it("fills byte strings of any length to the end", () => {
		for (const size of [0, 1, 5, 32, 256]) {
			const dice = new Dice(1, "bytes");
			const seen = new Uint8Array(size);
			for (let i = 0; i < 20; i++)
				for (const [at, byte] of dice.bytes(size).entries()) seen[at] = (seen[at] as number) | byte;
			assert.deepEqual(seen, new Uint8Array(size).fill(0xff));
		}
	});
});
