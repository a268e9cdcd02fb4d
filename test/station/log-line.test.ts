import assert from "node:assert/strict";
import { concat } from "../../modules/bytes/bytes.js";
import type { Trial, TrialOutcome } from "../../modules/ports/fixture.js";
import { storedFile } from "../../server/store/pieces.js";
import type { StoredLog } from "../../server/store/store.js";
import { fastClock } from "./clock.js";
import { type Board, makePlant, TestLine, type TestPlant } from "./line.js";
import { content } from "./log-bench.js";

const RECIPE = "# R\nr1= 1\nr2= 2\nr3= 3\n";
const LIMITS = "# product\nmin= 1.9\nmax= 2.1\n";
const LOG_SIZE = 20_000;

function logOf({ serial, attempt }: Pick<Trial, "serial" | "attempt">): Uint8Array {
	return content(LOG_SIZE + 1000 * attempt, serial.charCodeAt(2));
}

/** The second value of each station passes. */
function measure(trial: Trial): TrialOutcome {
	const bytes = logOf(trial);
	for (let at = 0; at < bytes.length; at += 3000) trial.log.write(bytes.subarray(at, at + 3000));
	return { readings: [{ name: "product", value: trial.values[0]?.value ?? 0 }] };
}

describe("logs, with the real server and broker", function () {
	this.timeout(30_000);
	let plant: TestPlant;
	let line: TestLine;

	before(async () => {
		plant = await makePlant(1);
	});
	after(() => plant.remove());
	beforeEach(async () => {
		line = new TestLine(plant);
		await line.start();
		await line.release(0, RECIPE, LIMITS);
	});
	afterEach(() => line.close());

	function board(speed = 1): Board {
		const made = line.board(0, measure);
		made.fixture.writesLogs = true;
		if (speed > 1) made.clock = fastClock(speed);
		return made;
	}

	async function kept(serial: string, count: number): Promise<StoredLog[]> {
		for (;;) {
			const logs = await line.store.read((tx) => tx.logs(serial));
			const whole = logs.filter(({ keptMs }) => keptMs !== undefined);
			if (whole.length >= count) return whole;
			await new Promise((resolve) => setTimeout(resolve, 10));
		}
	}

	/** Every attempt of the units has its log, byte for byte. */
	async function assertWhole(...serials: string[]): Promise<void> {
		for (const serial of serials) {
			const logs = await kept(serial, 2);
			assert.deepEqual(
				logs.map(({ attempt }) => attempt),
				[1, 2],
			);
			for (const { attempt, file, size, cut } of logs) {
				const parts: Uint8Array[] = [];
				for await (const piece of storedFile(line.store, file, size)) parts.push(piece);
				assert.deepEqual(concat(...parts), logOf({ serial, attempt }));
				assert.equal(cut, false);
			}
		}
	}

	it("arrive byte for byte", async () => {
		board().powerOn();
		await line.releaseUnits("U-1", "U-2");
		await line.untilUnit("U-2");
		await assertWhole("U-1", "U-2");
	});

	it("are waited for where no place is left, which can be seen", async () => {
		const made = board();
		made.logs.pop();
		made.powerOn();
		await line.releaseUnits("U-1");
		await made.untilLine("trial waits: the server has yet to keep earlier logs");
		assert.equal(made.runner?.stateName, "Suspended");
		await made.untilLine("state Execute");
		await assertWhole("U-1");
		assert.equal(made.fixture.trials.length, 2);
	});

	it("go on where they were when the server is restarted again and again", async () => {
		board(20).powerOn();
		await line.releaseUnits("U-1", "U-2");
		for (let restarts = 0; restarts < 6; restarts++) {
			await line.until(({ event }) => event === "transfer");
			await line.stopServer();
			await line.startServer();
		}
		await assertWhole("U-1", "U-2");
	});

	for (const losesLast of [false, true])
		it(`survive a power cut ${losesLast ? "before" : "after"} every record`, async () => {
			const made = board(20);
			let starts = 0;
			const cut = (): void => made.cutPowerAt(++starts, losesLast, cut);
			cut();
			made.powerOn();
			await line.releaseUnits("U-1", "U-2");
			await assertWhole("U-1", "U-2");
			assert.ok(starts >= 6, `starts: ${starts}`);
		});
});
