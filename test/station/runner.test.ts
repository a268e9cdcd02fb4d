import assert from "node:assert/strict";
import { SESSION_LIFETIME_MS } from "../../modules/channel/session.js";
import type { Trial, TrialOutcome } from "../../modules/ports/fixture.js";
import { showUnit, type UnitShown } from "../../server/operations.js";
import { fastClock } from "./clock.js";
import { makePlant, TestLine, type TestPlant } from "./line.js";

const RECIPE = "# R\nr1= 1\nr2= 2\nr3= 3\n\n# C\nc1= .5\nc2= .25\n";
const LIMITS = "# product\nmin= 0.9\nmax= 1.1\n";

/** The readings tell which values were applied: r2 and c1 pass. */
function measure({ values }: Trial): TrialOutcome {
	const product = values.reduce((total, { value }) => total * value, 1);
	return { readings: [{ name: "product", value: product }] };
}

describe("station runner, with the real server and broker", function () {
	this.timeout(20_000);
	let plant: TestPlant;
	let line: TestLine;

	before(async () => {
		plant = await makePlant(3);
	});
	after(() => plant.remove());
	beforeEach(async () => {
		line = new TestLine(plant);
		await line.start();
		for (let i = 0; i < 3; i++) await line.release(i, RECIPE, LIMITS);
	});
	afterEach(() => line.close());

	async function unitsShown(...serials: string[]): Promise<UnitShown[]> {
		const shown = await Promise.all(serials.map((serial) => showUnit(line.store, serial)));
		return shown.filter((unit) => unit !== undefined);
	}

	it("takes units down the whole line", async () => {
		for (let i = 0; i < 3; i++) line.board(i, measure).powerOn();
		await line.releaseUnits("U-1", "U-2", "U-3");
		for (const serial of ["U-1", "U-2", "U-3"])
			assert.equal(await line.untilUnit(serial), "passed");
		for (const { fixture } of line.boards) {
			assert.deepEqual(
				fixture.trials.map(({ serial }) => serial),
				["U-1", "U-1", "U-1", "U-2", "U-2", "U-2", "U-3", "U-3", "U-3"],
			);
			assert.deepEqual(fixture.trials[2]?.values, [
				{ section: "R", name: "r2", value: 2 },
				{ section: "C", name: "c1", value: 0.5 },
			]);
		}
	});

	it("tries every set of a unit that cannot pass, and goes on with the next", async () => {
		const board = line.board(0, (trial) =>
			trial.serial === "U-1" ? { readings: [{ name: "product", value: 0 }] } : measure(trial),
		);
		board.powerOn();
		for (let i = 1; i < 3; i++) line.board(i, measure).powerOn();
		await line.releaseUnits("U-1", "U-2");
		assert.equal(await line.untilUnit("U-1"), "rejected");
		assert.equal(await line.untilUnit("U-2"), "passed");
		assert.equal(board.fixture.trials.filter(({ serial }) => serial === "U-1").length, 6);
	});

	for (const losesLast of [false, true]) {
		it(`survives a power cut ${losesLast ? "before" : "after"} every write`, async () => {
			const starts = [0, 0, 0];
			for (let i = 0; i < 3; i++) {
				const board = line.board(i, measure);
				board.clock = fastClock(20);
				// Each start lasts one write longer than the one before, so each kind of write is met.
				const cut = (): void => {
					starts[i] = (starts[i] as number) + 1;
					board.cutPowerAt(starts[i] as number, losesLast, cut);
				};
				cut();
				board.powerOn();
			}
			await line.releaseUnits("U-1", "U-2", "U-3", "U-4");
			for (const serial of ["U-1", "U-2", "U-3", "U-4"])
				assert.equal(await line.untilUnit(serial), "passed");
			for (const { attempts } of await unitsShown("U-1", "U-2", "U-3", "U-4")) {
				assert.deepEqual(
					attempts.map(({ number, step, set, pass }) => [number, step, set, pass]),
					[0, 1, 2].flatMap((step) =>
						[0, 1, 2].map((set) => [3 * step + set + 1, step, set, set === 2]),
					),
				);
			}
			assert.ok(Math.min(...starts) >= 6, `starts: ${starts}`);
		});
	}

	it("carries on when the server is restarted again and again", async () => {
		for (let i = 0; i < 3; i++) {
			const board = line.board(i, measure);
			board.clock = fastClock(20);
			board.powerOn();
		}
		const serials = ["U-1", "U-2", "U-3", "U-4"];
		await line.releaseUnits(...serials);
		for (let restarts = 0; restarts < 5; restarts++) {
			await line.until(({ event }) => event === "verdict");
			await line.stopServer();
			await line.startServer();
		}
		await line.untilUnit("U-4");
		for (const { attempts } of await unitsShown(...serials)) assert.equal(attempts.length, 9);
	});

	it("ends its attempt when the server is silent, keeps the result, and has it judged when the server is back", async () => {
		const board = line.board(0, measure);
		board.clock = fastClock(40);
		board.fixture.blocked = true;
		board.powerOn();
		await line.releaseUnits("U-1");
		await board.untilLine("state Execute");
		while (board.fixture.trials.length === 0) await new Promise(setImmediate);
		await line.stopServer();
		await board.untilLine("state Held");
		board.fixture.finish();
		board.fixture.blocked = false;
		await line.startServer();
		const verdict = await line.until(({ event }) => event === "verdict");
		assert.equal(verdict.event === "verdict" && verdict.attempt, 1);
		await board.untilLine("state Execute");
		await line.until(({ event }) => event === "verdict");
		const attempts = board.fixture.trials.map(({ attempt }) => attempt);
		assert.deepEqual(attempts.slice(0, 2), [1, 2]);
	});

	it("fetches a small file while the server is away, and runs it only in a session", async () => {
		await line.until(({ event }) => event === "online");
		await line.server?.refresh();
		await line.stopServer();
		const board = line.board(0, measure);
		board.powerOn();
		await board.untilLine("file complete");
		assert.equal(board.fixture.trials.length, 0);
		await line.startServer();
		board.powerOff();
		board.powerOn();
		await line.releaseUnits("U-1");
		await line.until(({ event }) => event === "verdict");
	});

	it("reports a fixture's fault and holds, then goes on", async () => {
		let faults = 0;
		const board = line.board(0, (trial) =>
			faults++ === 0 ? { fault: "no\u00e9 contact" } : measure(trial),
		);
		board.clock = fastClock(20);
		board.powerOn();
		await line.releaseUnits("U-1");
		const alarm = await line.until(({ event }) => event === "alarm");
		assert.deepEqual(alarm, {
			event: "alarm",
			station: board.name,
			code: "fixture-fault",
			text: "no? contact",
		});
		await line.until(({ event }) => event === "verdict");
	});

	it("makes a new session when 24 h are over", async () => {
		const board = line.board(0, measure);
		const clock = fastClock(20);
		let jumpMs = 0;
		board.clock = { nowMs: () => clock.nowMs() + jumpMs, set: clock.set };
		board.powerOn();
		await line.until(({ event }) => event === "session");
		jumpMs = SESSION_LIFETIME_MS;
		await line.until(({ event }) => event === "session");
		await line.releaseUnits("U-1");
		await line.until(({ event }) => event === "verdict");
	});

	it("is held by the server's word and moves again on resume", async () => {
		const board = line.board(0, measure);
		board.clock = fastClock(20);
		board.powerOn();
		await board.untilLine("state Idle");
		await line.store.write(async (tx) => tx.setMeta("behind/line-1", "1000000"));
		await line.releaseUnits("U-1");
		await board.untilLine("state Held");
		assert.equal(board.fixture.trials.length, 0);
		await line.store.write(async (tx) => tx.setMeta("behind/line-1", undefined));
		await board.untilLine("state Execute");
	});

	it("changes to a new version between two units, never during one", async () => {
		const board = line.board(0, measure);
		board.fixture.blocked = true;
		board.powerOn();
		for (let i = 1; i < 3; i++) line.board(i, measure).powerOn();
		await line.releaseUnits("U-1", "U-2");
		await board.untilLine("state Execute");
		while (board.fixture.trials.length === 0) await new Promise(setImmediate);
		await line.release(0, RECIPE.replace("r2= 2", "r2= 4"), "# product\nmin= 1.9\nmax= 2.1\n");
		board.fixture.blocked = false;
		board.fixture.finish();
		await line.untilUnit("U-2");
		const [one, two] = await unitsShown("U-1", "U-2");
		const versions = (shown: typeof one): number[] =>
			shown?.attempts.filter(({ step }) => step === 0).map(({ recipe }) => recipe.version) ?? [];
		assert.deepEqual(versions(one), [1, 1, 1]);
		assert.deepEqual(versions(two), [2, 2, 2]);
	});
});
