/** Every (stage, place, request) of the interlock's table, and the conditions inside its rules. */
import assert from "node:assert/strict";
import { sameBytes } from "../../modules/bytes/bytes.js";
import type { Arrived, Done, Exhausted, Result } from "../../modules/messages/types.js";
import type { Decision, RecipeFacts, Situation, UnitRequest } from "../../server/core/decision.js";
import { decide, INTERLOCK, standing } from "../../server/core/interlock.js";
import { type Attempt, STAGES, type Stage, type Unit } from "../../server/core/unit.js";

const STEPS = 3;
const STATION = "line.two";
const STEP = 1;
const OPEN_PROOF = new Uint8Array(16).fill(1);
const ARRIVAL_PROOF = new Uint8Array(16).fill(2);
const NEW_PROOF = new Uint8Array(16).fill(3);
const DIGEST = new Uint8Array(32).fill(4);
const NAME = { id: "trim", version: 1, digest: DIGEST };

const recipe: RecipeFacts = {
	name: NAME,
	digests: [DIGEST],
	sets: 3,
	attemptsMax: undefined,
	judge: (readings) => readings[0]?.value === 1,
};

/** A unit at step 1 after two attempts at step 0 and one failed one here. */
function unitIn(stage: Stage, change: Partial<Unit> = {}): Unit {
	return {
		serial: "A-1",
		line: "line",
		visit: 1,
		step: stage === "released" ? 0 : STEP,
		stage,
		proof: stage === "released" || stage === "passed" ? OPEN_PROOF : undefined,
		arrivalProof: stage === "released" ? undefined : ARRIVAL_PROOF,
		recipe: stage === "released" ? undefined : NAME,
		attempt: stage === "released" ? 0 : 3,
		nextSet: stage === "released" ? 0 : 1,
		reason: undefined,
		...change,
	};
}

/** Attempt 3, the last one of {@link unitIn}. */
function lastAttempt(pass: boolean): Attempt {
	return {
		serial: "A-1",
		number: 3,
		visit: 1,
		step: STEP,
		station: STATION,
		recipe: NAME,
		set: 0,
		readings: [{ name: "q", value: pass ? 1 : 0 }],
		durationMs: 50,
		pass,
	};
}

function at(unit: Unit | undefined, change: Partial<Situation> = {}): Situation {
	return {
		unit,
		station: STATION,
		step: STEP,
		steps: STEPS,
		occupied: false,
		nextReady: true,
		recipe,
		stored: undefined,
		newProof: () => NEW_PROOF,
		equal: sameBytes,
		...change,
	};
}

const named = (step: number) => ({ serial: "A-1", visit: 1, step });

/** The request that fits: the right proof, the next attempt, the last set. */
function honest(type: UnitRequest["type"], unit: Unit, step: number): UnitRequest {
	const proof = unit.stage === "released" || unit.step !== step ? OPEN_PROOF : ARRIVAL_PROOF;
	if (type === "arrived") return { type, ...named(step), proof } satisfies Arrived;
	if (type === "done") return { type, ...named(step) } satisfies Done;
	if (type === "exhausted")
		return { type, ...named(step), attempt: 3, digest: DIGEST } satisfies Exhausted;
	return result({ step });
}

function result(change: Partial<Result> = {}): Result {
	return {
		type: "result",
		...named(STEP),
		attempt: 4,
		digest: DIGEST,
		set: 1,
		readings: [{ name: "q", value: 0 }],
		durationMs: 60,
		...change,
	};
}

/** "reply>stage", the stage only where it changes; "verdict+" passes, "verdict-" fails. */
function summary({ reply, unit }: Decision): string {
	const verdict = reply.type === "verdict" ? (reply.pass ? "verdict+" : "verdict-") : reply.type;
	return unit === undefined ? verdict : `${verdict}>${unit.stage}`;
}

const REQUESTS = ["arrived", "result", "exhausted", "done"] as const;

// For each standing what the four requests give, in the order of REQUESTS. `held` marks a contradiction.
const EXPECTED: { readonly [standing: string]: readonly string[] } = {
	"released/next": ["start>working", "closed", "closed", "closed"],
	"released/away": ["closed", "closed", "closed", "closed"],
	"working/here": ["start", "verdict->working", "hold>held", "hold>held"],
	"working/away": ["closed", "closed", "closed", "closed"],
	"passed/here": ["verdict+", "hold>held", "hold>held", "handover"],
	"passed/next": ["start>working", "closed", "closed", "closed"],
	"passed/away": ["closed", "closed", "closed", "closed"],
	"finished/away": ["closed", "closed", "closed", "closed"],
	"rejected/here": ["reject", "reject", "reject", "reject"],
	"rejected/away": ["closed", "closed", "closed", "closed"],
	"held/here": ["hold", "hold", "hold", "hold"],
	"held/away": ["closed", "closed", "closed", "closed"],
};

describe("interlock", () => {
	it("has a row for every standing that can be, and for no other", () => {
		assert.deepEqual(Object.keys(INTERLOCK).sort(), Object.keys(EXPECTED).sort());
		const met = new Set<string>();
		for (const stage of STAGES)
			for (let unitStep = 0; unitStep < STEPS; unitStep++)
				for (let step = 0; step < STEPS; step++)
					for (const visit of [1, 2]) {
						if (stage === "released" && unitStep > 0) continue;
						met.add(standing(unitIn(stage, { step: unitStep }), { ...named(step), visit }, step));
					}
		assert.deepEqual([...met].sort(), Object.keys(EXPECTED).sort());
	});

	for (const [where, row] of Object.entries(EXPECTED)) {
		const [stage, place] = where.split("/") as [Stage, string];
		const step = stage === "released" && place === "next" ? 0 : STEP;
		const unitStep = place === "here" ? step : place === "next" ? Math.max(0, step - 1) : 2;
		const unit = unitIn(stage, stage === "released" ? {} : { step: unitStep });
		REQUESTS.forEach((type, i) => {
			it(`answers ${type} about a unit that is ${where} with ${row[i]}`, () => {
				assert.equal(standing(unit, named(step), step), where);
				const decision = decide(honest(type, unit, step), at(unit, { step }));
				assert.equal(summary(decision), row[i]);
			});
		});
	}

	for (const type of REQUESTS)
		it(`answers ${type} about a unit it does not know with closed`, () => {
			const decision = decide(honest(type, unitIn("working"), STEP), at(undefined));
			assert.deepEqual(decision, { reply: { type: "closed" }, refusal: "unknown-unit" });
		});

	it("takes a unit of another visit, or a step that is not the station's, as away", () => {
		const unit = unitIn("working");
		for (const change of [{ visit: 2 }, { step: 0 }, { step: 2 }]) {
			const request = { ...result(), ...change };
			assert.equal(standing(unit, request, STEP), "working/away");
			assert.equal(summary(decide(request, at(unit))), "closed");
		}
	});
});

describe("interlock: arriving", () => {
	const arrived = (proof: Uint8Array): Arrived => ({ type: "arrived", ...named(STEP), proof });
	const coming = unitIn("passed", { step: STEP - 1 });

	it("fixes recipe and place, starts with set 0 and the next attempt number", () => {
		const { reply, unit } = decide(arrived(OPEN_PROOF), at(coming));
		assert.deepEqual(reply, { type: "start", attempt: 4, set: 0, recipe: NAME });
		assert.deepEqual(unit, {
			...coming,
			step: STEP,
			stage: "working",
			proof: undefined,
			arrivalProof: OPEN_PROOF,
			nextSet: 0,
		});
	});

	it("refuses another proof, with nothing changed, wherever the unit is expected or is", () => {
		for (const unit of [coming, unitIn("working"), unitIn("passed")]) {
			const decision = decide(arrived(new Uint8Array(16).fill(9)), at(unit));
			assert.deepEqual(decision, { reply: { type: "closed" }, refusal: "proof" });
		}
	});

	it("refuses a unit while another is in the station's place", () => {
		const decision = decide(arrived(OPEN_PROOF), at(coming, { occupied: true }));
		assert.deepEqual(decision, { reply: { type: "closed" }, refusal: "occupied" });
	});

	it("lets a unit wait where the station has no sealed recipe", () => {
		const decision = decide(arrived(OPEN_PROOF), at(coming, { recipe: undefined }));
		assert.deepEqual(decision, { reply: { type: "wait" }, refusal: "no-recipe" });
	});

	it("goes on with the set and attempt that are due where the unit is here already", () => {
		const { reply, unit } = decide(arrived(ARRIVAL_PROOF), at(unitIn("working")));
		assert.deepEqual(reply, { type: "start", attempt: 4, set: 1, recipe: NAME });
		assert.equal(unit, undefined);
	});

	it("names the new envelope of the same version after the station's key has changed", () => {
		const name = { ...NAME, digest: new Uint8Array(32).fill(5) };
		const { reply, unit } = decide(
			arrived(ARRIVAL_PROOF),
			at(unitIn("working"), { recipe: { ...recipe, name, digests: [name.digest, DIGEST] } }),
		);
		assert.deepEqual(reply, { type: "start", attempt: 4, set: 1, recipe: name });
		assert.deepEqual(unit?.recipe, name);
	});

	it("rejects a unit for which no set is left, as a replaced board cannot say so", () => {
		const spent = unitIn("working", { nextSet: 3 });
		const { reply, unit } = decide(arrived(ARRIVAL_PROOF), at(spent));
		assert.equal(reply.type, "reject");
		assert.deepEqual([unit?.stage, unit?.reason], ["rejected", "exhausted"]);
	});

	it("tells a board that does not know that its unit has passed", () => {
		const { reply } = decide(arrived(ARRIVAL_PROOF), at(unitIn("passed")));
		assert.deepEqual(reply, { type: "verdict", attempt: 3, pass: true });
	});
});

describe("interlock: judging", () => {
	const pass = [{ name: "q", value: 1 }];

	it("keeps a failed attempt with its readings and moves to the next set", () => {
		const { reply, unit, attempt } = decide(result(), at(unitIn("working")));
		assert.deepEqual(reply, { type: "verdict", attempt: 4, pass: false });
		assert.deepEqual([unit?.stage, unit?.attempt, unit?.nextSet], ["working", 4, 2]);
		assert.deepEqual(attempt, {
			...lastAttempt(false),
			number: 4,
			set: 1,
			durationMs: 60,
		});
	});

	it("passes a unit and opens a handover with a new proof", () => {
		const { reply, unit } = decide(result({ readings: pass }), at(unitIn("working")));
		assert.deepEqual(reply, { type: "verdict", attempt: 4, pass: true });
		assert.deepEqual([unit?.stage, unit?.proof], ["passed", NEW_PROOF]);
	});

	it("opens no handover at the end of the line", () => {
		const last = at(unitIn("working"), { steps: STEP + 1 });
		assert.equal(decide(result({ readings: pass }), last).unit?.proof, undefined);
	});

	it("holds a unit whose result does not come in order of attempts and sets", () => {
		const wrong: Partial<Result>[] = [{ attempt: 5 }, { set: 0 }, { set: 2 }, { attempt: 3 }];
		for (const change of wrong) {
			const { reply, unit, attempt, refusal } = decide(result(change), at(unitIn("working")));
			assert.deepEqual([reply.type, unit?.stage, refusal], ["hold", "held", "order"]);
			assert.equal(attempt, undefined);
			assert.equal(unit?.reason, "contradiction");
		}
	});

	it("holds a unit tried with another file, judged or not", () => {
		const digest = new Uint8Array(32).fill(9);
		const { reply, refusal } = decide(result({ digest }), at(unitIn("working")));
		assert.deepEqual([reply.type, refusal], ["hold", "digest"]);
	});

	it("takes a result with an older envelope of the same version", () => {
		const name = { ...NAME, digest: new Uint8Array(32).fill(5) };
		const both = { ...recipe, name, digests: [name.digest, DIGEST] };
		const { attempt } = decide(result(), at(unitIn("working"), { recipe: both }));
		assert.deepEqual(attempt?.recipe, NAME);
	});

	it("answers a repeated result with the stored verdict and judges nothing twice", () => {
		for (const passed of [false, true]) {
			const stored = lastAttempt(passed);
			const repeat = result({
				attempt: 3,
				set: 0,
				readings: stored.readings,
				durationMs: stored.durationMs,
			});
			const decision = decide(repeat, at(unitIn(passed ? "passed" : "working"), { stored }));
			assert.deepEqual(decision, { reply: { type: "verdict", attempt: 3, pass: passed } });
		}
	});

	it("holds the unit where a stored number comes with other content", () => {
		const stored = lastAttempt(false);
		const { readings, durationMs } = stored;
		const same = { attempt: 3, set: 0, readings, durationMs };
		const other: Partial<Result>[] = [
			{ readings: [{ name: "q", value: 1 }] },
			{ readings: [{ name: "p", value: 0 }] },
			{ readings: [...readings, ...readings] },
			{ set: 1 },
			{ durationMs: 51 },
			{ digest: new Uint8Array(32) },
		];
		for (const stage of ["working", "passed"] as const)
			for (const change of other) {
				const decision = decide(result({ ...same, ...change }), at(unitIn(stage), { stored }));
				assert.deepEqual([summary(decision), decision.refusal], ["hold>held", "content"]);
			}
		const elsewhere = { ...stored, station: "line.one" };
		const decision = decide(result(same), at(unitIn("working"), { stored: elsewhere }));
		assert.equal(decision.refusal, "content");
	});

	it("says a pass again to the station whose unit has moved on, but never a fail", () => {
		const gone = unitIn("working", { step: STEP + 1 });
		for (const passed of [true, false]) {
			const stored = lastAttempt(passed);
			const repeat = result({ ...stored, attempt: 3, digest: DIGEST, type: "result" });
			const decision = decide(repeat, at(gone, { stored }));
			assert.equal(summary(decision), passed ? "verdict+" : "closed");
		}
	});

	it("rejects at the attempt limit, keeping the attempt", () => {
		const limited = { ...recipe, attemptsMax: 2 };
		const decision = decide(result(), at(unitIn("working"), { recipe: limited }));
		assert.equal(summary(decision), "reject>rejected");
		assert.equal(decision.unit?.reason, "attempts");
		assert.equal(decision.attempt?.pass, false);
	});

	it("does not judge beyond the last set", () => {
		const spent = unitIn("working", { nextSet: 3 });
		const decision = decide(result({ set: 3 }), at(spent));
		assert.deepEqual([summary(decision), decision.refusal], ["hold>held", "order"]);
	});
});

describe("interlock: leaving", () => {
	const exhausted: Exhausted = { type: "exhausted", ...named(STEP), attempt: 3, digest: DIGEST };
	const done: Done = { type: "done", ...named(STEP) };

	it("rejects a unit when every set has failed", () => {
		const decision = decide(exhausted, at(unitIn("working", { nextSet: 3 })));
		assert.equal(summary(decision), "reject>rejected");
		assert.equal(decision.unit?.reason, "exhausted");
	});

	it("holds a unit given up too early, or under another number or file", () => {
		const spent = unitIn("working", { nextSet: 3 });
		assert.equal(decide(exhausted, at(unitIn("working"))).refusal, "not-exhausted");
		assert.equal(decide({ ...exhausted, attempt: 2 }, at(spent)).refusal, "not-exhausted");
		const digest = new Uint8Array(32);
		assert.equal(decide({ ...exhausted, digest }, at(spent)).refusal, "digest");
	});

	it("gives the same proof at every done, and changes nothing", () => {
		const decision = decide(done, at(unitIn("passed")));
		assert.deepEqual(decision, { reply: { type: "handover", proof: OPEN_PROOF } });
	});

	it("lets the unit wait while the next station cannot take it", () => {
		const decision = decide(done, at(unitIn("passed"), { nextReady: false }));
		assert.deepEqual(decision, { reply: { type: "wait" } });
	});

	it("finishes a unit at the last station", () => {
		const last = at(unitIn("passed", { proof: undefined }), { steps: STEP + 1 });
		assert.equal(summary(decide(done, last)), "closed>finished");
	});
});
