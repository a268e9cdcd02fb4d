/** The logs of a whole line on XS: every attempt's is in the database, byte for byte, whatever is killed meanwhile. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { LineEvent } from "../../host-sim/line/events.js";
import type { LineReport } from "../../host-sim/line/report.js";
import { Sweep } from "../../host-sim/plant/sweep.js";
import { concat } from "../../modules/bytes/bytes.js";
import { SetPicker } from "../../modules/recipe/sets.js";
import { showUnit } from "../../server/operations.js";
import { readLog } from "../../server/read-log.js";
import { checkRecipe } from "../../server/recipe-check.js";
import { openStore } from "../../server/store/sqlite.js";
import type { Store } from "../../server/store/store.js";
import { describeOnBoards } from "../support/boards.js";
import { RECIPES, runTestLine, temporaryDirectory } from "./support.js";

/** With this seed units take two or three attempts, or one, and one unit is tried more often. */
const PLAN = { stations: 2, units: 2, seed: 5 };
/** Less on a chip, which takes longer. */
const LOG_SIZES = { linux: 200 * 1024 + 17, mcu: 64 * 1024 + 17 };

describeOnBoards("logs of a line", 240_000, ({ kind }) => {
	const logSize = LOG_SIZES[kind];

	/** @returns how many logs there were. */
	async function assertWhole(store: Store, report: LineReport): Promise<number> {
		let logs = 0;
		for (const { serial } of report.units) {
			const unit = await showUnit(store, serial);
			assert.ok(unit);
			assert.deepEqual(
				unit.logs.map(({ attempt }) => attempt),
				unit.attempts.map(({ number }) => number),
			);
			for (const { number, station, recipe, set } of unit.attempts) {
				const text = readFileSync(join(RECIPES, `${recipe.id}.params`));
				const picker = new SetPicker(checkRecipe(text), set);
				picker.write(text);
				const trial = { serial, attempt: number, values: picker.end() };
				const written = new Sweep(PLAN.seed, station, trial, logSize).take(logSize);
				const { bytes } = await readLog(store, serial, number);
				const parts: Uint8Array[] = [];
				for await (const part of bytes) parts.push(part);
				assert.ok(Buffer.from(written).equals(concat(...parts)), `${serial}/${number}`);
				logs++;
			}
		}
		return logs;
	}

	async function run(onEvent: (event: LineEvent) => void): Promise<number> {
		const directory = temporaryDirectory();
		try {
			const { path: data } = directory;
			const line = { ...PLAN, boards: [kind], data, logSize, onEvent };
			const report = await runTestLine(line);
			assert.equal(report.outcome, "complete");
			const store = await openStore(join(data, "interlock.sqlite"));
			try {
				return await assertWhole(store, report);
			} finally {
				await store.close();
			}
		} finally {
			directory.remove();
		}
	}

	it("are what the fixture wrote, and all there when the line ends", async () => {
		const seen: LineEvent[] = [];
		const logs = await run((event) => seen.push(event));
		assert.ok(logs > 2 * PLAN.units);
		const of = (name: string) => seen.filter(({ event }) => event === name).length;
		assert.equal(of("logged"), logs);
		assert.ok(of("transfer") > 0);
	});

	it("complete when server, stations and broker are killed in the middle of one", async () => {
		const pids = new Map<string, number>();
		const victims = ["server", "station", "broker", "station", "server"];
		const killed: string[] = [];
		await run((event) => {
			if (event.event === "process" && event.state === "started" && event.pid !== undefined)
				pids.set(event.process, event.pid);
			const victim = victims[killed.length];
			const isUnderWay =
				event.event === "transfer" && event.direction === "up" && event.done < event.of;
			if (victim === undefined || !isUnderWay) return;
			const name = victim === "station" ? event.station : victim;
			const pid = pids.get(name);
			if (pid === undefined) return;
			killed.push(victim);
			pids.delete(name);
			process.kill(pid, "SIGKILL");
		});
		assert.deepEqual(killed, victims);
	});
});
