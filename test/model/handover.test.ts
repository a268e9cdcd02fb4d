/** The handover, explored exhaustively within small budgets: see line-model.ts. Larger ones: `npm run model -- --big`. */
import assert from "node:assert/strict";
import { MUTANTS, SMALL } from "./configurations.js";
import { explore } from "./explore.js";
import { LineModel } from "./line-model.js";
import { verdictOn } from "./verdict.js";

const STATES_MAX = 300_000;

describe("handover, every order of events", function () {
	this.timeout(120_000);

	for (const [name, configuration] of Object.entries(SMALL))
		it(`starts nothing too early, judges nothing twice, never gets stuck: ${name}`, async () => {
			const found = await explore(new LineModel(configuration), STATES_MAX);
			assert.equal(verdictOn(found), "holds");
			assert.ok(found.states > 1000, `only ${found.states} states`);
		});

	for (const [name, { configuration, finds }] of Object.entries(MUTANTS))
		it(`would find ${name}`, async () => {
			const found = await explore(new LineModel(configuration), STATES_MAX);
			assert.match(verdictOn(found), finds);
		});

	it("says so when there are more states than it may look at", async () => {
		const [configuration] = Object.values(SMALL);
		assert.ok(configuration);
		await assert.rejects(explore(new LineModel(configuration), 1000), /more than 1000 states/);
	});
});
