import assert from "node:assert/strict";
import { QUEUE_MAX, Queue } from "../../server/queue.js";

describe("queue", () => {
	it("works one piece after another, also after one that failed", async () => {
		const queue = new Queue();
		const done: number[] = [];
		queue.push(async () => {
			await new Promise(setImmediate);
			done.push(1);
		});
		queue.push(() => Promise.reject(new Error("mine")));
		queue.push(async () => {
			done.push(2);
		});
		await queue.idle();
		assert.deepEqual(done, [1, 2]);
	});

	it("takes nothing beyond its bound, and again when there is room", async () => {
		const queue = new Queue();
		let done = 0;
		const work = async (): Promise<void> => {
			done++;
		};
		for (let i = 0; i < QUEUE_MAX; i++) assert.equal(queue.push(work), true);
		assert.equal(queue.push(work), false);
		await queue.idle();
		assert.equal(done, QUEUE_MAX);
		assert.equal(queue.push(work), true);
		await queue.idle();
		assert.equal(done, QUEUE_MAX + 1);
	});
});
