import assert from "node:assert/strict";
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { digestOf } from "./digest.js";

/** Of several sizes; what seems not to depend on process-wide state may do so in one of them only. */
const SEEDS = [11, 165, 2_000_000_000, 4_294_967_295];

describe("a simulated run", function () {
	this.timeout(120_000);
	const digests = new Map<number, string>();

	before(async () => {
		for (const seed of SEEDS) digests.set(seed, await digestOf(seed));
	});

	it("is another one for each seed", () => {
		assert.equal(new Set(digests.values()).size, SEEDS.length);
	});

	it("is the same to the last byte when it comes again, after others and in another order", async () => {
		for (const seed of [...SEEDS].reverse())
			assert.equal(await digestOf(seed), digests.get(seed), `seed ${seed}`);
	});

	it("is the same in a thread of its own", async () => {
		const worker = new Worker(new URL("digest-worker.js", import.meta.url));
		try {
			for (const seed of SEEDS) {
				worker.postMessage(seed);
				const [digest] = (await once(worker, "message")) as [string];
				assert.equal(digest, digests.get(seed), `seed ${seed}`);
			}
		} finally {
			await worker.terminate();
		}
	});
});
