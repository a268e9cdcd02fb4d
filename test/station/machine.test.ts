import assert from "node:assert/strict";
import { step, TABLE } from "../../modules/station/machine.js";
import {
	type Effect,
	initialState,
	MODES,
	type Mode,
	packml,
	question,
	type StationEvent,
} from "../../modules/station/state.js";
import {
	elsewhere,
	events,
	name,
	other,
	readings,
	recipe,
	result,
	start,
	states,
	ticket,
	unit,
	verdict,
} from "./samples.js";

function kinds(effects: readonly Effect[]): string[] {
	return effects.map((effect) => (effect.do === "refuse" ? effect.reason : effect.do));
}

/** From each mode: where each event leads and what it does. `=` is: same mode, nothing to do. */
const expected: { [M in Mode]: { [T in StationEvent["type"]]: string } } = {
	idle: {
		ticket: "arrived store ask",
		start: "= not-now",
		verdict: "= not-now",
		handover: "= not-now",
		wait: "= not-now",
		closed: "= not-now",
		reject: "= not-now",
		abort: "= not-now",
		hold: "=",
		silence: "=",
		resume: "=",
		measured: "= old-trial",
		"no-set": "= old-trial",
		unreadable: "= old-trial",
		fault: "= old-trial",
	},
	arrived: {
		ticket: "=",
		start: "running activate run",
		verdict: "releasing ask",
		handover: "= not-now",
		wait: "=",
		closed: "idle store ask",
		reject: "idle store ask",
		abort: "=",
		hold: "=",
		silence: "=",
		resume: "=",
		measured: "= old-trial",
		"no-set": "= old-trial",
		unreadable: "= old-trial",
		fault: "= old-trial",
	},
	running: {
		ticket: "=",
		start: "= not-now",
		verdict: "= not-now",
		handover: "= not-now",
		wait: "=",
		closed: "idle stop store ask",
		reject: "idle stop store ask",
		abort: "arrived stop ask",
		hold: "= stop",
		silence: "=",
		resume: "=",
		measured: "judging store ask",
		"no-set": "rejecting ask",
		unreadable: "arrived alarm ask",
		fault: "= stop alarm",
	},
	judging: {
		ticket: "=",
		start: "= not-now",
		verdict: "releasing ask",
		handover: "= not-now",
		wait: "=",
		closed: "idle store ask",
		reject: "idle store ask",
		abort: "=",
		hold: "=",
		silence: "=",
		resume: "=",
		measured: "= old-trial",
		"no-set": "= old-trial",
		unreadable: "= old-trial",
		fault: "= old-trial",
	},
	releasing: {
		ticket: "=",
		start: "= not-now",
		verdict: "= not-now",
		handover: "= publish",
		wait: "=",
		closed: "idle store ask",
		reject: "idle store ask",
		abort: "=",
		hold: "=",
		silence: "=",
		resume: "=",
		measured: "= old-trial",
		"no-set": "= old-trial",
		unreadable: "= old-trial",
		fault: "= old-trial",
	},
	rejecting: {
		ticket: "=",
		start: "= not-now",
		verdict: "= not-now",
		handover: "= not-now",
		wait: "=",
		closed: "idle store ask",
		reject: "idle store ask",
		abort: "=",
		hold: "=",
		silence: "=",
		resume: "=",
		measured: "= old-trial",
		"no-set": "= old-trial",
		unreadable: "= old-trial",
		fault: "= old-trial",
	},
};

describe("station machine", () => {
	for (const mode of MODES) {
		for (const [type, event] of Object.entries(events)) {
			const wanted = expected[mode][type as StationEvent["type"]];
			it(`${mode}, ${type}: ${wanted}`, () => {
				const { state, effects } = step(states[mode], event);
				const found = [state.mode === mode ? "=" : state.mode, ...kinds(effects)].join(" ");
				assert.equal(found, wanted);
			});
		}
		it(`lists every event in ${mode}`, () => {
			assert.deepEqual(Object.keys(TABLE[mode]).sort(), Object.keys(events).sort());
		});
	}

	it("refuses every message that names another unit, in every mode", () => {
		for (const mode of MODES) {
			for (const event of Object.values(events)) {
				if (!("message" in event)) continue;
				for (const strange of [elsewhere, { ...name, visit: 2 }, { ...name, step: 0 }]) {
					const message = { ...event.message, ...strange };
					const next = step(states[mode], { ...event, message } as StationEvent);
					assert.equal(next.state, states[mode]);
					assert.equal(next.effects[0]?.do, "refuse");
				}
			}
		}
	});

	it("takes no second unit", () => {
		const next = { ...ticket, ...elsewhere, proof: new Uint8Array(16).fill(2) };
		for (const mode of MODES) {
			if (mode === "idle") continue;
			const { state, effects } = step(states[mode], { type: "ticket", ticket: next });
			assert.equal(state, states[mode]);
			assert.deepEqual(effects, []);
		}
	});

	it("starts from what was stored", () => {
		assert.equal(initialState(undefined).mode, "idle");
		assert.equal(initialState(unit).mode, "arrived");
		assert.equal(initialState({ ...unit, result }).mode, "judging");
	});

	it("asks what the mode wants to know", () => {
		const asked = MODES.map((mode) => question(states[mode])?.type);
		assert.deepEqual(asked, [undefined, "arrived", undefined, "result", "done", "exhausted"]);
	});

	it("does not start on an answer to an old request", () => {
		const event = { ...start(), fresh: false } as StationEvent;
		const next = step(states.arrived, event);
		assert.deepEqual(kinds(next.effects), ["stale"]);
		assert.equal(next.state.mode, "arrived");
	});

	it("fetches a file it does not hold instead of starting", () => {
		const next = step(states.arrived, { ...start(), file: "missing" } as StationEvent);
		assert.deepEqual(next.effects, [{ do: "fetch", recipe }]);
		assert.equal(next.state.mode, "arrived");
	});

	it("refuses a recipe below the version floor", () => {
		const next = step(states.arrived, { ...start(), file: "old" } as StationEvent);
		assert.deepEqual(kinds(next.effects), ["old-recipe"]);
	});

	it("keeps the recipe a unit started with", () => {
		const arrived = { ...states.arrived, unit: { ...unit, result } };
		const next = step(arrived, start({ attempt: 2, recipe: other }));
		assert.deepEqual(kinds(next.effects), ["other-recipe"]);
	});

	it("sends a stored result instead of trying again under its number", () => {
		const arrived = { ...states.arrived, unit: { ...unit, result } };
		const next = step(arrived, start({ attempt: 1 }));
		assert.equal(next.state.mode, "judging");
		assert.deepEqual(kinds(next.effects), ["activate", "ask"]);
	});

	it("asks where to go on after a fail that it hears of after a restart", () => {
		const restarted = { ...states.judging, trial: undefined };
		const next = step(restarted, verdict(false));
		assert.equal(next.state.mode, "arrived");
		assert.deepEqual(kinds(next.effects), ["ask"]);
		const again = step(next.state, start({ attempt: 2, set: 1 }));
		assert.deepEqual(again.state.trial, { number: 2, attempt: 2, set: 1, recipe });
	});

	it("goes on with the same version sealed anew, as after a change of keys", () => {
		const resealed = { ...recipe, digest: new Uint8Array(32).fill(9) };
		const arrived = { ...states.arrived, unit: { ...unit, result } };
		const next = step(arrived, start({ attempt: 2, set: 1, recipe: resealed }));
		assert.deepEqual(next.state.trial, { number: 2, attempt: 2, set: 1, recipe: resealed });
		const unjudged = step(arrived, start({ attempt: 1, recipe: resealed }));
		assert.equal(unjudged.state.mode, "judging");
		const failed = step(unjudged.state, verdict(false));
		assert.deepEqual(failed.state.trial, { number: 2, attempt: 2, set: 1, recipe: resealed });
	});

	it("goes on with the next set after a fail, without a new start", () => {
		const next = step(states.judging, verdict(false));
		assert.equal(next.state.mode, "running");
		assert.deepEqual(next.state.trial, { number: 2, attempt: 2, set: 1, recipe });
		assert.deepEqual(kinds(next.effects), ["run"]);
	});

	it("ignores a verdict on another attempt", () => {
		const next = step(states.judging, verdict(true, 2));
		assert.deepEqual(kinds(next.effects), ["other-attempt"]);
		assert.equal(next.state.mode, "judging");
	});

	it("stores a result before it asks", () => {
		const next = step(states.running, events.measured);
		assert.deepEqual(next.state.unit?.result, {
			attempt: 2,
			recipe,
			set: 1,
			readings,
			durationMs: 80,
		});
		assert.deepEqual(kinds(next.effects), ["store", "ask"]);
	});

	it("ignores the outcome of an attempt that was given up", () => {
		for (const type of ["measured", "no-set", "unreadable", "fault"] as const) {
			const late = { ...events[type], trial: 0 } as StationEvent;
			assert.deepEqual(kinds(step(states.running, late).effects), ["old-trial"]);
			const { state: halted } = step(states.running, events.hold);
			assert.deepEqual(kinds(step(halted, events[type]).effects), ["old-trial"]);
			const none = { ...events[type], trial: 0 } as StationEvent;
			assert.deepEqual(kinds(step(halted, none).effects), ["old-trial"]);
		}
	});

	it("orders nothing while halted, and makes the attempt after resume under the same number", () => {
		const held = step(states.arrived, events.hold).state;
		assert.equal(packml(held), "Held");
		const started = step(held, start());
		assert.equal(started.state.mode, "running");
		assert.deepEqual(kinds(started.effects), ["activate"]);
		const stale = step(started.state, { type: "resume", fresh: false });
		assert.deepEqual(kinds(stale.effects), ["stale"]);
		assert.equal(stale.state.halt, "held");
		const resumed = step(started.state, events.resume);
		assert.equal(resumed.state.halt, "none");
		assert.deepEqual(kinds(resumed.effects), ["run"]);
		assert.equal(resumed.state.trial?.attempt, started.state.trial?.attempt);
		assert.notEqual(resumed.state.trial?.number, started.state.trial?.number);
	});

	it("stops a running attempt when the server says hold, and makes it again after resume", () => {
		const held = step(states.running, events.hold);
		assert.deepEqual(kinds(held.effects), ["stop"]);
		assert.deepEqual(kinds(step(held.state, events.hold).effects), []);
		assert.deepEqual(kinds(step(held.state, events.resume).effects), ["run"]);
	});

	it("ends a running attempt in the server's silence, keeps its result, and then moves only on resume", () => {
		const silent = step(states.running, events.silence);
		assert.deepEqual(kinds(silent.effects), []);
		assert.equal(packml(silent.state), "Held");
		const measured = step(silent.state, events.measured);
		assert.deepEqual(kinds(measured.effects), ["store", "ask"]);
		assert.equal(measured.state.halt, "held");
		assert.equal(measured.state.unit?.result?.attempt, 2);
		const failed = step(measured.state, verdict(false, 2));
		assert.deepEqual(kinds(failed.effects), []);
		assert.deepEqual(kinds(step(failed.state, events.resume).effects), ["run"]);
	});

	it("lets an attempt go on that outlasted the silence, and stops it when the server then says hold", () => {
		const silent = step(states.running, events.silence).state;
		const resumed = step(silent, events.resume);
		assert.deepEqual(kinds(resumed.effects), []);
		assert.deepEqual(kinds(step(resumed.state, events.measured).effects), ["store", "ask"]);
		const held = step(silent, events.hold);
		assert.deepEqual(kinds(held.effects), ["stop"]);
		assert.deepEqual(kinds(step(held.state, events.resume).effects), ["run"]);
	});

	it("takes an abort of a running attempt to the server's next word", () => {
		const aborted = step(states.running, events.abort).state;
		assert.equal(packml(aborted), "Aborted");
		assert.equal(question(aborted)?.type, "arrived");
		const started = step(aborted, start({ attempt: 2, set: 1 }));
		assert.deepEqual(kinds(started.effects), ["activate"]);
	});

	it("names the last attempt and the recipe when every set has failed", () => {
		const next = step(states.running, events["no-set"]);
		const asked = question(next.state);
		assert.deepEqual(asked, { type: "exhausted", ...name, attempt: 1, digest: recipe.digest });
	});

	it("publishes a state that does not tell a pass from a fail", () => {
		assert.equal(packml(states.releasing), packml(states.rejecting));
	});
});
