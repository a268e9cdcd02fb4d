/** What the tests of the page of attacks share: reports, and a reader stricter than a browser. */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { AttackReport, Finding, Step, Tried } from "../../host-sim/adversary/attack.js";

export interface Element {
	readonly name: string;
	readonly attributes: ReadonlyMap<string, string>;
	readonly children: (Element | string)[];
}

const TOKEN = new RegExp(
	[
		"<!DOCTYPE html>",
		"</(?<end>\\w+)>",
		'<(?<start>\\w+)(?<given>(?: [\\w-]+="[^"<]*")*)(?<empty>/?)>',
		"(?<text>[^<]+)",
	].join("|"),
	"y",
);
const ENTITY = /&(amp|lt|gt|quot|#39);|&/g;
const CHARACTERS = new Map([
	["amp", "&"],
	["lt", "<"],
	["gt", ">"],
	["quot", '"'],
	["#39", "'"],
]);

function plain(text: string): string {
	return text.replace(ENTITY, (entity, name) => {
		const character = CHARACTERS.get(name);
		assert(character !== undefined, `${entity} stands alone in ${text}`);
		return character;
	});
}

/** Reads markup as XML: tags closed in their turn, attributes quoted, no stray `<` or `&`. */
export function parse(markup: string): Element {
	const root: Element = { name: "", attributes: new Map(), children: [] };
	const open = [root];
	for (let at = 0; at < markup.length; at = TOKEN.lastIndex) {
		TOKEN.lastIndex = at;
		const groups = TOKEN.exec(markup)?.groups;
		assert(groups, `no markup: ${markup.slice(at, at + 80)}`);
		const { start, end, given = "", empty, text } = groups;
		const within = open.at(-1)!;
		if (text !== undefined) within.children.push(plain(text));
		else if (end !== undefined) assert.equal(open.pop()?.name, end, "closes what is open");
		else if (start !== undefined) {
			const pairs = [...given.matchAll(/([\w-]+)="([^"]*)"/g)];
			const element: Element = {
				name: start,
				attributes: new Map(pairs.map(([, name, value]) => [name!, plain(value!)])),
				children: [],
			};
			assert.equal(element.attributes.size, pairs.length, "an attribute is given twice");
			within.children.push(element);
			if (empty === "") open.push(element);
		}
	}
	assert.equal(open.length, 1, `${open.at(-1)?.name} is never closed`);
	return root;
}

/** Every element below `within` that has all of `wanted`, in the order of the page. */
export function all(
	within: Element,
	wanted: { name?: string; class?: string; id?: string } = {},
): Element[] {
	return within.children
		.filter((child) => typeof child !== "string")
		.flatMap((child) => {
			const below = all(child, wanted);
			const classes = child.attributes.get("class")?.split(" ") ?? [];
			const isWanted =
				(wanted.name ?? child.name) === child.name &&
				(wanted.id ?? child.attributes.get("id")) === child.attributes.get("id") &&
				(wanted.class === undefined || classes.includes(wanted.class));
			return isWanted ? [child, ...below] : below;
		});
}

/** The one element that is wanted. */
export function one(within: Element, wanted: Parameters<typeof all>[1]): Element {
	const [found, ...more] = all(within, wanted);
	assert(found && more.length === 0, `${more.length + 1} of ${JSON.stringify(wanted)}`);
	return found;
}

export function textOf(element: Element): string {
	return element.children
		.map((child) => (typeof child === "string" ? child : textOf(child)))
		.join("");
}

export function tried(change: Partial<Tried> = {}): Tried {
	return {
		name: "replay",
		title: "Replay of a verdict",
		suite: 1,
		goal: "The attacker wants a failed unit to pass.",
		properties: ["G3", "G5"],
		defence: "Records are counted (§6).",
		outcome: "stopped",
		evidence: "1 record dropped.",
		parties: ["station-1", "attacker", "server"],
		steps: [
			{
				from: "server",
				to: "station-1",
				text: "verdict: fail",
				isHostile: true,
				isLost: true,
			},
			{ from: "attacker", to: "station-1", text: "a copy", isHostile: true, isLost: false },
			{ at: "station-1", text: "refused", isHarm: false },
		],
		...change,
	};
}

export function report(...attacks: readonly Tried[]): AttackReport {
	return { seed: 7, against: "sim", attacks };
}

/** What the page must not take at its word. */
export const HOSTILE = [
	"<script>alert(1)</script>",
	'" onload="alert(1)',
	"' autofocus onfocus='alert(1)",
	"</desc></svg><img src=x onerror=alert(1)>",
	"]]><!-- & &amp; &lt;script&gt;",
	"javascript:alert(1)",
	"bell\u0007 null\u0000 escape\u001b[31m",
	"\u202eright to left\u202c \u2066isolated\u2069 zero\u200bwidth\ufeff",
	"a lone \ud83d surrogate",
	"a\tb\r\nc\u2028d",
	"W".repeat(300),
	"interlock/1/line-1/station-1/up,".repeat(20),
];

const anyText = fc.oneof(
	fc.constantFrom(...HOSTILE),
	fc.string({ unit: "binary", maxLength: 80 }),
	fc.lorem({ maxCount: 25 }),
	fc.string({ maxLength: 200 }),
);

export const anyFinding: fc.Arbitrary<Finding> = fc
	.uniqueArray(fc.oneof(fc.constantFrom("attacker", "server", "station-1"), anyText), {
		minLength: 1,
		maxLength: 6,
	})
	.chain((parties) => {
		const party = fc.constantFrom(...parties);
		const step: fc.Arbitrary<Step> = fc.oneof(
			fc.record({
				from: party,
				to: party,
				text: anyText,
				isHostile: fc.boolean(),
				isLost: fc.boolean(),
			}),
			fc.record({ at: party, text: anyText, isHarm: fc.boolean() }),
		);
		return fc.record({
			outcome: fc.constantFrom<Finding["outcome"]>("stopped", "succeeded"),
			evidence: anyText,
			parties: fc.constant(parties),
			steps: fc.array(step, { maxLength: 24 }),
		});
	});

const anyTried: fc.Arbitrary<Tried> = fc
	.tuple(
		fc.record({
			name: fc.stringMatching(/^[a-z0-9-]{1,32}$/),
			title: anyText,
			suite: fc.constantFrom<Tried["suite"]>(0, 1),
			goal: anyText,
			properties: fc.array(fc.oneof(fc.constantFrom("G1", "G5", "G8"), anyText)),
			defence: anyText,
		}),
		anyFinding,
	)
	.map(([attack, finding]) => ({ ...attack, ...finding }));

export const anyReport: fc.Arbitrary<AttackReport> = fc.record({
	seed: fc.nat(),
	against: fc.oneof(fc.constant("sim"), anyText),
	attacks: fc.uniqueArray(anyTried, {
		maxLength: 6,
		selector: ({ name, suite }) => `${name} ${suite}`,
	}),
});
