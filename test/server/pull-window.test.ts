import assert from "node:assert/strict";
import fc from "fast-check";
import { BLOCKS_MAX } from "../../modules/messages/types.js";
import type { Range } from "../../modules/station/window.js";
import { PullWindow } from "../../server/pull-window.js";

function takeAll(window: PullWindow, { first, count }: Range): void {
	for (let i = first; i < first + count; i++) window.add(i);
}

describe("pull window", () => {
	it("doubles while all of it comes, up to what one pull may ask for", () => {
		const window = new PullWindow(200);
		const counts: number[] = [];
		for (let i = 0; i < 6; i++) {
			const range = window.ask();
			assert.equal(range.first, window.next);
			counts.push(range.count);
			takeAll(window, range);
			assert.ok(window.isComplete);
		}
		assert.deepEqual(counts, [4, 8, 16, 32, BLOCKS_MAX, BLOCKS_MAX]);
	});

	it("halves where some is lost, and asks for that alone", () => {
		const window = new PullWindow(200);
		for (let i = 0; i < 3; i++) takeAll(window, window.ask());
		const { first, count } = window.ask();
		assert.equal(count, 32);
		for (let i = first; i < first + count; i++) if (i % 8 !== 2) window.add(i);
		assert.ok(!window.isComplete);
		assert.equal(window.next, first);
		assert.ok(window.isAnswered, "nothing more can come");
		const lost = [first + 6, first + 14, first + 22, first + 30];
		assert.deepEqual(
			lost.map((index) => window.wants(index)),
			[true, true, true, true],
		);
		for (const index of lost) {
			assert.deepEqual(window.ask(), { first: index, count: 1 });
			window.add(index);
		}
		assert.ok(window.isComplete);
		assert.equal(window.next, first + 32);
		assert.equal(window.ask().count, 32, "half, and then double again");
	});

	it("goes down to one segment when nothing comes, and asks for the same", () => {
		const window = new PullWindow(200);
		const counts = Array.from({ length: 5 }, () => window.ask()).map(({ first, count }) => {
			assert.equal(first, 0);
			return count;
		});
		assert.deepEqual(counts, [4, 2, 1, 1, 1]);
	});

	it("begins where the log was, ends with it, and wants nothing beyond", () => {
		const window = new PullWindow(19);
		window.begin(16);
		const range = window.ask();
		assert.deepEqual(range, { first: 16, count: 3 });
		for (const index of [15, 19, -1]) assert.ok(!window.wants(index));
		takeAll(window, range);
		assert.equal(window.next, 19);
	});

	it("gets every segment once, whatever is lost", () => {
		const losses = fc.array(fc.boolean(), { minLength: 1, maxLength: 50 });
		fc.assert(
			fc.property(fc.integer({ min: 1, max: 150 }), losses, (segments, lost) => {
				const window = new PullWindow(segments);
				const got = new Set<number>();
				let draw = 0;
				for (let pulls = 0; window.next < segments; pulls++) {
					assert.ok(pulls < 1000);
					const { first, count } = window.ask();
					for (let i = first; i < first + count; i++) {
						if (draw++ < 500 && lost[draw % lost.length]) continue;
						assert.ok(window.wants(i) && !got.has(i));
						got.add(i);
						window.add(i);
					}
				}
				assert.equal(got.size, segments);
			}),
		);
	});
});
