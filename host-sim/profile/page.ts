/** A profile as one page on its own: a flame graph for each phase, the functions, and who owns the memory. */
import { bytes } from "../line/table.js";
import { document } from "../page/document.js";
import { html, Markup, NOTHING } from "../page/markup.js";
import { BASE_STYLE } from "../page/style.js";
import { flameGraph } from "./flame.js";
import {
	aliveBytes,
	byFunction,
	byKind,
	collectionsOf,
	KIND_NAMES,
	KINDS,
	type Phase,
	type Profile,
	type TreeNode,
} from "./profile.js";
import { allocators, milliseconds, OWNER_HEADINGS, ownerRows, share } from "./report.js";

const TITLE = "Where a station’s time and memory go";
const ROWS = 25;

/** Hue by kind; JavaScript is warm, what is C is not. */
const HUES: Readonly<Record<string, number>> = {
	javascript: 32,
	"built-in": 200,
	crypto: 275,
	flash: 150,
	network: 175,
	native: 225,
	collector: 0,
};

const STYLE = `${BASE_STYLE}
.flame { overflow: hidden; margin: 1rem 0; }
.flame > svg { display: block; }
.bar rect { fill: var(--faint); stroke: var(--line); stroke-width: 0.5; }
.bar text { font: 12px Helvetica, Arial, "Liberation Sans", sans-serif; fill: #14171a; }
.bar:hover rect { stroke: var(--ink); stroke-width: 2; }
.key { display: inline-block; width: 0.9em; height: 0.9em; vertical-align: -0.1em; margin-right: 0.35em;
	border: 1px solid var(--line); background: var(--faint); }
${KINDS.map((kind) => {
	const hue = HUES[kind];
	const colour = hue === undefined ? "hsl(210 8% 74%)" : `hsl(${hue} 62% 70%)`;
	return `.bar.${kind} rect { fill: ${colour}; } .key.${kind} { background: ${colour}; }`;
}).join("\n")}
.kinds { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: 0.25rem 1.5rem; }
td.count, th.count { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.wide { overflow-x: auto; }
`;

function rows(headings: readonly string[], cells: readonly (readonly string[])[]): Markup {
	const numbers = headings.map((heading) => heading.startsWith(">"));
	const mark = (i: number) => (numbers[i] ? new Markup(' class="count"') : NOTHING);
	return html`<div class="wide"><table><thead><tr>${headings.map(
		(heading, i) => html`<th scope="col"${mark(i)}>${heading.replace(/^>/, "")}</th>`,
	)}</tr></thead><tbody>
${cells.map(
	(row) => html`<tr>${row.map((cell, i) => html`<td${mark(i)}>${cell}</td>`)}</tr>
`,
)}</tbody></table></div>
`;
}

function phaseSection(profile: Profile, { name, node, idleTicks }: Phase, index: number): Markup {
	const kinds = byKind(profile, node);
	const functions = byFunction(profile, node)
		.filter((sum) => sum.total > 0)
		.slice(0, ROWS);
	return html`<section>
<h2>${name}</h2>
<p>${milliseconds(profile, node.total)} busy, ${milliseconds(profile, idleTicks)} idle;
garbage was collected ${String(collectionsOf(node))} times.</p>
<ul class="kinds">${kinds.map(
		({ kind, ticks }) =>
			html`<li><span class="key ${kind}"></span>${KIND_NAMES[kind]} <b>${share(ticks, node.total)}</b></li>`,
	)}</ul>
${flameGraph(profile, node, `flame-${index}`, `Flame graph of ${name}`)}${rows(
	[">self", ">total", "function", "where"],
	functions.map((sum) => [
		share(sum.self, node.total),
		share(sum.total, node.total),
		sum.function.label,
		sum.function.place,
	]),
)}</section>
`;
}

function memorySections(profile: Profile): Markup {
	const { slotSize, peak, stackBytes, reservedBytes, limitBytes } = profile.raw;
	const alive = aliveBytes(peak, slotSize);
	const limit = limitBytes === 0 ? "no limit" : bytes(limitBytes);
	return html`<section>
<h2>Alive when it was most</h2>
<p>${bytes(alive)} above what a board keeps in flash, beside a stack of ${bytes(stackBytes)};
${bytes(reservedBytes)} taken of ${limit}. Slots count ${String(slotSize)} bytes, as on a board.</p>
${rows(OWNER_HEADINGS, ownerRows(profile.raw, ROWS))}</section>
<section>
<h2>Who allocates</h2>
${rows(
	[">allocated", ">alive at most", "function", "where"],
	allocators(profile, profile.nodes[0] as TreeNode)
		.slice(0, ROWS)
		.map((sum) => [
			bytes(sum.slots * slotSize + sum.bytes),
			bytes(sum.liveSlots * slotSize + sum.liveBytes),
			sum.function.label,
			sum.function.place,
		]),
)}</section>
`;
}

/** @param subtitle - what was profiled, in a sentence. */
export function profilePage(profile: Profile, subtitle: string): string {
	const phases = profile.phases.filter(({ node }) => node.total > 0);
	const body = html`<main>
<header>
<h1>${TITLE}</h1>
<p>${subtitle}</p>
<p>A bar is a function; what it called hangs below it. Its width is the share of the time on the
processor, waiting left out. Point at a bar for its figures.</p>
<p class="made">Sampled every ${String(profile.raw.intervalNs / 1e6)} ms on ${profile.raw.engine}.</p>
</header>
${phases.map((phase, i) => phaseSection(profile, phase, i))}${memorySections(profile)}</main>`;
	return document(TITLE, STYLE, body);
}
