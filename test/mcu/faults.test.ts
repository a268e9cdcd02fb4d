/**
 * Faults that a chip can have: each ends in a clean restart whose reason the server hears, and the unit goes on as if
 * nothing had been. What is below a single fault is in core.test.ts and devices.test.ts.
 */
import assert from "node:assert/strict";
import type { LineEvent } from "../../host-sim/line/events.js";
import { FAULTS } from "../../host-sim/line/faults.js";
import { stationId } from "../../host-sim/line/prepare.js";
import { decisions, runTestLine, temporaryDirectory } from "../e2e/support.js";
import { ensureBoard } from "../support/boards.js";

const PLAN = { stations: FAULTS.length, units: 1, seed: 7 };

describe("faults of a chip", function () {
	this.timeout(300_000);

	before(async function () {
		this.timeout(1_200_000);
		await ensureBoard("mcu");
	});

	it(`end in a restart that says why: ${FAULTS.join(", ")}`, async () => {
		const faults = new Map(FAULTS.map((fault, at) => [stationId(at), fault]));
		const [calm, stormy] = [temporaryDirectory(), temporaryDirectory()];
		const resets: string[] = [];
		const told: string[] = [];
		const onEvent = (event: LineEvent) => {
			if (event.event === "reset") resets.push(`${event.station} ${event.reason}`);
			if (event.event === "started") told.push(`${event.station} ${event.reset}`);
		};
		try {
			const undisturbed = await runTestLine({ ...PLAN, data: calm.path });
			const disturbed = { ...PLAN, boards: ["mcu" as const], data: stormy.path };
			const report = await runTestLine({ ...disturbed, faults, onEvent });
			assert.equal(report.outcome, "complete");
			assert.deepEqual(decisions(report), decisions(undisturbed));
			// At power-on, and once more.
			const expected = [...faults].flatMap(([id, fault]) => [`${id} power-on`, `${id} ${fault}`]);
			assert.deepEqual(resets.sort(), expected.sort());
			assert.deepEqual(told.sort(), expected);
			for (const { id, restarts, resetReason } of report.stations)
				assert.deepEqual([restarts, resetReason], [1, faults.get(id)], id);
		} finally {
			calm.remove();
			stormy.remove();
		}
	});
});
