/**
 * Whole lines with real processes: broker, server, and stations on the XS engine. The same seed is used
 * throughout, so that every run, disturbed or not, must come to the same units, attempts and outcomes.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { LineEvent } from "../../host-sim/line/events.js";
import { runLine } from "../../host-sim/line/line.js";
import { DataDirectory, LINE_NAME } from "../../host-sim/line/prepare.js";
import type { LineReport } from "../../host-sim/line/report.js";
import { systemClock } from "../../host-sim/line/system-clock.js";
import { measure } from "../../host-sim/plant/rlc.js";
import { enrol, initPlant } from "../../keys/keys.js";
import { SetPicker } from "../../modules/recipe/sets.js";
import { showUnit } from "../../server/operations.js";
import { checkRecipe } from "../../server/recipe-check.js";
import { openStore } from "../../server/store/sqlite.js";

const RECIPES = fileURLToPath(new URL("../../../recipes", import.meta.url));
const RUN = fileURLToPath(new URL("../../bin/commands/run.js", import.meta.url));
const PLAN = { seed: 7, stations: 3, units: 7 };
const STATIONS = ["station-1", "station-2", "station-3"];

/** What must be the same in every run. */
function essence(report: LineReport) {
	return report.units.map(({ serial, outcome, attempts }) => ({ serial, outcome, attempts }));
}

describe("line on Linux", function () {
	this.timeout(180_000);
	let scratch: string;
	let runs = 0;
	let expected: ReturnType<typeof essence>;
	/** Of the undisturbed run that the others are compared with. */
	let first: string;

	/** A data directory of its own for each run, with keys that are made once (and small, for speed). */
	function newData(): string {
		const path = join(scratch, `run-${++runs}`);
		cpSync(join(scratch, "made"), path, { recursive: true });
		return path;
	}

	function run(
		data: string,
		onEvent: (event: LineEvent, stop: () => void) => void = () => {},
		broker?: "mosquitto",
	): Promise<LineReport> {
		const controller = new AbortController();
		return runLine({
			asked: {},
			fallback: PLAN,
			broker,
			recipes: RECIPES,
			data,
			settleMs: 0,
			clock: systemClock,
			onEvent: (event) => onEvent(event, () => controller.abort()),
			signal: controller.signal,
		});
	}

	before(async () => {
		scratch = mkdtempSync(join(tmpdir(), "interlock-line-test-"));
		const made = DataDirectory.take(join(scratch, "made"));
		made.plan({}, PLAN);
		await initPlant({ directory: made.keys, line: LINE_NAME, rsaBits: 2048 });
		await enrol({ directory: made.keys, stations: STATIONS, rsaBits: 2048 });
		made.release();
		first = newData();
		const report = await run(first);
		assert.equal(report.outcome, "complete");
		expected = essence(report);
	});
	after(() => rmSync(scratch, { recursive: true, force: true }));

	it("accounts for every unit, some after more attempts than others", () => {
		assert.equal(expected.length, PLAN.units);
		const totals = expected.map(({ attempts }) => Object.values(attempts).join("+"));
		assert.ok(new Set(totals).size > 1, totals.join(" "));
		for (const { outcome, attempts } of expected) {
			assert.match(outcome, /^(passed|rejected)$/);
			assert.deepEqual(Object.keys(attempts), STATIONS);
			assert.ok((attempts["station-1"] ?? 0) > 0);
		}
		const outcomes = expected.map(({ outcome }) => outcome);
		// With this seed a unit that no value set suits comes before one that passes.
		assert.ok(outcomes.indexOf("rejected") !== -1);
		assert.equal(outcomes.at(-1), "passed");
	});

	it("stored what the plant's equations give, computed again on this engine", async () => {
		const store = await openStore(join(first, "interlock.sqlite"));
		try {
			for (const { serial } of expected) {
				const unit = await showUnit(store, serial);
				assert.ok(unit !== undefined && unit.attempts.length > 0);
				for (const { number, station, recipe, set, readings } of unit.attempts) {
					const text = readFileSync(join(RECIPES, `${recipe.id}.params`));
					const picker = new SetPicker(checkRecipe(text), set);
					picker.write(text);
					const trial = { serial, attempt: number, values: picker.end() };
					assert.deepEqual(measure(PLAN.seed, station, trial), { readings });
				}
			}
		} finally {
			await store.close();
		}
	});

	it("comes to the same through a Mosquitto of its own, killed meanwhile", async () => {
		let deaths = 0;
		let pid: number | undefined;
		const report = await run(
			newData(),
			(event) => {
				if (event.event === "process" && event.process === "broker")
					if (event.state === "started") pid = event.pid;
					else deaths++;
				if (event.event !== "unit" || event.serial !== "U-0002" || pid === undefined) return;
				process.kill(pid, "SIGKILL");
				pid = undefined;
			},
			"mosquitto",
		);
		assert.equal(report.outcome, "complete");
		assert.deepEqual(essence(report), expected);
		assert.ok(deaths > 0, "the broker was killed");
	});

	it("comes to the same as a command, and ends with the promised object", () => {
		const { status, stdout, stderr } = spawnSync(
			process.execPath,
			[RUN, "line", "--data", newData(), "--settle", "0", "--json"],
			{ encoding: "utf8" },
		);
		assert.equal(status, 0, stderr);
		const lines = stdout.trim().split("\n");
		const events = lines.map((line) => JSON.parse(line));
		const report = events.pop() as LineReport;
		assert.equal(report.outcome, "complete");
		assert.equal(report.seed, PLAN.seed);
		assert.ok(report.durationMs > 0);
		assert.deepEqual(essence(report), expected);
		assert.deepEqual(
			report.stations.map(({ id }) => id),
			STATIONS,
		);
		for (const { engine, memory, messages, bytesSealed } of report.stations) {
			assert.match(engine, /^XS /);
			assert.ok(memory !== undefined && memory.slots > 0);
			assert.ok(memory.baseChunkBytes > 0);
			assert.ok(messages > 0 && bytesSealed > 0);
		}
		for (const { event } of events) assert.equal(typeof event, "string");
	});

	it("goes on where it stopped, and has nothing to do once it is complete", async () => {
		const data = newData();
		let verdicts = 0;
		const first = await run(data, (event, stop) => {
			if (event.event === "verdict" && ++verdicts === 3) stop();
		});
		assert.equal(first.outcome, "interrupted");
		assert.ok(first.units.some(({ outcome }) => outcome === "open"));
		const second = await run(data);
		assert.equal(second.outcome, "complete");
		assert.deepEqual(essence(second), expected);
		const events: string[] = [];
		const third = await run(data, ({ event }) => events.push(event));
		assert.equal(third.outcome, "complete");
		assert.deepEqual(essence(third), expected);
		assert.equal(events.includes("verdict"), false);
	});
});
