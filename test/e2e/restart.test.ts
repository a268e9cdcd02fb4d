/** A line whose parts are killed while it runs decides what an undisturbed one decides, and nothing twice. */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { BoardKind } from "../../host-sim/board-kind.js";
import type { LineEvent } from "../../host-sim/line/events.js";
import { showUnit } from "../../server/operations.js";
import { openStore } from "../../server/store/sqlite.js";
import { describeOnBoards } from "../support/boards.js";
import { decisions, runTestLine, temporaryDirectory } from "./support.js";

const PLAN = { stations: 2, units: 8, seed: 11 };

describeOnBoards("restart", 180_000, ({ kind }) => {
	async function run(board: BoardKind, onEvent?: (event: LineEvent) => void) {
		const directory = temporaryDirectory();
		try {
			const report = await runTestLine({
				...PLAN,
				boards: [board],
				data: directory.path,
				...(onEvent && { onEvent }),
			});
			const store = await openStore(join(directory.path, "interlock.sqlite"));
			const units = await Promise.all(report.units.map(({ serial }) => showUnit(store, serial)));
			await store.close();
			return { report, units };
		} finally {
			directory.remove();
		}
	}

	it("carries on after stations, server and broker were killed", async () => {
		// What units come to does not depend on the board.
		const calm = await run("linux");
		assert.equal(calm.report.outcome, "complete");

		// Each victim dies by SIGKILL at the moment the named event is seen.
		const pids = new Map<string, number>();
		const plan: { victim: string; when: (event: LineEvent) => boolean }[] = [
			{ victim: "station-1", when: ({ event }) => event === "verdict" },
			{ victim: "server", when: ({ event }) => event === "arrived" },
			{ victim: "station-2", when: (e) => e.event === "arrived" && e.station === "station-2" },
			{ victim: "broker", when: ({ event }) => event === "handover" },
			{ victim: "station-2", when: (e) => e.event === "verdict" && e.station === "station-2" },
			{ victim: "server", when: ({ event }) => event === "arrived" },
		];
		const killed: string[] = [];
		const stormy = await run(kind, (event) => {
			if (event.event === "process" && event.state === "started" && event.pid !== undefined)
				pids.set(event.process, event.pid);
			const next = plan[killed.length];
			const pid = next && pids.get(next.victim);
			if (next === undefined || pid === undefined || !next.when(event)) return;
			killed.push(next.victim);
			pids.delete(next.victim);
			process.kill(pid, "SIGKILL");
		});
		assert.deepEqual(
			killed,
			plan.map(({ victim }) => victim),
		);
		assert.equal(stormy.report.outcome, "complete");
		assert.deepEqual(decisions(stormy.report), decisions(calm.report));
		for (const [index, unit] of stormy.units.entries()) {
			const kept = (attempts = unit?.attempts) =>
				attempts?.map(({ number, step, set, readings, pass }) => ({
					number,
					step,
					set,
					readings,
					pass,
				}));
			assert.deepEqual(kept(), kept(calm.units[index]?.attempts));
		}
	});
});
