import assert from "node:assert/strict";
import type { Ready } from "../../modules/messages/types.js";
import {
	answerReady,
	JOURNAL_LEAD_MAX,
	type ReadySituation,
	routeChange,
} from "../../server/core/line.js";
import { releasedUnit, type Stage, type Unit } from "../../server/core/unit.js";

const proof = new Uint8Array(16);
const name = { serial: "A-1", visit: 1, step: 1, attempt: 0 };

function ready(change: Partial<Ready> = {}): Ready {
	return { type: "ready", boot: 1, journal: 5, recipes: [], state: "Idle", ...change };
}

function unitIn(stage: Stage, step: number): Unit {
	return { ...releasedUnit("A-1", "line", proof), stage, step, arrivalProof: proof };
}

function situation(change: Partial<ReadySituation> = {}): ReadySituation {
	const none = { unitHere: undefined, unitNamed: undefined };
	return { journal: 5, lineHeld: false, step: 1, ...none, ...change };
}

describe("answerReady", () => {
	it("holds where the station has seen a later journal than this one", () => {
		const answer = answerReady(ready({ journal: 6 }), situation());
		assert.deepEqual(answer, { behind: true, also: "hold", ticket: undefined });
	});

	it("holds only the station itself that names a number which no journal can have lost", () => {
		const answer = (journal: number) => answerReady(ready({ journal }), situation());
		assert.equal(answer(5 + JOURNAL_LEAD_MAX).behind, true);
		for (const journal of [6 + JOURNAL_LEAD_MAX, Number.MAX_SAFE_INTEGER]) {
			const refused = { behind: false, also: "hold", ticket: undefined, refusal: "journal" };
			assert.deepEqual(answer(journal), refused);
		}
	});

	it("holds every station while the line is held", () => {
		const answer = answerReady(ready({ state: "Held" }), situation({ lineHeld: true, step: 0 }));
		assert.deepEqual(answer, { behind: false, also: "hold", ticket: undefined });
	});

	it("resumes a station that is held and nothing else", () => {
		const also = (state: string) => answerReady(ready({ state }), situation()).also;
		assert.equal(also("Held"), "resume");
		for (const state of ["Idle", "Execute", "Aborted", "Starting"])
			assert.equal(also(state), undefined);
	});

	it("sends an empty board the ticket of the unit that the journal has there", () => {
		for (const stage of ["working", "passed"] as const) {
			const answer = answerReady(ready(), situation({ unitHere: unitIn(stage, 1) }));
			assert.equal(answer.ticket, "its-unit-again");
		}
		const held = answerReady(ready(), situation({ unitHere: unitIn("held", 1) }));
		assert.deepEqual(held, { behind: false, also: "hold", ticket: undefined });
	});

	it("sends a released unit only to the first station, and only when it is empty", () => {
		assert.equal(answerReady(ready(), situation({ step: 0 })).ticket, "first");
		assert.equal(answerReady(ready(), situation({ step: 1 })).ticket, undefined);
		const unitNamed = unitIn("working", 0);
		const named = ready({ unit: { ...name, step: 0 } });
		assert.equal(answerReady(named, situation({ step: 0, unitNamed })).ticket, undefined);
	});

	it("tells a held station how things stand with the unit it names", () => {
		const also = (unitNamed: Unit | undefined, state = "Held") =>
			answerReady(ready({ state, unit: name }), situation({ unitNamed })).also;
		assert.equal(also(unitIn("working", 1)), "resume");
		assert.equal(also(unitIn("passed", 1)), "resume");
		assert.equal(also(unitIn("passed", 0)), "resume");
		assert.equal(also(unitIn("held", 1)), "hold");
		assert.equal(also(unitIn("held", 1), "Suspended"), "hold");
		assert.equal(also(unitIn("rejected", 1), "Execute"), "reject");
		for (const away of [
			undefined,
			unitIn("working", 2),
			unitIn("finished", 2),
			unitIn("held", 0),
			unitIn("rejected", 0),
		]) {
			assert.equal(also(away), "closed");
			assert.equal(also(away, "Suspended"), undefined);
		}
	});
});

describe("routeChange", () => {
	it("lets the route grow at its end, or change freely while no unit is on the line", () => {
		assert.equal(routeChange(undefined, ["a"], 0), undefined);
		assert.equal(routeChange(["a", "b"], ["a", "b"], 3), undefined);
		assert.equal(routeChange(["a", "b"], ["a", "b", "c"], 3), undefined);
		assert.equal(routeChange(["a", "b"], ["b", "a"], 0), undefined);
	});

	it("refuses another order, or a lost station, under units that are on the line", () => {
		assert.match(routeChange(["a", "b"], ["b", "a"], 1) ?? "", /1 units on the line/);
		assert.match(routeChange(["a", "b"], ["a"], 1) ?? "", /on the line/);
	});

	it("refuses an empty route, a station named twice and a route beyond its bound", () => {
		assert.match(routeChange(undefined, [], 0) ?? "", /no station/);
		assert.match(routeChange(undefined, ["a", "a"], 0) ?? "", /twice/);
		const long = Array.from({ length: 1025 }, (_, i) => `s${i}`);
		assert.match(routeChange(undefined, long, 0) ?? "", /1024/);
		assert.equal(routeChange(undefined, long.slice(1), 0), undefined);
	});
});
