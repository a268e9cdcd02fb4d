import assert from "node:assert/strict";
import { BLOCKS_MAX } from "../../modules/messages/types.js";
import { Window } from "../../modules/station/window.js";

describe("window", () => {
	it("asks for no more than BLOCKS_MAX, and moves on when all have come", () => {
		const window = new Window(20, 0);
		assert.deepEqual(window.missing, { first: 0, count: BLOCKS_MAX });
		for (let i = 0; i < BLOCKS_MAX; i++) window.add(i);
		assert.deepEqual(window.missing, { first: BLOCKS_MAX, count: BLOCKS_MAX });
	});

	it("asks for the first gap, and only for it", () => {
		const window = new Window(20, 0);
		for (const i of [0, 3, 4, 7]) window.add(i);
		assert.deepEqual(window.missing, { first: 1, count: 2 });
		window.add(1);
		window.add(2);
		assert.deepEqual(window.missing, { first: 5, count: 2 });
	});

	it("wants each segment once, and none outside", () => {
		const window = new Window(3, 1);
		assert.deepEqual(
			[0, 1, 2, 3].map((i) => window.wants(i)),
			[false, true, true, false],
		);
		window.add(2);
		assert.equal(window.wants(2), false);
		window.add(1);
		assert.ok(window.complete);
		assert.equal(window.missing, undefined);
		assert.equal(window.wants(3), false);
	});

	it("counts to the last segment that a file may have", () => {
		const last = 2 ** 32 - 2;
		const window = new Window(2 ** 32 - 1, last);
		assert.deepEqual(window.missing, { first: last, count: 1 });
		window.add(last);
		assert.ok(window.complete);
	});
});
