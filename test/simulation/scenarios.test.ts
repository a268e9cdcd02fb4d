/** What seeds of the simulation have found, by hand: small enough to be understood. */
import assert from "node:assert/strict";
import { BEGIN_S } from "../../host-sim/simulation/plant.js";
import { Scenario } from "./scenario.js";

const UNIT = "UNIT-1";

describe("found by simulation", () => {
	it("a station whose credential was renewed while it had no session gets the new one and works", async () => {
		const scenario = new Scenario();
		const { line } = scenario;
		const [board] = line.boards;
		assert.ok(board);
		await scenario.releaseRecipes();
		await line.startServer();
		line.plant.renewStation(board.name);
		line.announceKeys();
		await scenario.pass(2000);
		await line.releaseUnits([UNIT]);
		board.powerOn();
		await scenario.pass(30_000);
		const newest = line.plant.serverKeys().stations.get(board.name)?.bytes;
		assert.deepEqual(board.flash.openRecords().read("cred"), newest);
		assert.equal(scenario.unit(UNIT)?.stage, "finished");
		assert.equal(board.state, "Idle");
	});

	it("a recipe released while the server's clock was beyond the credentials' time is sealed when the clock is right again", async () => {
		const scenario = new Scenario();
		const { line } = scenario;
		const { expiresS } = line.plant.serverKeys().credential;
		await line.start();
		await scenario.pass(5000);
		line.timeOffMs = (expiresS - BEGIN_S) * 1000;
		await scenario.releaseRecipes();
		await line.releaseUnits([UNIT]);
		await scenario.pass(5000);
		assert.deepEqual(scenario.sealed(), []);
		line.timeOffMs = 0;
		await scenario.pass(60_000);
		assert.deepEqual(scenario.sealed(), [1]);
		assert.equal(scenario.unit(UNIT)?.stage, "finished");
	});
});
