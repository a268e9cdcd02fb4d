import assert from "node:assert/strict";
import type { Fixture, NamedValue, Trial, TrialOutcome } from "../../modules/ports/fixture.js";
import { RecipeError } from "../../modules/recipe/error.js";
import type { Library } from "../../modules/station/library.js";
import type { SetReader } from "../../modules/station/set-reader.js";
import type { StationEvent } from "../../modules/station/state.js";
import { TrialRun } from "../../modules/station/trial-run.js";
import { ManualClock } from "./clock.js";
import { trial } from "./samples.js";

const values: readonly NamedValue[] = [{ section: "R", name: "r1", value: 1 }];

type Found = ReturnType<SetReader["step"]> | RecipeError;

/** A trial whose file gives `steps` one after another, and a fixture that keeps what it is asked. */
function setUp(...steps: Found[]) {
	const clock = new ManualClock();
	const events: StationEvent[] = [];
	const asked: { trial: Trial; done: (outcome: TrialOutcome) => void }[] = [];
	const counts = { stops: 0, distrusts: 0, forgets: 0, readers: [] as number[] };
	const fixture: Fixture = {
		run: (given, done) => asked.push({ trial: given, done }),
		stop: () => counts.stops++,
	};
	const reader = {
		step() {
			const next = steps.shift();
			if (next instanceof RecipeError) throw next;
			return next;
		},
	};
	const library: Pick<Library, "reader" | "distrust" | "forget"> = {
		reader: (_, set) => {
			counts.readers.push(set);
			return steps.length > 0 ? (reader as SetReader) : undefined;
		},
		forget: () => counts.forgets++,
		distrust: () => counts.distrusts++,
	};
	const run = new TrialRun(clock, fixture, library, (event) => events.push(event));
	return { clock, events, asked, counts, run };
}

describe("trial", () => {
	it("reads a segment at a turn, then measures", () => {
		const { clock, events, asked, run } = setUp(undefined, undefined, values);
		run.run(trial, "U-1");
		assert.equal(asked.length, 0);
		clock.advance(0);
		assert.deepEqual(asked[0]?.trial, { serial: "U-1", attempt: trial.attempt, values });
		clock.advance(75);
		asked[0]?.done({ readings: [{ name: "q", value: -0 }] });
		assert.deepEqual(events, [
			{ type: "measured", trial: 1, readings: [{ name: "q", value: 0 }], durationMs: 75 },
		]);
		assert.ok(events[0]?.type === "measured" && Object.is(events[0].readings[0]?.value, 0));
	});

	it("says nothing after it was stopped, nor for a trial that was replaced", () => {
		const { clock, events, asked, counts, run } = setUp(values, values, values);
		run.run(trial, "U-1");
		clock.advance(0);
		run.run({ ...trial, number: 2 }, "U-1");
		asked[0]?.done({ readings: [{ name: "q", value: 1 }] });
		clock.advance(0);
		run.stop();
		asked[1]?.done({ readings: [{ name: "q", value: 1 }] });
		run.run({ ...trial, number: 3 }, "U-1");
		run.stop();
		asked[2]?.done({ readings: [{ name: "q", value: 1 }] });
		clock.advance(10);
		assert.equal(asked.length, 3);
		assert.deepEqual(events, []);
		assert.equal(counts.stops, 5);
	});

	it("tells of a missing set, of damaged flash and of what is no recipe", () => {
		const error = new RecipeError("value", 3, 5, "not a number");
		const cases: [Found, StationEvent, number][] = [
			["no-set", { type: "no-set", trial: 1 }, 0],
			["unreadable", { type: "unreadable", trial: 1 }, 1],
			[
				error,
				{ type: "fault", trial: 1, code: "recipe-fault", text: "line 3, column 5: not a number" },
				0,
			],
		];
		for (const [found, event, distrusts] of cases) {
			const { clock, events, counts, run } = setUp(found);
			run.run(trial, "U-1");
			clock.advance(0);
			assert.deepEqual(events, [event]);
			assert.equal(counts.distrusts, distrusts);
		}
		const { clock, events, run } = setUp();
		run.run(trial, "U-1");
		clock.advance(0);
		assert.deepEqual(events, [{ type: "unreadable", trial: 1 }]);
	});

	it("picks the next set while the verdict is awaited, and measures with it at once", () => {
		const next: readonly NamedValue[] = [{ section: "R", name: "r2", value: 2 }];
		const { clock, asked, counts, run } = setUp(values, undefined, next);
		run.run(trial, "U-1");
		asked[0]?.done({ readings: [{ name: "q", value: 1 }] });
		assert.deepEqual(counts.readers, [trial.set, trial.set + 1]);
		for (let turn = 0; turn < 3; turn++) clock.advance(0);
		run.run({ ...trial, number: 2, set: trial.set + 1 }, "U-1");
		assert.deepEqual(asked[1]?.trial.values, next);
		assert.equal(counts.readers.length, 2);
	});

	it("goes on with the next set where it had come, if the verdict was faster", () => {
		const next: readonly NamedValue[] = [{ section: "R", name: "r2", value: 2 }];
		const { clock, asked, counts, run } = setUp(values, undefined, next);
		run.run(trial, "U-1");
		asked[0]?.done({ readings: [{ name: "q", value: 1 }] });
		clock.advance(0);
		run.run({ ...trial, number: 2, set: trial.set + 1 }, "U-1");
		clock.advance(0);
		assert.deepEqual(asked[1]?.trial.values, next);
		assert.equal(counts.readers.length, 2);
	});

	it("drops what it picked ahead where another set or recipe is ordered, or the unit has gone", () => {
		const others = [
			{ ...trial, number: 2, set: trial.set + 2 },
			{
				...trial,
				number: 2,
				set: trial.set + 1,
				recipe: { ...trial.recipe, digest: new Uint8Array(32) },
			},
		];
		for (const order of others) {
			const { clock, asked, counts, run } = setUp(values, values, values);
			run.run(trial, "U-1");
			asked[0]?.done({ readings: [{ name: "q", value: 1 }] });
			clock.advance(0);
			run.run(order, "U-1");
			assert.equal(asked.length, 2);
			assert.deepEqual(counts.readers, [trial.set, trial.set + 1, order.set]);
		}
		for (const leave of ["forget", "stop"] as const) {
			const { clock, asked, counts, run } = setUp(values, undefined, values);
			run.run(trial, "U-1");
			asked[0]?.done({ readings: [{ name: "q", value: 1 }] });
			clock.advance(0);
			run[leave]();
			for (let turn = 0; turn < 3; turn++) clock.advance(0);
			assert.equal(counts.forgets, leave === "forget" ? 1 : 0);
			run.run({ ...trial, number: 2, set: trial.set + 1 }, "U-1");
			assert.equal(counts.readers.length, 3);
		}
	});

	it("says nothing of what is wrong with a set that nobody has ordered", () => {
		for (const found of ["no-set", "unreadable", new RecipeError("value", 1, 1, "x")] as const) {
			const { clock, events, asked, counts, run } = setUp(values, found);
			run.run(trial, "U-1");
			asked[0]?.done({ readings: [{ name: "q", value: 1 }] });
			for (let turn = 0; turn < 3; turn++) clock.advance(0);
			assert.equal(events.length, 1);
			assert.equal(counts.distrusts, 0);
		}
	});

	it("turns a fixture's unusable readings into a fault", () => {
		const reading = { name: "q", value: 1 };
		const unusable: TrialOutcome[] = [
			{ fault: `broken\n${"x".repeat(500)}` },
			{ readings: [] },
			{ readings: Array.from({ length: 33 }, (_, i) => ({ name: `q${i}`, value: 1 })) },
			{ readings: [reading, reading] },
			{ readings: [{ name: "Q factor", value: 1 }] },
			{ readings: [{ name: "q", value: Number.NaN }] },
			{ readings: [{ name: "q", value: Number.POSITIVE_INFINITY }] },
		];
		for (const outcome of unusable) {
			const { clock, events, asked, run } = setUp(values);
			run.run(trial, "U-1");
			clock.advance(0);
			asked[0]?.done(outcome);
			const event = events[0];
			assert.ok(event?.type === "fault" && event.code === "fixture-fault");
			assert.match(event.text, /^[ -~]{1,120}$/);
		}
	});
});
