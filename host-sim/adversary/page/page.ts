/**
 * The report of the attack laboratory as one HTML file. It loads nothing and runs nothing, and
 * its own policy tells the browser so. The same report gives the same bytes.
 */

import { document } from "../../page/document.js";
import { html, type Markup } from "../../page/markup.js";
import type { AttackReport, Suite } from "../attack.js";
import { byAttack, type Entry, SUITES } from "./by-attack.js";
import { diagram } from "./diagram.js";
import { matrix } from "./matrix.js";
import { section } from "./section.js";
import { STYLE } from "./style.js";

const TITLE = "Interlock: the attack laboratory";

/** A diagram that shows each kind of step once. */
const EXAMPLE = {
	parties: ["station", "attacker", "server"],
	steps: [
		{ from: "station", to: "server", text: "a genuine message", isHostile: false, isLost: false },
		{
			from: "server",
			to: "station",
			text: "a genuine message that the attacker keeps back",
			isHostile: true,
			isLost: true,
		},
		{
			from: "attacker",
			to: "station",
			text: "a message of the attacker’s",
			isHostile: true,
			isLost: false,
		},
		{ at: "station", text: "what a party made of it", isHarm: false },
		{ at: "server", text: "the attacker got what was wanted", isHarm: true },
	],
};

function tally(entries: readonly Entry[], suite: Suite, title: string): Markup {
	const tried = entries.flatMap(({ bySuite }) => bySuite.get(suite) ?? []);
	const succeeded = tried.filter(({ outcome }) => outcome === "succeeded").length;
	return html`<li>Suite ${suite}, ${title}: <b>${succeeded} of ${tried.length} succeeded</b></li>`;
}

function head({ seed, against }: AttackReport, entries: readonly Entry[]): Markup {
	const place = against === "sim" ? "the simulated network" : `the broker at ${against}`;
	const tallies = SUITES.map(({ suite, title }) => tally(entries, suite, title));
	return html`<header>
<h1>${TITLE}</h1>
<p>Each attack below was tried on two systems: the paper’s system, which Interlock replaces
(suite 0), and Interlock itself (suite 1).
The attacker controls the broker and the network, and may own one station, its keys included;
cryptographic primitives are not broken.
Every outcome and every number was measured while the attack ran; the diagrams tell in short
what was done and what came of it.</p>
<ul class="summary"><li>Attacks: <b>${entries.length}</b></li>${tallies}</ul>
<p class="made">Made by <code>bin/interlock attack --html docs/attacks.html</code>,
seed <code>${String(seed)}</code>, against ${place}.</p>
</header>
`;
}

function key(): Markup {
	return html`<section id="page.key">
<h2>How to read the diagrams</h2>
<figure>${diagram("page.example", "Each kind of step", EXAMPLE)}</figure>
</section>
`;
}

/** @throws AssertionError where the report breaks what attack.ts says of names and parties. */
export function attackPage(report: AttackReport): string {
	const entries = byAttack(report);
	const body = html`<main>
${head(report, entries)}${matrix(entries)}${key()}${entries.map(section)}</main>`;
	return document(TITLE, STYLE, body);
}
