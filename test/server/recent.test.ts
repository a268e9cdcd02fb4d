import assert from "node:assert/strict";
import { Recent } from "../../server/recent.js";

describe("what was used last", () => {
	it("is kept up to a number, and what was not asked for longest gives way", () => {
		const gone: number[] = [];
		const recent = new Recent<string, number>(3, (value) => gone.push(value));
		for (const [key, value] of [
			["a", 1],
			["b", 2],
			["c", 3],
		] as const)
			recent.add(key, value);
		assert.equal(recent.get("a"), 1);
		assert.equal(recent.add("d", 4), 4);
		assert.deepEqual([recent.size, gone], [3, [2]]);
		assert.deepEqual(
			["a", "b", "c", "d"].map((key) => recent.get(key)),
			[1, undefined, 3, 4],
		);
	});
});
