import assert from "node:assert/strict";
import { Backoff } from "../../modules/mqtt/backoff.js";

describe("back-off", () => {
	it("doubles its ceiling up to the maximum", () => {
		const backoff = new Backoff(100, 1000, { fraction: () => 1 });
		const delays = Array.from({ length: 100 }, () => backoff.nextDelayMs());
		assert.deepEqual(delays.slice(0, 5), [200, 400, 800, 1000, 1000]);
		assert.equal(delays.at(-1), 1000);
	});

	it("spreads delays between minimum and ceiling", () => {
		for (const fraction of [0, 0.25, 0.5]) {
			const backoff = new Backoff(100, 1000, { fraction: () => fraction });
			assert.equal(backoff.nextDelayMs(), 100 + fraction * 100);
			assert.equal(backoff.nextDelayMs(), 100 + fraction * 300);
		}
	});

	it("starts low again after a reset", () => {
		const backoff = new Backoff(100, 1000, { fraction: () => 1 });
		for (let i = 0; i < 10; i++) backoff.nextDelayMs();
		backoff.reset();
		assert.equal(backoff.nextDelayMs(), 200);
	});
});
