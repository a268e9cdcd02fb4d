/**
 * Sequence diagrams as they are drawn: read back from the markup, so that a fault in the layout and
 * one in the drawing both show. fast-check prints the seed and the path of a failing run.
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { Finding } from "../../host-sim/adversary/attack.js";
import { diagram } from "../../host-sim/adversary/page/diagram.js";
import { widthOf } from "../../host-sim/page/text.js";
import { all, anyFinding, type Element, one, parse, textOf, tried } from "./support.js";

interface Box {
	readonly what: string;
	readonly left: number;
	readonly right: number;
	readonly top: number;
	readonly bottom: number;
}

const FONT_SIZE = 12;
/** Above and below what the letters stand on: as far as DejaVu Sans reaches. */
const LETTERS = { above: 0.93 * FONT_SIZE, below: 0.24 * FONT_SIZE };
/** Up to three coordinates, each rounded to a tenth, add up. */
const SLACK = 0.16;

function draw(finding: Pick<Finding, "parties" | "steps">): Element {
	return one(parse(diagram("an", "title", finding).text), { name: "svg" });
}

function numbers(element: Element, ...names: readonly string[]): number[] {
	return names.map((name) => Number(element.attributes.get(name)));
}

function box(what: string, xs: readonly number[], ys: readonly number[]): Box {
	for (const value of [...xs, ...ys]) assert.ok(Number.isFinite(value), `${what}: ${value}`);
	return {
		what,
		left: Math.min(...xs),
		right: Math.max(...xs),
		top: Math.min(...ys),
		bottom: Math.max(...ys),
	};
}

/** One box for each line of text. */
function letters(drawn: Element): Box[] {
	const lineBox = (line: Element, toLeft: number): Box => {
		const [x = 0, y = 0] = numbers(line, "x", "y");
		const text = textOf(line);
		const width = widthOf(text, FONT_SIZE);
		const left = x - toLeft * width;
		return box(text, [left, left + width], [y - LETTERS.above, y + LETTERS.below]);
	};
	return [
		...all(drawn, { name: "tspan" }).map((line) => lineBox(line, 0.5)),
		...all(drawn, { class: "number" }).map((number) => lineBox(number, 0)),
	];
}

/** The lines of a path, each as a box without breadth. */
function strokes(path: Element): Box[] {
	const d = path.attributes.get("d") ?? "";
	const found: Box[] = [];
	let [x, y] = [Number.NaN, Number.NaN];
	for (const [, command, rest] of d.matchAll(/([MLHV])([^MLHV]*)/g)) {
		const [first = Number.NaN, second = Number.NaN] = rest!.split(" ").map(Number);
		const toX = command === "V" ? x : first;
		const toY = command === "V" ? first : command === "H" ? y : second;
		if (command !== "M") found.push(box(d, [x, toX], [y, toY]));
		[x, y] = [toX, toY];
	}
	assert.ok(found.length > 0, d);
	return found;
}

function tips(drawn: Element): Box[] {
	return all(drawn, { name: "polygon" }).map(({ attributes }) => {
		const points = attributes
			.get("points")!
			.split(" ")
			.map((point) => point.split(","));
		return box(
			"tip",
			points.map(([x]) => Number(x)),
			points.map(([, y]) => Number(y)),
		);
	});
}

function rectangles(drawn: Element): Box[] {
	return all(drawn, { name: "rect" }).map((rect) => {
		const [x = 0, y = 0, width = 0, height = 0] = numbers(rect, "x", "y", "width", "height");
		return box("rect", [x, x + width], [y, y + height]);
	});
}

function doMeet(a: Box, b: Box): boolean {
	return (
		a.left < b.right - SLACK &&
		b.left < a.right - SLACK &&
		a.top < b.bottom - SLACK &&
		b.top < a.bottom - SLACK
	);
}

function isWithin(inner: Box, outer: Box): boolean {
	return (
		inner.left >= outer.left - SLACK &&
		inner.right <= outer.right + SLACK &&
		inner.top >= outer.top - SLACK &&
		inner.bottom <= outer.bottom + SLACK
	);
}

/** Those of `first` that meet one of `second` other than themselves. */
function meetings(first: readonly Box[], second: readonly Box[]): string[] {
	return first.flatMap((a, i) =>
		second
			.filter((b, j) => (first !== second || j > i) && doMeet(a, b))
			.map((b) => `${JSON.stringify(a)} meets ${JSON.stringify(b)}`),
	);
}

/** Whatever happened; random findings without a step draw nothing and are left out. */
function forAnyDiagram(check: (drawn: Element, finding: Finding) => void): void {
	fc.assert(
		fc.property(
			anyFinding.filter(({ steps }) => steps.length > 0),
			(finding) => check(draw(finding), finding),
		),
	);
}

describe("sequence diagram", () => {
	it("writes no two lines of text over each other", () => {
		forAnyDiagram((drawn) => {
			const lines = letters(drawn);
			assert.deepEqual(meetings(lines, lines), []);
		});
	});

	it("draws no two boxes over each other, and no arrow through a text", () => {
		forAnyDiagram((drawn) => {
			const boxes = rectangles(drawn);
			const marks = [...all(drawn, { name: "path" }).flatMap(strokes), ...tips(drawn)];
			assert.deepEqual(meetings(boxes, boxes), []);
			assert.deepEqual(meetings(marks, letters(drawn)), []);
		});
	});

	it("keeps everything inside the picture", () => {
		forAnyDiagram((drawn) => {
			const [x, y, width, height] = drawn.attributes.get("viewBox")!.split(" ").map(Number);
			const picture = box("picture", [x!, x! + width!], [y!, y! + height!]);
			const lifelines = all(drawn, { name: "line" }).map((line) =>
				box("line", numbers(line, "x1", "x2"), numbers(line, "y1", "y2")),
			);
			const paths = all(drawn, { name: "path" }).flatMap(strokes);
			const inside = [
				...letters(drawn),
				...rectangles(drawn),
				...tips(drawn),
				...lifelines,
				...paths,
			];
			assert.deepEqual(
				inside.filter((one) => !isWithin(one, picture)),
				[],
			);
		});
	});

	it("lays each text on a box that holds it", () => {
		forAnyDiagram((drawn) => {
			const boxes = rectangles(drawn);
			const lines = all(drawn, { name: "tspan" }).length;
			for (const line of letters(drawn).slice(0, lines))
				assert.ok(
					boxes.some((one) => isWithin(line, one)),
					JSON.stringify(line),
				);
		});
	});

	it("writes each step's text whole", () => {
		const bare = (text: string) => text.replace(/\s/g, "");
		const text = "a long text of interlock/1/line-1/station-1/up ".repeat(8);
		const drawn = draw(tried({ steps: [{ at: "server", text, isHarm: false }] }));
		assert.equal(bare(textOf(one(drawn, { class: "note" }))), bare(text));
	});

	it("tells every step in words for who cannot see it", () => {
		const { steps, parties } = tried();
		const drawn = draw({
			parties,
			steps: [...steps, { at: "server", text: "sealed", isHarm: true }],
		});
		assert.equal(drawn.attributes.get("role"), "img");
		assert.deepEqual(textOf(one(drawn, { name: "desc" })).split("\n"), [
			"1. server to station-1 (the attacker’s doing, lost): verdict: fail",
			"2. attacker to station-1 (the attacker’s doing): a copy",
			"3. At station-1: refused",
			"4. Harm at server: sealed",
		]);
	});

	it("ends a lost message in a cross half way, and others in a tip at the receiver", () => {
		const step = { from: "a", to: "b", text: "x", isHostile: false, isLost: false };
		const drawn = draw({ parties: ["a", "b"], steps: [step, { ...step, isLost: true }] });
		const [fromX, toX] = all(drawn, { name: "line" }).map((line) => numbers(line, "x1")[0]!);
		const [arrow, lost] = all(drawn, { class: "arrow" });
		assert.equal(tips(arrow!)[0]!.right, toX);
		assert.equal(tips(lost!).length, 0);
		const [line, cross, ...others] = all(lost!, { name: "path" });
		assert.equal(strokes(line!)[0]!.right, (fromX! + toX!) / 2);
		const [down, up] = strokes(cross!);
		assert.deepEqual([down!.left, down!.right], [up!.left, up!.right]);
		assert.equal((down!.left + down!.right) / 2, (fromX! + toX!) / 2);
		assert.equal(others.length, 0);
	});

	it("marks the attacker, what is hostile and what is lost, and says harm in a word", () => {
		const { steps, parties } = tried();
		const drawn = draw({
			parties,
			steps: [...steps, { at: "server", text: "sealed", isHarm: true }],
		});
		assert.equal(textOf(one(drawn, { class: "attacker" })), "attacker");
		assert.deepEqual(all(drawn, { class: "hostile" }).map(textOf), ["verdict: fail", "a copy"]);
		assert.deepEqual(all(drawn, { class: "lost" }).map(textOf), ["verdict: fail"]);
		assert.deepEqual(all(drawn, { class: "harm" }).map(textOf), ["Harm: sealed"]);
	});

	it("names the parties below a long diagram too", () => {
		const names = (count: number) => {
			const steps = Array.from({ length: count }, () => tried().steps[1]!);
			return all(draw({ parties: ["attacker", "station-1"], steps }), { class: "lane" }).map(
				textOf,
			);
		};
		assert.deepEqual(names(8), ["attacker", "station-1"]);
		assert.deepEqual(names(9), ["attackerattacker", "station-1station-1"]);
	});

	it("is nothing where nothing happened", () => {
		assert.equal(diagram("an", "title", { parties: [], steps: [] }).text, "");
	});

	it("refuses a step of a party that is not there, and a seventh party", () => {
		const { steps } = tried();
		assert.throws(
			() => draw({ parties: ["server", "attacker"], steps }),
			/no such party: "station-1"/,
		);
		const parties = ["station-1", "server", "attacker", "a", "b", "c"];
		draw({ parties, steps });
		assert.throws(() => draw({ parties: [...parties, "d"], steps }), /7 parties/);
	});
});
