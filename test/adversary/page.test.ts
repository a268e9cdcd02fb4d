/** The page of the attack laboratory. fast-check prints the seed and the path of a failing run. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { attackPage } from "../../host-sim/adversary/page/page.js";
import { PROPERTIES } from "../../host-sim/adversary/page/properties.js";
import { legible } from "../../host-sim/page/markup.js";
import { all, anyReport, HOSTILE, one, parse, report, textOf, tried } from "./support.js";

const pair = (name: string, title: string) => [
	tried({ name, title, suite: 0, outcome: "succeeded" }),
	tried({ name, title }),
];
const REPORT = report(
	...pair("replay", "Replay of a verdict"),
	...pair("skip", "A unit skips a station"),
	tried({ name: "flood", title: "Flooding", outcome: "succeeded" }),
);
const page = parse(attackPage(REPORT));
const rows = all(one(page, { name: "tbody" }), { name: "tr" });

describe("attack page", () => {
	it("has a row and a section for each attack, in the report's order", () => {
		const titles = ["Replay of a verdict", "A unit skips a station", "Flooding"];
		const sections = all(page, { name: "section", class: "attack" });
		assert.deepEqual(
			rows.map((row) => textOf(one(one(row, { name: "th" }), { name: "a" }))),
			titles,
		);
		assert.deepEqual(
			sections.map((section) => textOf(one(section, { name: "h2" }))),
			titles.map((title, i) => `${i + 1} ${title}`),
		);
	});

	it("says each outcome in words, in the row and in the section", () => {
		const words = [
			["succeeded", "stopped"],
			["succeeded", "stopped"],
			["not tried", "succeeded"],
		];
		const sections = all(page, { class: "attack" });
		for (const places of [rows, sections])
			assert.deepEqual(
				places.map((place) => all(place, { class: "outcome" }).map(textOf)),
				words,
			);
	});

	it("gives each outcome a symbol of its own", () => {
		const symbols = new Map(
			all(page, { class: "outcome" }).map((outcome) => [
				textOf(outcome),
				JSON.stringify(all(outcome, { name: "path" }).map(({ attributes }) => attributes.get("d"))),
			]),
		);
		assert.equal(symbols.size, 3);
		assert.equal(new Set(symbols.values()).size, 3);
	});

	it("leads from each outcome that was tried to where it is told", () => {
		const links = rows
			.flatMap((row) => all(row, { name: "td" }))
			.flatMap((td) => all(td, { name: "a" }));
		assert.deepEqual(
			links.map(({ attributes }) => attributes.get("href")),
			["#replay.0", "#replay.1", "#skip.0", "#skip.1", "#flood.1"],
		);
	});

	it("counts what succeeded on each suite", () => {
		assert.deepEqual(all(one(page, { class: "summary" }), { name: "li" }).map(textOf), [
			"Attacks: 3",
			"Suite 0, the paper’s system: 2 of 2 succeeded",
			"Suite 1, Interlock: 1 of 3 succeeded",
		]);
	});

	it("says how it was made, from which seed and against what", () => {
		const made = (against: string) =>
			textOf(one(parse(attackPage({ ...REPORT, against })), { class: "made" }));
		const command = "Made by bin/interlock attack --html docs/attacks.html,\nseed 7, against";
		assert.equal(made("sim"), `${command} the simulated network.`);
		assert.equal(made("mqtt://x:1"), `${command} the broker at mqtt://x:1.`);
	});

	it("tells what stops an attack, or should have, only on suite 1", () => {
		assert.deepEqual(all(page, { class: "defence" }).map(textOf), [
			"What stops it Records are counted (§6).",
			"What stops it Records are counted (§6).",
			"What should have stopped it Records are counted (§6).",
		]);
		for (const id of ["replay.0", "skip.0"])
			assert.equal(all(one(page, { id }), { class: "defence" }).length, 0);
	});

	it("explains every property of the protocol and no other", () => {
		const protocol = readFileSync(new URL("../../../docs/protocol.md", import.meta.url), "utf8");
		const names = [...protocol.matchAll(/^\| (G\d) \|/gm)].map(([, name]) => name);
		assert.deepEqual([...PROPERTIES.keys()], names);
	});

	it("is the same for the same report", () => {
		assert.equal(attackPage(structuredClone(REPORT)), attackPage(REPORT));
	});

	it("loads nothing, and its policy allows only its own style", () => {
		const style = textOf(one(page, { name: "style" }));
		const hash = createHash("sha256").update(style).digest("base64");
		const policies = all(page, { name: "meta" }).map(({ attributes }) => attributes.get("content"));
		assert.ok(policies.includes(`default-src 'none'; style-src 'sha256-${hash}'`));
		assert.doesNotMatch(style, /url\(|@import/);
		for (const { name, attributes } of all(page)) {
			assert.ok(!["script", "link", "img", "iframe", "image", "use"].includes(name), name);
			assert.ok(!attributes.has("src") && !attributes.has("style"), name);
			assert.match(attributes.get("href") ?? "#", /^#/);
		}
	});

	it("is well-formed, its ids are unique and its links lead somewhere, whatever the report", () => {
		fc.assert(
			fc.property(anyReport, (any) => {
				const elements = all(parse(attackPage(any)));
				const ids = elements.flatMap(({ attributes }) => attributes.get("id") ?? []);
				assert.equal(new Set(ids).size, ids.length);
				for (const { attributes } of elements) {
					const labels = attributes.get("aria-labelledby")?.split(" ") ?? [];
					const targets = attributes.has("href") ? [attributes.get("href")!.slice(1)] : [];
					for (const id of [...labels, ...targets]) assert.ok(ids.includes(id), id);
				}
			}),
		);
	});

	it("shows hostile text as text wherever it stands", () => {
		const kinds = new Set(all(page).map(({ name }) => name));
		for (const text of HOSTILE) {
			const steps = [
				{ from: text, to: "server", text, isHostile: true, isLost: false },
				{ at: text, text, isHarm: true },
			];
			const attack = tried({ title: text, goal: text, defence: text, evidence: text });
			const markup = attackPage({
				...report({ ...attack, properties: [text], parties: [text, "server"], steps }),
				against: text,
			});
			const read = parse(markup);
			for (const { name, attributes } of all(read)) {
				assert.ok(kinds.has(name), `${name} from ${text}`);
				for (const attribute of attributes.keys()) assert.doesNotMatch(attribute, /^on|^auto/);
			}
			const shown = legible(text);
			assert.equal(textOf(one(read, { class: "evidence" })), `Evidence ${shown}`);
			assert.equal(textOf(one(one(read, { name: "tbody" }), { class: "goal" })), shown);
			assert.equal(
				one(one(read, { name: "tbody" }), { name: "abbr" }).attributes.get("title"),
				shown,
			);
		}
	});

	it("spells out what would not be seen or would turn the text around", () => {
		const unseen = /(?!\n)[\p{Cc}\p{Cs}]|[\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/u;
		const evidenceOf = (evidence: string) =>
			textOf(one(parse(attackPage(report(tried({ evidence })))), { class: "evidence" }));
		for (const text of HOSTILE) assert.doesNotMatch(evidenceOf(text), unseen);
		assert.equal(evidenceOf("a\u202eb\u0000\ud800"), "Evidence a\\u{202e}b\\u{0}\\u{d800}");
	});

	it("refuses a name that is no address, and an attack tried twice on one suite", () => {
		for (const name of ["", "a b", "A", "a.0", '"'])
			assert.throws(() => attackPage(report(tried({ name }))), /not an attack's name/);
		assert.throws(() => attackPage(report(tried(), tried())), /tried twice on suite 1/);
	});
});
