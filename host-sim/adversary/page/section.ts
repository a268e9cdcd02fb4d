/** One attack: what is wanted; for each suite what came of it, the evidence, and what happened. */

import { html, type Markup, NOTHING } from "../../page/markup.js";
import type { Suite, Tried } from "../attack.js";
import { type Entry, SUITES } from "./by-attack.js";
import { diagram } from "./diagram.js";
import { outcomeOf } from "./outcome.js";
import { propertyList } from "./properties.js";

/** Suite 0 has no defence to tell of. */
function defence({ suite, outcome, defence }: Tried): Markup {
	if (suite === 0) return NOTHING;
	const label = outcome === "stopped" ? "What stops it" : "What should have stopped it";
	return html`<p class="defence"><b>${label}</b> ${defence}</p>\n`;
}

function suitePart(number: Suite, suiteTitle: string, tried: Tried | undefined): Markup {
	const head = html`<h3>Suite ${number} <span>${suiteTitle}</span> ${outcomeOf(tried)}</h3>\n`;
	if (tried === undefined) return html`<article>\n${head}</article>\n`;
	const id = `${tried.name}.${number}`;
	const drawn = diagram(id, `${tried.title}, on suite ${number}: ${tried.outcome}`, tried);
	return html`<article id="${id}">
${head}<p class="evidence"><b>Evidence</b> ${tried.evidence}</p>
<div><figure>${drawn}</figure>
${defence(tried)}</div>
</article>
`;
}

export function section({ number, attack, bySuite }: Entry): Markup {
	return html`<section class="attack" id="${attack.name}">
<h2><span class="number">${number}</span> ${attack.title}</h2>
<p class="goal">${attack.goal} ${propertyList(attack.properties)}
<a class="back" href="#page.table">to the table</a></p>
<div class="suites">
${SUITES.map(({ suite, title }) => suitePart(suite, title, bySuite.get(suite)))}</div>
</section>
`;
}
