/** Whole lines of emulated chips: on both brokers, mixed with Linux boards, without network for a while, without power. */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { BoardKind } from "../../host-sim/board-kind.js";
import type { LineEvent } from "../../host-sim/line/events.js";
import { NetworkSwitch } from "../../host-sim/line/network-switch.js";
import type { LineReport } from "../../host-sim/line/report.js";
import { showUnit } from "../../server/operations.js";
import { openStore } from "../../server/store/sqlite.js";
import { decisions, runTestLine, type TestLine, temporaryDirectory } from "../e2e/support.js";
import { ensureBoard } from "../support/boards.js";
import { plantMosquitto, prepareData } from "../support/plant-mosquitto.js";
import { powerCuts } from "./power-cuts.js";

/** With this seed the second unit takes three attempts at the third station. */
const PLAN = { stations: 3, units: 3, seed: 7 };
/** What a chip's RAM must have left over. */
const SPARE_BYTES = 64 * 1024;
const BUILD_TIMEOUT_MS = 1_200_000;

interface Run {
	readonly report: LineReport;
	readonly attempts: unknown;
}

async function run(boards: readonly BoardKind[], more: Partial<TestLine> = {}): Promise<Run> {
	const directory = temporaryDirectory();
	try {
		const { path: data } = directory;
		const report = await runTestLine({ ...PLAN, boards, data, ...more });
		const store = await openStore(join(more.data ?? data, "interlock.sqlite"));
		const units = await Promise.all(report.units.map(({ serial }) => showUnit(store, serial)));
		await store.close();
		const attempts = units.map((unit) =>
			unit?.attempts.map(({ number, station, set, readings, pass }) => {
				return { number, station, set, readings, pass };
			}),
		);
		return { report, attempts };
	} finally {
		directory.remove();
	}
}

describe("a line of chips", function () {
	this.timeout(300_000);
	let onLinux: Run;

	before(async function () {
		this.timeout(BUILD_TIMEOUT_MS);
		await ensureBoard("mcu");
		onLinux = await run(["linux"]);
	});

	function assertSame({ report, attempts }: Run): void {
		assert.equal(report.outcome, "complete");
		assert.deepEqual(decisions(report), decisions(onLinux.report));
		assert.deepEqual(attempts, onLinux.attempts);
	}

	it("comes to what a line of Linux boards does, with RAM to spare, on the embedded broker", async () => {
		const chips = await run(["mcu"]);
		assertSame(chips);
		for (const { id, board, memory, restarts } of chips.report.stations) {
			assert.equal(board, "mcu");
			assert.equal(restarts, 0);
			assert.equal(memory?.chip?.ramBytes, 409_600);
			assert.ok(memory.chip.neverTouchedBytes >= SPARE_BYTES, `${id} has no room to spare`);
		}
	});

	it("comes to the same on Mosquitto, chips and Linux boards mixed, instructions counted", async () => {
		const directory = temporaryDirectory();
		const { path: data } = directory;
		const mosquitto = await plantMosquitto((await prepareData(data, PLAN)).keys);
		try {
			const broker = `mqtt://127.0.0.1:${mosquitto.port}`;
			const mixed = await run(["mcu", "linux"], { data, broker, countsInstructions: true });
			assertSame(mixed);
			assert.deepEqual(
				mixed.report.stations.map(({ board }) => board),
				["mcu", "linux", "mcu"],
			);
			for (const { board, instructions } of mixed.report.stations) {
				const executing = instructions?.Execute?.busy ?? 0;
				assert.equal(executing > 1_000_000, board === "mcu", "an attempt's instructions");
			}
		} finally {
			await mosquitto.stop();
			directory.remove();
		}
	});

	it("goes on when its network was cut in the middle of an attempt and came back", async () => {
		const network = new NetworkSwitch();
		const during: string[] = [];
		let cuts = 0;
		const onEvent = (event: LineEvent) => {
			if (event.event === "verdict" && network.isCut) during.push(event.station);
			if (event.event !== "state" || event.station !== "station-1") return;
			if (event.state === "Execute" && cuts === 0) {
				cuts++;
				void network.set(true);
			}
			// Its result waits and cannot go.
			if (event.state === "Suspended" && network.isCut) void network.set(false);
		};
		const disturbed = await run(["mcu"], { settleMs: 200, network, onEvent });
		assertSame(disturbed);
		assert.deepEqual([cuts, network.isCut], [1, false]);
		assert.deepEqual(during, [], "a verdict while no result could get through");
	});

	it("loses and doubles nothing when power is cut at random instants", async () => {
		const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);
		const cuts = 6;
		console.log(`      seed ${seed}`);
		assert.equal(await powerCuts({ seed, cuts, stations: 2, units: 4, everyMs: 1500 }), cuts);
	});
});
