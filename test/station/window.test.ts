import assert from "node:assert/strict";
import fc from "fast-check";
import { type Range, WINDOW_MAX, WINDOW_MIN, Window } from "../../modules/station/window.js";

/** What is asked for now, as asked for. */
function ask(window: Window): Range | undefined {
	const { next } = window;
	if (next) window.ask(next);
	return next;
}

/** Blocks come in order, none is lost, until the window has this size. */
function grown(size: number): { window: Window; at: number } {
	const window = new Window(1000, 0);
	let at = 0;
	for (let end = 0; window.size < size; at++) {
		for (let next = ask(window); next; next = ask(window)) end = next.first + next.count;
		assert.ok(at < end);
		window.add(at);
	}
	return { window, at };
}

describe("window", () => {
	it("starts small, doubles while blocks come in order, and has a maximum", () => {
		const window = new Window(10_000, 0);
		const sizes = new Set<number>();
		for (let at = 0; at < 500; at++) {
			while (ask(window));
			sizes.add(window.size);
			window.add(at);
		}
		assert.deepEqual([...sizes], [WINDOW_MIN, 8, 16, WINDOW_MAX]);
	});

	it("asks for the next blocks once half of what was asked for has come", () => {
		const { window, at } = grown(8);
		while (ask(window));
		const end = at + 8;
		for (let i = 0; i < 3; i++) {
			window.add(at + i);
			assert.equal(window.next, undefined);
		}
		window.add(at + 3);
		assert.deepEqual(ask(window), { first: end, count: 4 });
		assert.equal(window.next, undefined);
	});

	it("asks at once for what others overtook, and only for it; a second time only after the wait", () => {
		const { window, at } = grown(8);
		while (ask(window));
		for (const place of [0, 3]) window.add(at + place);
		assert.deepEqual(ask(window), { first: at + 1, count: 2 });
		assert.equal(ask(window), undefined);
		window.add(at + 4);
		window.add(at + 2);
		assert.equal(ask(window)?.first, at + 8);
		for (const place of [5, 6, 7, 8]) window.add(at + place);
		assert.equal(ask(window), undefined);
		window.timeout();
		assert.equal(ask(window)?.first, at + 1);
	});

	it("asks for each of several gaps", () => {
		const { window, at } = grown(8);
		while (ask(window));
		for (const place of [1, 4, 5, 7]) window.add(at + place);
		assert.deepEqual(ask(window), { first: at, count: 1 });
		assert.deepEqual(ask(window), { first: at + 2, count: 2 });
		assert.deepEqual(ask(window), { first: at + 6, count: 1 });
	});

	it("halves after each wait in vain, down to one block", () => {
		const { window } = grown(WINDOW_MAX);
		const counts: number[] = [];
		for (let waits = 0; waits < 7; waits++) {
			window.timeout();
			counts.push(ask(window)?.count ?? 0);
		}
		assert.deepEqual(counts, [16, 8, 4, 2, 1, 1, 1]);
	});

	it("takes what was asked for with the head as asked for", () => {
		const window = new Window(20, 0, WINDOW_MIN);
		assert.equal(window.next, undefined);
		window.add(0);
		window.add(1);
		assert.deepEqual(ask(window), { first: 4, count: 2 });
	});

	it("wants each block once, and none before, beyond its reach or beyond the file", () => {
		const window = new Window(40, 1);
		assert.deepEqual(
			[0, 1, 2, WINDOW_MAX, WINDOW_MAX + 1, 40].map((i) => window.wants(i)),
			[false, true, true, true, false, false],
		);
		window.add(2);
		assert.equal(window.wants(2), false);
		window.add(1);
		assert.equal(window.base, 3);
		const last = new Window(3, 2);
		last.add(2);
		assert.ok(last.complete);
		assert.equal(last.next, undefined);
		assert.equal(last.wants(3), false);
	});

	it("counts to the last block that a file may have", () => {
		const last = 2 ** 32 - 2;
		const window = new Window(2 ** 32 - 1, last);
		assert.deepEqual(ask(window), { first: last, count: 1 });
		window.add(last);
		assert.ok(window.complete);
	});

	it("gets every block once, whatever is lost and however it is disordered, asking for few twice", () => {
		const fate = fc.constantFrom("come", "come", "come", "come", "lost", "late");
		fc.assert(
			fc.property(fc.integer({ min: 1, max: 200 }), fc.array(fate), (blocks, fates) => {
				const window = new Window(blocks, 0);
				const way: number[] = [];
				let asked = 0;
				let taken = 0;
				let waits = 0;
				for (let turn = 0; !window.complete; turn++) {
					assert.ok(turn < 20_000, "it never gets there");
					for (let next = ask(window); next; next = ask(window)) {
						assert.ok(next.count >= 1 && next.first + next.count <= blocks);
						assert.ok(next.count <= WINDOW_MAX);
						asked += next.count;
						for (let i = 0; i < next.count; i++) way.push(next.first + i);
					}
					const block = way.shift();
					if (block === undefined) {
						waits++;
						window.timeout();
					} else if (fates[turn] === "late") way.push(block);
					else if (fates[turn] !== "lost" && window.wants(block)) {
						window.add(block);
						taken++;
					}
				}
				assert.equal(taken, blocks);
				assert.ok(
					asked <= 2 * blocks + waits * WINDOW_MAX,
					`${asked} for ${blocks}, ${waits} waits`,
				);
			}),
			{ numRuns: 300 },
		);
	});
});
