import assert from "node:assert/strict";
import { CHECKERS, SOUND } from "../../host-sim/simulation/checks/index.js";
import type { Mutant } from "./mutant.js";
import { MUTANTS } from "./mutants.js";
import { faultOf, firstViolation, type Outcome, runMutants, SEEDS_MAX } from "./mutate.js";

const COMMON = MUTANTS.filter(({ isRare }) => !isRare);
const CONTROL_SEEDS = 5;

describe("mutants of the simulation", () => {
	const outcomes = new Map<Mutant, Outcome | Error>();

	before(async function () {
		this.timeout(600_000);
		await runMutants(COMMON, SEEDS_MAX, (mutant, outcome) => outcomes.set(mutant, outcome));
	});

	for (const mutant of COMMON)
		it(`are seen by ${mutant.checkers.join(" or ")}: ${mutant.name}`, () => {
			assert.equal(faultOf(mutant, outcomes.get(mutant)), undefined);
		});

	for (const { name } of [...CHECKERS, SOUND])
		it(`include one that ${name} alone must see`, () => {
			assert.ok(COMMON.some(({ checkers }) => checkers.length === 1 && checkers[0] === name));
		});

	it("differ from the code as it is, in which nothing is seen", async () => {
		const unchanged = {
			file: "modules/channel/session.js",
			find: "seal(message)",
			replace: "seal(message)",
		};
		assert.equal(await firstViolation(unchanged, CONTROL_SEEDS), undefined);
	});

	it("are refused where the text to change is gone", async () => {
		const gone = { file: "modules/channel/session.js", find: "no such text", replace: "" };
		await assert.rejects(firstViolation(gone, 1), /must be in .*session\.js exactly once/);
	});
});
