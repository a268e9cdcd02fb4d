import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { utf8 } from "../../modules/bytes/bytes.js";
import { RecipeError, type RecipeErrorCode } from "../../modules/recipe/error.js";
import { LINE_LENGTH_MAX } from "../../modules/recipe/line.js";
import {
	RecipeParser,
	type RecipeValue,
	SECTIONS_MAX,
	VALUES_MAX,
} from "../../modules/recipe/parser.js";
import { Dice } from "../hostile/support.js";
import { cuttings } from "../support/cuttings.js";
import { parsed, placed } from "./support.js";

function parse(bytes: Uint8Array): RecipeValue[] {
	return parsed([bytes]);
}

/** The same for whole, byte by byte and in random pieces. */
function outcome(bytes: Uint8Array, seed = 0): unknown {
	const [whole, ...others] = cuttings(bytes, new Dice(seed)).map((pieces) =>
		placed(() => parsed(pieces)),
	);
	for (const other of others) assert.deepEqual(other, whole);
	return whole;
}

function brief(text: string): string[] {
	return parse(utf8(text)).map(({ sectionName, name, value }) => `${sectionName}/${name}=${value}`);
}

const station1 = readFileSync(new URL("../../../recipes/station-1.params", import.meta.url));

describe("recipe", () => {
	it("reads the paper's file", () => {
		const values = parse(station1);
		assert.equal(values.length, 15);
		assert.deepEqual(values[0], {
			section: 0,
			sectionName: "Resistors",
			name: "r1",
			value: 350,
			line: 2,
		});
		assert.deepEqual(values[8], {
			section: 1,
			sectionName: "Capacitors",
			name: "c4",
			value: 0.5456,
			line: 13,
		});
		assert.equal(values[14]?.value, 2.5);
	});

	it("takes odd spacing, CR LF, blank lines, and a last line without end", () => {
		assert.deepEqual(brief("\r\n #A b \t\r\n\tx  =\t-.5 \n\n\ny_1.2-3=0007.250"), [
			"A b/x=-0.5",
			"A b/y_1.2-3=7.25",
		]);
	});

	it("reads negative zero as zero", () => {
		assert.ok(Object.is(parse(utf8("#a\nx=-0.0"))[0]?.value, 0));
	});

	const long = "9".repeat(LINE_LENGTH_MAX);
	const errors: readonly [string, string, RecipeErrorCode, number, number][] = [
		["nothing at all", "", "empty", 1, 1],
		["blank lines alone", "\n \n", "empty", 3, 1],
		["a value before a section", "\n x= 1\n", "no-section", 2, 2],
		["a section without values", "#a\n\n#b\nx=1\n", "empty-section", 1, 2],
		["a last section without values", "#a\nx=1\n  # b\n", "empty-section", 3, 5],
		["a section's name missing", "#  \n", "section-name", 1, 2],
		["a section's name that begins with a sign", "# -a\n", "section-name", 1, 3],
		["a section's name of 33", `#${"a".repeat(33)}\n`, "section-name", 1, 34],
		["a section twice", "#a\nx=1\n#a\n", "duplicate-section", 3, 2],
		["another character in a section's name", "#a+\n", "character", 1, 3],
		["a second heading mark", "##a\n", "section-name", 1, 2],
		["a line that begins with a digit", "#a\n1x=1\n", "character", 2, 1],
		["a name of 33", `#a\n${"x".repeat(33)}=1\n`, "name", 2, 33],
		["no equals sign", "#a\nx 1\n", "equals", 2, 3],
		["a name alone", "#a\nx\n", "equals", 2, 2],
		["two words before the sign", "#a\nx y=1\n", "equals", 2, 3],
		["no number", "#a\nx=\n", "value", 2, 3],
		["a dot alone", "#a\nx=.\n", "value", 2, 4],
		["a dot at the end", "#a\nx=5.\n", "value", 2, 5],
		["two dots", "#a\nx=1.2.3\n", "value", 2, 6],
		["two numbers", "#a\nx=1 2\n", "value", 2, 4],
		["a plus sign", "#a\nx=+1\n", "value", 2, 3],
		["an exponent", "#a\nx=1e3\n", "value", 2, 4],
		["hexadecimal", "#a\nx=0x10\n", "value", 2, 4],
		["infinity", "#a\nx=Infinity\n", "value", 2, 3],
		["a comma", "#a\nx=1,5\n", "value", 2, 4],
		["a unit", "#a\nx=5 mA\n", "value", 2, 4],
		["a number of 25 characters", `#a\nx=${"1".repeat(25)}\n`, "value", 2, 27],
		["a remark after a value", "#a\nx=1 # one\n", "value", 2, 4],
		["a carriage return inside a line", "#a\nx=1\r2\n", "value", 2, 4],
		["a NUL", "#a\n\0\n", "character", 2, 1],
		["a byte-order mark", "\ufeff#a\nx=1\n", "character", 1, 1],
		["a letter beyond ASCII", "#a\nä=1\n", "character", 2, 1],
		["a line of 129 bytes", `#a\nx=${long}\n`, "line-too-long", 2, 129],
		["spaces beyond a line's length", `#a\n${" ".repeat(129)}`, "line-too-long", 2, 129],
	];
	for (const [what, text, code, line, column] of errors) {
		it(`refuses ${what}`, () => {
			assert.deepEqual(outcome(utf8(text)), { code, line, column });
		});
	}

	it("takes a line of 128 bytes with CR LF", () => {
		assert.deepEqual(brief(`#a\n${" ".repeat(125)}x=1\r\n`), ["a/x=1"]);
	});

	it("takes as many sections as its bound and no more", () => {
		const sections = (count: number) =>
			Array.from({ length: count }, (_, i) => `# s${i}\nv= ${i}\n`).join("");
		assert.equal(parse(utf8(sections(SECTIONS_MAX))).length, SECTIONS_MAX);
		assert.deepEqual(outcome(utf8(sections(SECTIONS_MAX + 1))), {
			code: "too-many-sections",
			line: 2 * SECTIONS_MAX + 1,
			column: 3,
		});
	});

	it("takes as many values in a section as its bound and no more", function () {
		this.timeout(20_000);
		const thousand = utf8("v=1\n".repeat(1000));
		let count = 0;
		const parser = new RecipeParser(() => count++);
		parser.write(utf8("#a\n"));
		for (let i = 0; i < VALUES_MAX / 1000; i++) parser.write(thousand);
		assert.equal(count, VALUES_MAX);
		assert.throws(
			() => parser.write(utf8("v=1\n")),
			(error) => error instanceof RecipeError && error.code === "too-many-values",
		);
	});

	it("says the same error again after the first, and nothing more is parsed", () => {
		let count = 0;
		const parser = new RecipeParser(() => count++);
		assert.throws(() => parser.write(utf8("x=1\n")), RecipeError);
		assert.throws(() => parser.write(utf8("#a\nx=1\n")), RecipeError);
		assert.throws(() => parser.end(), RecipeError);
		assert.equal(count, 0);
	});

	it("does not quote the file in an error", () => {
		assert.throws(
			() => parse(utf8("#a\nsecretname 4711\n")),
			(error) => error instanceof RecipeError && !/secretname|4711/.test(error.message),
		);
	});

	it("gives the same values or the same error whole, byte by byte and in pieces", () => {
		const piece = fc.constantFrom(
			"#",
			" ",
			"\t",
			"=",
			".",
			"-",
			"1",
			"20",
			"a",
			"r1",
			"\n",
			"\r\n",
			"\r",
			"é",
		);
		const line = fc.constantFrom(
			"# Coils\n",
			"# s2 \n",
			"l1= 4\n",
			" l2 =.5\r\n",
			"\n",
			"x=-3.25\n",
		);
		const text = fc
			.array(fc.oneof({ weight: 4, arbitrary: line }, piece), { maxLength: 30 })
			.map((parts) => parts.join(""));
		fc.assert(
			fc.property(text, fc.nat(), (drawn, seed) => {
				outcome(utf8(drawn), seed);
			}),
			{ numRuns: 500 },
		);
	});

	it("survives any bytes", () => {
		fc.assert(
			fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(), (bytes, seed) => {
				outcome(bytes, seed);
			}),
			{ numRuns: 500 },
		);
	});

	it("reads back any number that it can write", () => {
		const decimal = fc.tuple(fc.boolean(), fc.nat(), fc.nat({ max: 999_999 }));
		fc.assert(
			fc.property(decimal, ([negative, whole, fraction]) => {
				const text = `${negative ? "-" : ""}${whole}.${fraction}`;
				assert.equal(parse(utf8(`#a\nx= ${text}`))[0]?.value, Number(text) + 0);
			}),
		);
	});
});
