import assert from "node:assert/strict";
import { describe as describeEvent, plain, render } from "../../host-sim/line/display.js";
import type { LineEvent } from "../../host-sim/line/events.js";
import { RamNotes } from "../../host-sim/line/memory.js";
import { makeReport, reportText } from "../../host-sim/line/report.js";
import { bytes, minutes, table } from "../../host-sim/line/table.js";
import { LineView } from "../../host-sim/line/view.js";

const START: LineEvent = {
	event: "line",
	seed: 7,
	stations: ["station-1", "station-2"],
	boards: ["linux", "linux"],
	units: ["U-0001", "U-0002"],
	broker: "mqtt://127.0.0.1:1883",
};

function follow(...events: LineEvent[]): LineView {
	const view = new LineView(1_000);
	for (const [index, event] of [START, ...events].entries()) view.apply(event, 1_000 + index * 10);
	return view;
}

const arrived = (station: string, serial: string): LineEvent => ({
	event: "arrived",
	station,
	serial,
	recipe: "station-1",
	version: 1,
});
const verdict = (station: string, serial: string, attempt: number, pass: boolean): LineEvent => ({
	event: "verdict",
	station,
	serial,
	attempt,
	pass,
});

const ended = (
	serial: string,
	outcome: "passed" | "rejected" | "held",
	station = "station-1",
): LineEvent => ({
	event: "unit",
	station,
	serial,
	outcome,
});

describe("line view", () => {
	it("shows a file on its way until it is there", () => {
		const transfer = (done: number): LineEvent => ({
			...{ event: "transfer", station: "station-2", direction: "down" },
			...{ recipe: "coil", version: 2, done, of: 64, bytes: 260_000 },
		});
		const started: LineEvent = { event: "process", process: "station-2", state: "started" };
		const half = follow(started, transfer(32));
		assert.match(render(half, 2_000, 100, plain), /station-2 .*↓ {2}50 %\n/);
		assert.equal(describeEvent(transfer(32)), "station-2: coil version 2 ↓  50 %");
		const whole = follow(started, transfer(32), transfer(64));
		assert.doesNotMatch(render(whole, 2_000, 100, plain), /%/);
	});

	it("follows a unit down the line", () => {
		const view = follow(
			arrived("station-1", "U-0001"),
			verdict("station-1", "U-0001", 1, false),
			verdict("station-1", "U-0001", 2, true),
			arrived("station-2", "U-0001"),
			verdict("station-2", "U-0001", 3, true),
			ended("U-0001", "passed"),
		);
		const unit = view.units.get("U-0001");
		assert.deepEqual(
			[...(unit?.attempts ?? [])],
			[
				["station-1", 2],
				["station-2", 1],
			],
		);
		assert.equal(unit?.outcome, "passed");
		assert.equal(unit?.station, undefined);
		assert.equal((unit?.endedAtMs ?? 0) - (unit?.startedAtMs ?? 0), 50);
		assert.equal(view.stations.get("station-1")?.serial, undefined);
		assert.equal(view.stations.get("station-1")?.passed, 1);
		assert.equal(view.complete, false);
	});

	it("is complete when every unit passed or was rejected, and not when one is held", () => {
		const passed: LineEvent = ended("U-0001", "passed");
		const held: LineEvent = ended("U-0002", "held");
		assert.equal(follow(passed, held).complete, false);
		const rejected: LineEvent = ended("U-0002", "rejected");
		assert.equal(follow(passed, held, rejected).complete, true);
	});

	it("counts a rejection for the station where the unit was", () => {
		const view = follow(
			arrived("station-2", "U-0002"),
			verdict("station-2", "U-0002", 1, false),
			ended("U-0002", "rejected", "station-2"),
		);
		assert.equal(view.stations.get("station-2")?.rejected, 1);
		assert.equal(view.stations.get("station-2")?.serial, undefined);
	});

	it("adds up the counters of a station's processes", () => {
		const counters = (messages: number): LineEvent => ({
			event: "counters",
			station: "station-1",
			messages,
			bytesSealed: messages * 64,
		});
		const started: LineEvent = { event: "process", process: "station-1", state: "started", pid: 1 };
		const ended: LineEvent = {
			event: "process",
			process: "station-1",
			state: "ended",
			code: 1,
			signal: null,
			restartInMs: 200,
		};
		const station = follow(
			started,
			counters(5),
			counters(9),
			ended,
			started,
			counters(2),
		).stations.get("station-1");
		assert.equal(station?.messages, 11);
		assert.equal(station?.bytesSealed, 11 * 64);
		assert.equal(station?.restarts, 1);
		assert.equal(station?.process, "running");
	});

	it("counts an attempt once, whether the event or the database tells of it first", () => {
		const view = follow(arrived("station-1", "U-0001"), verdict("station-1", "U-0001", 1, false));
		const stored = (count: number) => [
			{
				serial: "U-0001",
				station: "station-1",
				attempts: new Map([["station-1", count]]),
				outcome: undefined,
			},
		];
		view.correct(stored(2), 2_000);
		view.apply(verdict("station-1", "U-0001", 2, false), 2_001);
		assert.equal(view.units.get("U-0001")?.attempts.get("station-1"), 2);
		view.apply(verdict("station-1", "U-0001", 3, true), 2_002);
		view.correct(stored(2), 2_003);
		assert.equal(view.units.get("U-0001")?.attempts.get("station-1"), 3);
	});

	it("takes an outcome from the database once", () => {
		const view = follow(arrived("station-2", "U-0001"));
		const stored = [
			{
				serial: "U-0001",
				station: "station-2",
				attempts: new Map([["station-2", 4]]),
				outcome: "rejected" as const,
			},
		];
		view.correct(stored, 2_000);
		view.apply(ended("U-0001", "rejected", "station-2"), 2_001);
		view.correct(stored, 2_002);
		assert.equal(view.stations.get("station-2")?.rejected, 1);
		assert.equal(view.units.get("U-0001")?.endedAtMs, 2_000);
	});

	it("ignores events about stations and units it does not know", () => {
		const view = follow(
			arrived("station-9", "U-9999"),
			verdict("station-9", "U-9999", 1, true),
			ended("U-9999", "passed"),
			{ event: "refused", station: "station-9", reason: "not-here" },
		);
		assert.equal(view.accounted, 0);
	});
});

describe("line display", () => {
	it("shows each station and the units' progress", () => {
		const view = follow(
			{ event: "process", process: "station-1", state: "started", pid: 1 },
			{ event: "state", station: "station-1", state: "Execute" },
			arrived("station-1", "U-0001"),
			verdict("station-1", "U-0001", 1, false),
			{
				event: "memory",
				station: "station-1",
				slots: 1_000,
				chunkBytes: 20_000,
				baseSlots: 1_000,
				baseChunkBytes: 10_000,
			},
		);
		const shown = render(view, 8_000, 80, plain);
		assert.match(shown, /Interlock {2}0:07 {2}seed 7/);
		assert.match(shown, /station-1 +Execute +U-0001 +1 +fail +0 +0 +36 kB/);
		assert.match(shown, /station-2 +starting/);
		assert.match(shown, /0 passed · 0 rejected · 1 on the line · 1 to come/);
		assert.match(shown, /░{40} {2}0 of 2/);
	});

	it("keeps a long line to its rows and counts the rest", () => {
		const view = new LineView(0);
		const stations = Array.from({ length: 40 }, (_, index) => `station-${index + 1}`);
		view.apply({ ...START, stations } as LineEvent, 0);
		view.apply(arrived("station-39", "U-0001"), 0);
		const shown = render(view, 0, 80, plain);
		assert.match(shown, /station-39/);
		assert.match(shown, /and 24 more/);
	});

	it("puts an event into words, or says that it is not for people", () => {
		assert.equal(
			describeEvent(verdict("station-1", "U-0001", 3, false)),
			"station-1: U-0001 attempt 3 fail",
		);
		const started = (reset?: string): LineEvent => ({
			event: "started",
			station: "station-2",
			boot: 4,
			...(reset !== undefined && { reset }),
		});
		assert.equal(describeEvent(started("watchdog")), "station-2: started again, watchdog");
		assert.equal(describeEvent(started("power-on")), undefined);
		assert.equal(describeEvent(started()), undefined);
		assert.equal(describeEvent({ event: "state", station: "station-1", state: "Idle" }), undefined);
	});
});

describe("chips in view and report", () => {
	const chip = {
		...{ ramBytes: 409_600, neverTouchedBytes: 100_000, staticBytes: 9_000 },
		...{ stackBytes: 32_768, stackPeakBytes: 11_000, heapBytes: 200_000, heapPeakBytes: 250_000 },
		...{ cryptoBytes: 1_000, cryptoPeakBytes: 40_000 },
		...{ networkBytes: 2_000, networkPeakBytes: 30_000 },
	};
	const xs = {
		reservedBytes: 90_000,
		slots: 2_000,
		chunkBytes: 30_000,
		baseSlots: 1_000,
		baseChunkBytes: 10_000,
	};
	const mixed: LineEvent = { ...START, boards: ["mcu", "linux"] } as LineEvent;
	const started: LineEvent = { event: "process", process: "station-1", state: "started", pid: 1 };
	const of = (event: object) => ({ station: "station-1", ...event }) as LineEvent;
	const state = (name: string) => of({ event: "state", state: name });
	const count = (busy: number) => of({ event: "instructions", busy, idle: busy / 2 });
	const reset = (reason: string) => of({ event: "reset", reason });

	function followMixed(...events: LineEvent[]): LineView {
		const view = new LineView(0);
		for (const event of [mixed, started, reset("power-on"), ...events]) view.apply(event, 0);
		return view;
	}

	it("names the boards and shows how much RAM was touched", () => {
		const view = followMixed(of({ event: "memory", ...xs, chip }));
		const shown = render(view, 0, 120, plain);
		assert.match(shown, /station-1 +mcu +Starting .* 310 of 410 kB/);
		assert.match(shown, /station-2 +linux /);
		const text = reportText(makeReport(view, { outcome: "stalled", engine: "XS 1", nowMs: 0 }));
		assert.match(text, /station-1 +mcu +XS 1 /);
		assert.match(
			text,
			/station-1 +32 kB +30 kB +90 kB +40 kB +250 kB +30 kB +9\.0 kB +11 kB +100 kB/,
		);
		const ram = new RamNotes();
		assert.match(ram.note("station-1", { ...xs, chip }) ?? "", /^station-1: RAM 310 of 410 kB: XS/);
		assert.equal(ram.note("station-1", { ...xs, chip }), undefined);
		assert.equal(ram.note("station-2", xs), undefined);
	});

	it("counts a restart by itself, with its reason, and goes on counting messages", () => {
		const counters = (messages: number) => of({ event: "counters", messages, bytesSealed: 0 });
		const view = followMixed(counters(5), reset("watchdog"), counters(2));
		const station = view.stations.get("station-1");
		assert.equal(station?.restarts, 1);
		assert.equal(station?.messages, 7);
		assert.match(render(view, 0, 120, plain), /1 watchdog/);
		assert.equal(describeEvent(reset("power-on")), undefined);
		assert.match(describeEvent(reset("watchdog")) ?? "", /starts again, watchdog/);
		const [report] = makeReport(view, { outcome: "stalled", engine: "", nowMs: 0 }).stations;
		assert.equal(report?.resetReason, "watchdog");
	});

	it("gives what was counted to the state in which it was", () => {
		const view = followMixed(
			...[state("Idle"), count(2e6), count(3e6), state("Execute"), count(3.5e6)],
			...[state("Idle"), count(9.5e6), reset("watchdog"), count(1e6), state("Idle"), count(4e6)],
		);
		const report = makeReport(view, { outcome: "stalled", engine: "", nowMs: 0 });
		const busy = Object.entries(report.stations[0]?.instructions ?? {}).map(([name, each]) => [
			name,
			each.busy,
		]);
		assert.deepEqual(busy, [
			["start", 6e6],
			["Idle", 1.5e6],
			["Execute", 6e6],
		]);
		assert.equal(report.stations[1]?.instructions, undefined);
		assert.match(reportText(report), /10\^6 instructions +start +Idle +Execute +all\n/);
		assert.match(reportText(report), /station-1 +6\.0 +1\.5 +6\.0 +13\.5/);
	});
});

describe("line report", () => {
	it("has the promised shape and says the same as text", () => {
		const view = follow(
			arrived("station-1", "U-0001"),
			verdict("station-1", "U-0001", 1, true),
			ended("U-0001", "passed"),
		);
		const report = makeReport(view, { outcome: "stalled", engine: "XS 1", nowMs: 3_500 });
		assert.deepEqual(report.units, [
			{
				serial: "U-0001",
				outcome: "passed",
				attempts: { "station-1": 1, "station-2": 0 },
				durationMs: 20,
			},
			{ serial: "U-0002", outcome: "open", attempts: { "station-1": 0, "station-2": 0 } },
		]);
		assert.equal(report.durationMs, 2_500);
		const text = reportText(report);
		assert.match(text, /U-0001 +passed +1 +- +1 +0\.02 s/);
		assert.match(text, /1 passed, 1 open in 2\.5 s, seed 7: nothing moved/);
	});
});

describe("terminal tables", () => {
	it("aligns columns by what is seen, not by colour codes", () => {
		const cell = "\u001b[32mok\u001b[0m";
		assert.equal(
			table(
				["a", ">b"],
				[
					[cell, "1"],
					["long", "22"],
				],
			).split("\n")[1],
			`${cell}     1`,
		);
	});

	it("writes sizes and times short", () => {
		assert.deepEqual([0, 999, 1_000, 9_960, 999_499, 1_500_000].map(bytes), [
			"0 B",
			"999 B",
			"1.0 kB",
			"10.0 kB",
			"999 kB",
			"1.5 MB",
		]);
		assert.deepEqual([0, 7_999, 754_000].map(minutes), ["0:00", "0:07", "12:34"]);
	});
});
