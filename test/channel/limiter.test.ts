import assert from "node:assert/strict";
import { Limiter } from "../../modules/channel/limiter.js";

describe("limiter", () => {
	it("allows a burst, and then so many a second", () => {
		const limiter = new Limiter({ burst: 3, perSecond: 2 }, 0);
		const at = (nowMs: number) => limiter.take(nowMs);
		assert.deepEqual([at(0), at(0), at(0), at(0)], [true, true, true, false]);
		assert.deepEqual([at(499), at(500), at(500)], [false, true, false]);
	});

	it("saves no more than a burst", () => {
		const limiter = new Limiter({ burst: 2, perSecond: 1000 }, 0);
		const taken = [1, 2, 3].map(() => limiter.take(1_000_000));
		assert.deepEqual(taken, [true, true, false]);
	});

	it("says whether there is one without taking it", () => {
		const limiter = new Limiter({ burst: 1, perSecond: 1 }, 0);
		assert.ok(limiter.has(0) && limiter.has(0) && limiter.take(0));
		assert.ok(!limiter.has(0));
	});
});
