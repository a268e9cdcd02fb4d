/** What stands against an attack, in a few words each; docs/protocol.md §1 says it in full. */
import { html, type Markup, NOTHING } from "../../page/markup.js";

export const PROPERTIES: ReadonlyMap<string, string> = new Map([
	["G1", "nobody else can read parameters, readings, verdicts and serials"],
	["G2", "server and station each know that the other is live and genuine"],
	["G3", "no changed, invented, repeated, stale or misdirected message is acted on"],
	["G4", "keys stolen today do not open yesterday’s sessions"],
	["G5", "no station starts a unit that the one before it has not passed and let go"],
	["G6", "no station goes back to an older recipe, or is judged by another version"],
	["G7", "a stolen station reveals its own recipes only, and acts only as itself"],
	["G8", "lost messages only delay the line, and floods cost little"],
]);

/** The names of the properties, each told in full where the pointer rests on it. */
export function propertyList(names: readonly string[]): Markup {
	const shown = names.map(
		(name) => html`<abbr title="${PROPERTIES.get(name) ?? name}">${name}</abbr> `,
	);
	return html`<span class="properties">${shown}</span>`;
}

/** What the names that occur mean. */
export function propertyLegend(used: ReadonlySet<string>): Markup {
	const terms = [...PROPERTIES]
		.filter(([name]) => used.has(name))
		.map(([name, meaning]) => html`<div><dt>${name}</dt><dd>${meaning}</dd></div>\n`);
	return terms.length === 0 ? NOTHING : html`<dl class="legend">\n${terms}</dl>\n`;
}
