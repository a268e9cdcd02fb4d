/** The simulation itself: what `npm run simulate` does with many more seeds. */
import assert from "node:assert/strict";
import { runSeeds } from "../../host-sim/simulation/pool.js";

const SEEDS = 200;

describe("simulated lines", function () {
	this.timeout(300_000);

	it(`keep every property under faults, whichever of ${SEEDS} seeds draws them`, async () => {
		const seeds = { from: 1, to: SEEDS, durationMs: Number.POSITIVE_INFINITY, isReal: false };
		const tally = await runSeeds(seeds);
		assert.deepEqual(tally.failures, [], "npm run simulate -- --seed N shows how it came about");
		assert.deepEqual([tally.seeds, tally.violations], [SEEDS, 0]);
		// Something happened: units went both ways, and every kind of fault there is.
		assert.ok(tally.betrayed > SEEDS / 20, `${tally.betrayed} lines with a station in other hands`);
		assert.ok(tally.finished > SEEDS / 4, `${tally.finished} units finished`);
		assert.ok(tally.rejected > SEEDS / 4, `${tally.rejected} units rejected`);
		assert.ok(tally.attempts > 2 * tally.units, `${tally.attempts} attempts`);
		for (const [kind, times] of Object.entries(tally.faults))
			assert.ok(times > 0, `no ${kind} in ${SEEDS} seeds`);
	});
});
