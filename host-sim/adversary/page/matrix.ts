/** The table of attack × suite: what a reader sees first, and the way to each section. */

import { html, type Markup } from "../../page/markup.js";
import type { Suite } from "../attack.js";
import { type Entry, SUITES } from "./by-attack.js";
import { outcomeOf } from "./outcome.js";
import { propertyLegend, propertyList } from "./properties.js";

function cell({ attack, bySuite }: Entry, suite: Suite): Markup {
	const outcome = outcomeOf(bySuite.get(suite));
	if (!bySuite.has(suite)) return html`<td>${outcome}</td>`;
	return html`<td><a href="#${attack.name}.${suite}">${outcome}</a></td>`;
}

function row(entry: Entry): Markup {
	const { name, title, goal, properties } = entry.attack;
	return html`<tr>
<td class="number">${entry.number}</td>
<th scope="row"><a href="#${name}">${title}</a><span class="goal">${goal}</span></th>
<td>${propertyList(properties)}</td>
${SUITES.map(({ suite }) => cell(entry, suite))}
</tr>
`;
}

export function matrix(entries: readonly Entry[]): Markup {
	const heads = SUITES.map(
		({ suite, title }) => html`<th scope="col">Suite ${suite}<span>${title}</span></th>`,
	);
	return html`<section id="page.table">
<h2>Attack by suite</h2>
<table>
<thead><tr>
<td></td>
<th scope="col">Attack<span>what the attacker wants</span></th>
<th scope="col">Property<span>at stake</span></th>
${heads}
</tr></thead>
<tbody>
${entries.map(row)}</tbody>
</table>
${propertyLegend(new Set(entries.flatMap(({ attack }) => attack.properties)))}</section>
`;
}
