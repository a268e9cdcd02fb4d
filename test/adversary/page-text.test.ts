/** Widths and lines of text on the attack laboratory's page. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { legible } from "../../host-sim/page/markup.js";
import { widthOf, wrap } from "../../host-sim/page/text.js";
import { HOSTILE } from "./support.js";

/** Advances of DejaVu Sans 2.37, space to tilde, in thousandths of an em (its `hmtx` table). */
const DEJAVU = [
	318, 401, 460, 838, 636, 950, 780, 275, 390, 390, 500, 838, 318, 361, 318, 337, 636, 636, 636,
	636, 636, 636, 636, 636, 636, 636, 337, 337, 838, 838, 838, 531, 1000, 684, 686, 698, 770, 632,
	575, 775, 752, 295, 295, 656, 557, 863, 748, 787, 603, 787, 695, 635, 611, 732, 684, 989, 685,
	611, 685, 390, 337, 390, 838, 500, 500, 613, 635, 550, 635, 615, 352, 635, 634, 278, 278, 579,
	278, 974, 634, 612, 635, 635, 411, 521, 392, 634, 592, 818, 592, 592, 525, 636, 337, 636, 838,
];

describe("text on the page", () => {
	it("is never taken for narrower than DejaVu Sans sets it", () => {
		const narrow = DEJAVU.map((width, i) => ({ text: String.fromCharCode(32 + i), width }));
		assert.deepEqual(
			narrow.filter(({ text, width }) => widthOf(text, 1000) < width),
			[],
		);
	});

	it("is wrapped between words, into even lines", () => {
		assert.deepEqual(wrap("a message of the attacker", 10, 120), ["a message of", "the attacker"]);
	});

	it("is broken within a word that fits no line, after a stroke if it has one", () => {
		assert.deepEqual(wrap("to interlock/line/station-1 now", 10, 80), [
			"to interlock/",
			"line/station-",
			"1 now",
		]);
		assert.deepEqual(wrap("MMMMM", 10, 25), ["MM", "MM", "M"]);
	});

	it("is one empty line where there is nothing to write", () => {
		for (const text of ["", " ", "\n\t"]) assert.deepEqual(wrap(text, 10, 80), [""]);
	});

	it("never goes past the width, and loses and changes no letter", () => {
		const bare = (text: string) => legible(text).replace(/\s/g, "");
		const text = fc.oneof(
			fc.constantFrom(...HOSTILE),
			fc.string({ unit: "binary", maxLength: 120 }),
			fc.lorem({ maxCount: 30 }),
		);
		fc.assert(
			fc.property(text, fc.integer({ min: 20, max: 400 }), (any, widthMax) => {
				const lines = wrap(any, 12, widthMax);
				assert.equal(lines.join("").replace(/\s/g, ""), bare(any));
				for (const line of lines) assert.ok(widthOf(line, 12) <= widthMax, line);
			}),
		);
	});
});
