import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { utf8 } from "../../modules/bytes/bytes.js";
import type { NamedValue } from "../../modules/ports/fixture.js";
import { RecipeError } from "../../modules/recipe/error.js";
import { SetCursor } from "../../modules/recipe/outline.js";
import { SECTIONS_MAX } from "../../modules/recipe/parser.js";
import { RecipeSummary, SetPicker, type Summary } from "../../modules/recipe/sets.js";
import { outlineOf, SegmentedFile } from "./support.js";

const station1 = readFileSync(new URL("../../../recipes/station-1.params", import.meta.url));

function summaryOf(bytes: Uint8Array): Summary {
	const summary = new RecipeSummary();
	summary.write(bytes);
	return summary.end();
}

function picked(bytes: Uint8Array, summary: Summary, set: number): readonly NamedValue[] {
	const picker = new SetPicker(summary, set);
	picker.write(bytes);
	return picker.end();
}

const blank = fc.constantFrom("", " ", "\t", "  ");
const line = fc.oneof(
	{ weight: 8, arbitrary: fc.constant("value") },
	{ weight: 1, arbitrary: fc.constant("blank") },
);
const end = fc.constantFrom("\n", "\r\n");
/** Any recipe that the grammar takes. */
const recipes = fc
	.array(
		fc.tuple(
			blank,
			end,
			fc.array(fc.tuple(line, blank, blank, end, fc.nat(99_999)), { maxLength: 12 }),
		),
		{ minLength: 1, maxLength: 6 },
	)
	.chain((sections) => fc.tuple(fc.constant(sections), fc.boolean()))
	.map(([sections, isEnded]) => {
		let text = "";
		for (const [i, [before, newline, lines]] of sections.entries()) {
			text += `${before}#${before}section ${i}${newline}v= ${i}${newline}`;
			for (const [j, [kind, start, middle, lineEnd, value]] of lines.entries())
				text +=
					kind === "value"
						? `${start}v${j}${middle}=${middle}${value}.${j}${start}${lineEnd}`
						: `${start}${lineEnd}`;
		}
		return utf8(isEnded ? text : text.replace(/[\r\n]+$/, ""));
	});
/** Values line on line, as most files have them, from the shortest on, and now and then what interrupts them. */
const dense = fc
	.array(
		fc.oneof(
			{ weight: 30, arbitrary: fc.nat({ max: 6 }).map((size) => `v=${"1234567".slice(size)}`) },
			{ weight: 1, arbitrary: fc.constantFrom("", "\r", " v=1", "\tv= 1", "# s", "v=1 ") },
		),
		{ minLength: 1, maxLength: 80 },
	)
	.map((lines) => {
		let sections = 0;
		// A section has a name of its own and a value.
		const text = lines.map((each) => (each === "# s" ? `# s${sections++}\nv=1` : each));
		return utf8(`#a\nv=1\n${text.join("\n")}`);
	});
const sizes = fc.constantFrom(1, 2, 3, 7, 16, 64, 4096);

describe("outline", () => {
	it("has the sections and the number of sets that the whole grammar finds, in pieces of any size", () => {
		fc.assert(
			fc.property(recipes, sizes, (bytes, size) => {
				const { sections, sets } = outlineOf(bytes, size);
				const short = sections.map(({ name, count }) => ({ name, count }));
				assert.deepEqual({ sections: short, sets }, summaryOf(bytes));
			}),
			{ numRuns: 500 },
		);
	});

	it("counts lines that follow one another as the whole grammar does, wherever they lie in memory", () => {
		fc.assert(
			fc.property(dense, sizes, fc.nat({ max: 7 }), (bytes, size, before) => {
				const moved = new Uint8Array(before + bytes.length + 8).fill(0x0a);
				moved.set(bytes, before);
				const there = moved.subarray(before, before + bytes.length);
				const { sections, sets } = outlineOf(there, size);
				const short = sections.map(({ name, count }) => ({ name, count }));
				assert.deepEqual({ sections: short, sets }, summaryOf(bytes));
			}),
			{ numRuns: 1000 },
		);
	});

	it("says where each section's first line is", () => {
		for (const { name, offset, line } of outlineOf(station1, 64).sections) {
			const before = Buffer.from(station1).subarray(0, offset).toString();
			assert.match(before, new RegExp(`# *${name}\\s*\\n$`));
			assert.equal(before.split("\n").length, line);
		}
	});

	it("refuses what is no recipe as a whole", () => {
		let sections = "";
		for (let i = 0; i <= SECTIONS_MAX; i++) sections += `# s${i}\nx=1\n`;
		const cases: [string, RecipeError["code"], number][] = [
			["", "empty", 1],
			["\n \n", "empty", 1],
			["x=1\n", "no-section", 1],
			["#a\n#b\nx=1\n", "empty-section", 1],
			["#a\nx=1\n\n#b", "empty-section", 4],
			["#a\nx=1\n#a\nx=1\n", "duplicate-section", 3],
			["#a\nx=1\n# !\nx=1\n", "section-name", 3],
			[`#a\nx=1\n#${"b".repeat(200)}\n`, "line-too-long", 3],
			[`#a\n${" ".repeat(200)}x=1\n`, "line-too-long", 2],
			[sections, "too-many-sections", 2 * SECTIONS_MAX + 1],
		];
		for (const [text, code, line] of cases)
			for (const size of [1, 5, 4096])
				assert.throws(
					() => outlineOf(utf8(text), size),
					(error) => error instanceof RecipeError && error.code === code && error.line === line,
					`${code} ${text.slice(0, 20)}`,
				);
	});

	it("refuses more value sets than can be counted", () => {
		let text = "";
		for (let i = 0; i < 5; i++) text += `# s${i}\n${"x=1\n".repeat(2000)}`;
		assert.throws(
			() => outlineOf(utf8(text), 4096),
			(error) => error instanceof RecipeError && error.code === "too-many-sets",
		);
	});
});

describe("set cursor", () => {
	it("picks what the whole grammar picks, in any order, in pieces of any size", () => {
		const orders = fc.array(fc.nat(), { minLength: 1, maxLength: 8 });
		const steps = fc.array(fc.option(fc.nat(4), { nil: undefined }));
		fc.assert(
			fc.property(recipes, sizes, orders, steps, (bytes, size, numbers, begun) => {
				const summary = summaryOf(bytes);
				const reader = new SegmentedFile(bytes, size);
				for (const [i, number] of numbers.entries()) {
					const set = number % summary.sets;
					// One that was begun and given up must not lead the next one astray.
					const few = begun[i];
					if (few !== undefined) reader.pick((number >> 3) % summary.sets, few);
					if (few === 0) reader.cursor.forget();
					assert.deepEqual(reader.pick(set), picked(bytes, summary, set));
				}
			}),
			{ numRuns: 500 },
		);
	});

	it("picks the same where lines follow one another, from any set to any other", () => {
		const orders = fc.array(fc.nat(), { minLength: 1, maxLength: 8 });
		fc.assert(
			fc.property(dense, sizes, orders, (bytes, size, numbers) => {
				const summary = summaryOf(bytes);
				const reader = new SegmentedFile(bytes, size);
				for (const number of numbers) {
					const set = number % summary.sets;
					assert.deepEqual(reader.pick(set), picked(bytes, summary, set));
				}
			}),
			{ numRuns: 500 },
		);
	});

	it("goes from each set of the paper's file to the next", () => {
		const summary = summaryOf(station1);
		const reader = new SegmentedFile(station1, 32);
		for (let set = 0; set < summary.sets; set++)
			assert.deepEqual(reader.pick(set), picked(station1, summary, set));
	});

	it("needs about a segment for the next set of a large file, and little more where a section begins anew", () => {
		let text = "";
		for (const [name, count] of [
			["A", 3],
			["B", 20_000],
			["C", 4],
		] as const) {
			text += `# ${name}\n`;
			for (let i = 0; i < count; i++) text += `v${i}= ${i}\n`;
		}
		const bytes = utf8(text);
		const reader = new SegmentedFile(bytes, 4096);
		assert.ok(bytes.length > 200_000);
		reader.pick(0);
		let most = 0;
		for (let set = 1; set < 10_000; set++) {
			const before = reader.reads;
			const [a, b, c] = reader.pick(set);
			assert.deepEqual([a?.value, b?.value, c?.value], [0, set >> 2, set & 3]);
			most = Math.max(most, reader.reads - before);
		}
		assert.ok(most <= 3, `${most} segments`);
	});

	it("refuses the line that is picked where it is no value's, with its place, and no other", () => {
		const bytes = utf8("# a\nx= 1\n\n  y= 1.2.3\nz= 3\n");
		const reader = new SegmentedFile(bytes, 8);
		assert.equal(reader.pick(0)[0]?.value, 1);
		assert.throws(
			() => reader.pick(1),
			(error) =>
				error instanceof RecipeError &&
				error.code === "value" &&
				error.line === 4 &&
				error.column === 9,
		);
		assert.equal(reader.pick(2)[0]?.value, 3);
	});

	it("says so where the file is not the one that was outlined", () => {
		const cursor = new SetCursor(outlineOf(utf8("# a\nx=1\ny=2\n"), 64));
		cursor.seek(1);
		assert.throws(() => cursor.write(utf8("x=1\n"), true), /differs/);
	});
});
