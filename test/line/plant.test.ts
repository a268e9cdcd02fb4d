import assert from "node:assert/strict";
import { PlantFixture } from "../../host-sim/plant/fixture.js";
import { hash32, Stream } from "../../host-sim/plant/random.js";
import { hiddenUnit, measure } from "../../host-sim/plant/rlc.js";
import type { TrialOutcome } from "../../modules/ports/fixture.js";
import { ManualClock } from "../station/clock.js";

const VALUES = [
	{ section: "Resistors", name: "r1", value: 350 },
	{ section: "Capacitors", name: "c1", value: 2 },
	{ section: "Inductors", name: "x1", value: 34 },
	{ section: "Current", name: "i11", value: 2 },
];
const TRIAL = { serial: "U-0001", attempt: 1, values: VALUES, log: { write: () => false } };

function readings(seed: number, station: string, trial = TRIAL): Map<string, number> {
	const outcome = measure(seed, station, trial);
	assert.ok("readings" in outcome);
	return new Map(outcome.readings.map(({ name, value }) => [name, value]));
}

describe("plant random", () => {
	it("gives the reference generator's numbers", () => {
		// Worked out by hand from the published update rule, state 1, 2, 3, 4.
		const small = new Stream(1, 2, 3, 4);
		assert.deepEqual([small.next(), small.next(), small.next()], [11520, 0, 5927040]);
		// What the authors' C gives for this state (quoted in the tests of a port to another machine).
		const large = new Stream(0x964d4a0c, 0xd40ab895, 0xcbde7fad, 0x3006f0f0);
		assert.equal(large.next(), 0xf1391922);
	});

	it("hashes as FNV-1a", () => {
		assert.equal(hash32(""), 0x811c9dc5);
		assert.notEqual(hash32("ab"), hash32("ba"));
	});

	it("gives each label a stream of its own, and the same one again", () => {
		assert.equal(Stream.of(7, "a").next(), Stream.of(7, "a").next());
		assert.notEqual(Stream.of(7, "a").next(), Stream.of(7, "b").next());
		assert.notEqual(Stream.of(7, "a").next(), Stream.of(8, "a").next());
	});

	it("draws normal numbers of mean 0 and deviation 1", () => {
		const stream = Stream.of(1, "moments");
		let sum = 0;
		let squares = 0;
		const count = 20_000;
		for (let i = 0; i < count; i++) {
			const x = stream.normal();
			sum += x;
			squares += x * x;
		}
		assert.ok(Math.abs(sum / count) < 0.03);
		assert.ok(Math.abs(squares / count - 1) < 0.05);
	});
});

describe("plant circuit", () => {
	it("reads the same for the same seed, station, serial and attempt", () => {
		assert.deepEqual(measure(7, "line.station-1", TRIAL), measure(7, "line.station-1", TRIAL));
	});

	it("reads otherwise for another seed, station, serial or attempt", () => {
		const first = readings(7, "line.station-1").get("resonance");
		assert.notEqual(readings(8, "line.station-1").get("resonance"), first);
		assert.notEqual(readings(7, "line.station-2").get("resonance"), first);
		const other = { ...TRIAL, serial: "U-0002" };
		assert.notEqual(readings(7, "line.station-1", other).get("resonance"), first);
		const again = [2, 3, 4].map((attempt) =>
			readings(7, "line.station-1", { ...TRIAL, attempt }).get("resonance"),
		);
		assert.ok(again.some((value) => value !== first));
	});

	it("follows the circuit's equations within the noise", () => {
		const unit = hiddenUnit(7, "line.station-1", "U-0001");
		assert.equal(unit.defective, false);
		const got = readings(7, "line.station-1");
		const resistance = unit.resistance + 350;
		const inductance = (unit.inductance + 34) * 1e-3;
		const capacitance = (unit.capacitance + 2) * 1e-9;
		const near = (name: string, wanted: number) =>
			assert.ok(
				Math.abs((got.get(name) as number) / wanted - 1) < 0.02,
				`${name}: ${got.get(name)}`,
			);
		near("resonance", 1e-3 / (2 * Math.PI * Math.sqrt(inductance * capacitance)));
		near("q-factor", Math.sqrt(inductance / capacitance) / resistance);
		near("impedance", resistance);
		near("amplitude", (unit.gain * 2 * resistance) / 1000);
	});

	it("shows at most four digits", () => {
		for (const value of readings(7, "line.station-1").values())
			assert.ok(String(value).replace(/^0\.0*|\./g, "").length <= 4, String(value));
	});

	it("has defective units, but few", () => {
		let defective = 0;
		for (let i = 0; i < 1000; i++)
			if (hiddenUnit(1, "line.station-1", `U-${i}`).defective) defective++;
		assert.ok(defective > 10 && defective < 100, String(defective));
	});

	it("reports a fault for a section it cannot apply, without naming it", () => {
		for (const section of ["Torque", ""]) {
			const outcome = measure(7, "line.station-1", {
				...TRIAL,
				values: [{ section, name: "t1", value: 4711 }],
			});
			assert.ok("fault" in outcome);
			assert.doesNotMatch(outcome.fault, /Torque|4711/);
		}
	});

	it("reports a fault where a section is there twice or the values make no circuit", () => {
		const twice = [...VALUES, { section: "resistor bank", name: "r", value: 1 }];
		assert.ok("fault" in measure(7, "line.station-1", { ...TRIAL, values: twice }));
		const negative = [{ section: "Resistors", name: "r1", value: -5000 }];
		assert.ok("fault" in measure(7, "line.station-1", { ...TRIAL, values: negative }));
	});
});

describe("plant fixture", () => {
	const make = () => {
		const clock = new ManualClock();
		const fixture = new PlantFixture({ clock, station: "line.a", seed: 1, settleMs: 20 });
		const outcomes: TrialOutcome[] = [];
		fixture.run(TRIAL, (outcome) => outcomes.push(outcome));
		return { clock, fixture, outcomes };
	};

	it("says what the model does once it has settled", () => {
		const { clock, outcomes } = make();
		clock.advance(19);
		assert.equal(outcomes.length, 0);
		clock.advance(1);
		assert.deepEqual(outcomes, [measure(1, "line.a", TRIAL)]);
	});

	it("says nothing of a trial that was stopped, and takes the next one", () => {
		const { clock, fixture, outcomes } = make();
		fixture.stop();
		clock.advance(20);
		assert.equal(outcomes.length, 0);
		fixture.run(TRIAL, (outcome) => outcomes.push(outcome));
		clock.advance(20);
		assert.equal(outcomes.length, 1);
	});

	it("takes one trial at a time", () => {
		const { fixture } = make();
		assert.throws(() => fixture.run(TRIAL, () => {}), /running a trial/);
	});
});
