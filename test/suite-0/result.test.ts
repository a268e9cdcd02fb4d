import assert from "node:assert/strict";
import { decodeResult, encodeResult } from "../../host-sim/suite-0/result.js";
import { READINGS_MAX } from "../../modules/ports/fixture.js";

const values = [
	{ section: "Resistors", name: "r1", value: 350 },
	{ section: "Capacitors", name: "c4", value: 0.5456 },
];
const readings = [
	{ name: "resonance", value: 5.213 },
	{ name: "q-factor", value: 12 },
];
const TEXT =
	"# Resistors\nr1= 350\n# Capacitors\nc4= 0.5456\n# Readings\nresonance= 5.213\nq-factor= 12\n";

describe("suite 0 result", () => {
	it("is written in the parameter file's grammar", () => {
		assert.equal(encodeResult({ values, readings }), TEXT);
	});

	it("is read as it was written", () => {
		assert.deepEqual(decodeResult(TEXT), { values, readings });
	});

	it("keeps numbers that JavaScript would write with an exponent, and long ones", () => {
		const numbers = [1e-7, 0.1, -2.5, 123456789.12345678, 1e21, 2 / 3];
		const many = numbers.map((value, i) => ({ name: `n${i}`, value }));
		assert.deepEqual(decodeResult(encodeResult({ values, readings: many }))?.readings, many);
	});

	it("has no readings where the fixture could do nothing", () => {
		assert.deepEqual(decodeResult(encodeResult({ values, readings: [] })), {
			values,
			readings: [],
		});
	});

	it("is not read from another text", () => {
		for (const text of ["", "pass", "# Readings\n", "r1= 350\n", `${TEXT}# Readings\nr= 1\n`])
			assert.equal(decodeResult(text), undefined, text);
	});

	it("has at most READINGS_MAX readings", () => {
		const many = (count: number) =>
			Array.from({ length: count }, (_, i) => ({ name: `n${i}`, value: i }));
		const read = (count: number) => decodeResult(encodeResult({ values, readings: many(count) }));
		assert.equal(read(READINGS_MAX)?.readings.length, READINGS_MAX);
		assert.equal(read(READINGS_MAX + 1), undefined);
	});
});
