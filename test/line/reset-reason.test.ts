/** Why a board started, from the board to people: real firmware on XS that ends in different ways, and the real server. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { prepareStation } from "../../host-sim/line/station.js";
import { Supervisor } from "../../host-sim/line/supervisor.js";
import { systemClock } from "../../host-sim/line/system-clock.js";
import { resetReasonAfter } from "../../host-sim/reset-reason.js";
import { BOARD_EXIT, spawnStation } from "../../host-sim/station-process.js";
import { stationDirectory } from "../../keys/keys.js";
import { lineStatus } from "../../server/status.js";
import { LINE, makePlant, TestLine, type TestPlant } from "../station/line.js";

const STATION = `${LINE}.station-1`;
const FIXTURE = fileURLToPath(new URL("../on-xs/failing-fixture.js", import.meta.url));
/** In the order in which that fixture ends its board. */
const REASONS = ["power-on", "stack-overflow", "memory-full", "unhandled"];

describe("the reason why a board starts", () => {
	it("is what its last process ended by", () => {
		const reason = (code: number | null, signal: string | null = null) =>
			resetReasonAfter({ code, signal });
		assert.equal(resetReasonAfter(undefined), "power-on");
		assert.equal(reason(0), "restart");
		assert.equal(reason(BOARD_EXIT.unhandled), "unhandled");
		assert.equal(reason(BOARD_EXIT.memoryFull), "memory-full");
		assert.equal(reason(BOARD_EXIT.stackOverflow), "stack-overflow");
		assert.equal(reason(BOARD_EXIT.engineFault), "engine-fault");
		assert.equal(reason(BOARD_EXIT.flash), "fault");
		assert.equal(reason(null, "SIGKILL"), "power-on");
		assert.equal(reason(null, "SIGSEGV"), "fault");
	});
});

describe("a board that ends", function () {
	this.timeout(120_000);
	let plant: TestPlant;
	let line: TestLine;
	let directory: string;
	let supervisor: Supervisor;

	before(async () => {
		plant = await makePlant(1);
	});
	after(() => plant.remove());

	beforeEach(async () => {
		directory = mkdtempSync(join(tmpdir(), "interlock-reason-"));
		line = new TestLine(plant);
		await line.start();
		await line.release(0, "# R\nr1= 1\n", "# q\nmin= 1\nmax= 2\n");
	});
	afterEach(async () => {
		await supervisor.stop();
		await line.close();
		rmSync(directory, { recursive: true });
	});

	/** One on XS, with the fixture that fails. */
	async function startBoard(): Promise<void> {
		const flash = join(directory, "station.flash");
		const table = join(directory, "modules.txt");
		writeFileSync(table, `module fixture load ${FIXTURE}\n`);
		const bundle = stationDirectory(plant.directory, STATION);
		await prepareStation({ bundle, flash, url: line.broker.url });
		supervisor = new Supervisor({
			clock: systemClock,
			delayMinMs: 1,
			start: (previous) => {
				const resetReason = resetReasonAfter(previous);
				const board = spawnStation({ flash, table, resetReason });
				return {
					pid: board.pid,
					ended: board.exited,
					stop: () => board.stop(),
					kill: () => board.kill(),
				};
			},
			onEvent: () => undefined,
		});
		supervisor.start();
	}

	/** @returns why, when the server has told of the next start. */
	async function nextStart(): Promise<[boot: number, reset: string | undefined]> {
		const event = await line.until(({ event }) => event === "started");
		assert.ok(event.event === "started" && event.station === STATION);
		return [event.boot, event.reset];
	}

	it("says at its next start why, and goes on with its unit", async () => {
		await startBoard();
		await line.releaseUnits("U-1");
		for (const [i, reason] of REASONS.entries())
			assert.deepEqual(await nextStart(), [i + 1, reason]);
		assert.equal(await line.untilUnit("U-1"), "passed");
		const [station] = (await lineStatus(line.store, LINE)).stations;
		assert.equal(station?.attempts, 1);
		assert.deepEqual([station?.started?.boot, station?.started?.reset], [4, "unhandled"]);
	});

	it("is told of once, though the server starts again", async () => {
		await startBoard();
		assert.deepEqual(await nextStart(), [1, "power-on"]);
		await line.stopServer();
		await line.startServer();
		await line.until(({ event }) => event === "session");
		supervisor.child?.stop();
		assert.deepEqual(await nextStart(), [2, "restart"]);
		supervisor.child?.kill();
		assert.deepEqual(await nextStart(), [3, "power-on"]);
	});
});
