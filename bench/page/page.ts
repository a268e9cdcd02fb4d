/** What the benches measured as one HTML page: targets, then for each bench its figures, plots and their tables. */
import { document } from "../../host-sim/page/document.js";
import { html, type Markup, NOTHING } from "../../host-sim/page/markup.js";
import { showMachine } from "../machine.js";
import type { Suite } from "../main.js";
import { type Curve, curveTable, figureRows, measureRows, type Report } from "../report.js";
import type { Measure } from "../targets.js";
import { plot } from "./plot.js";
import { STYLE } from "./style.js";

const TITLE = "Interlock: what was measured";

export function benchPage(suite: Suite): string {
	const body = html`<main>
${head(suite)}${targets(suite.measures)}${suite.reports.map(section)}</main>`;
	return document(TITLE, STYLE, body);
}

function table(
	heading: readonly string[],
	rows: readonly (readonly (string | Markup)[])[],
): Markup {
	const headings = heading.map((text) => html`<th scope="col">${text}</th>`);
	const body = rows.map((row) => html`<tr>${row.map((cell) => html`<td>${cell}</td>`)}</tr>\n`);
	return html`<div class="scroll"><table><thead><tr>${headings}</tr></thead>
<tbody>${body}</tbody></table></div>
`;
}

function head({ machine, size, reports }: Suite): Markup {
	const names = reports.map(({ bench }) => bench).join(" ");
	const quick = size === "full" ? "" : " --quick";
	return html`<header>
<h1>${TITLE}</h1>
<p>Each figure stands beside a rival or a limit that was measured in the same run and took turns with it: a slower or
busier machine moves both, and the ratio is what counts. Numbers are medians; in parentheses stands how far the rounds
lie apart, the middle half of them from five rounds on and all of them below. Plots show the same at each point; ours
are drawn through, rivals dashed.</p>
${showMachine(machine)
	.split("\n")
	.map(
		(line) => html`<p class="machine">${line}</p>\n`,
	)}<p>To reproduce, on Debian 12 with Node.js 20:</p>
<pre>npm run bench -- ${names}${quick} --html FILE</pre>
</header>
`;
}

function targets(measures: readonly Measure[]): Markup {
	if (measures.length === 0) return NOTHING;
	const rows = measureRows(measures).map((row, i) => {
		const verdict = measures[i]?.met ? "met" : "missed";
		return row.map((cell) =>
			cell === verdict ? html`<span class="${verdict}">${cell}</span>` : cell,
		);
	});
	return html`<section><h2>Targets</h2>
${table(["measure", "value", "spread", "target", "", "of"], rows)}</section>
`;
}

function section(report: Report): Markup {
	const { bench, claim, figures, curves, conditions } = report;
	const stated = Object.entries(conditions).map(([name, value]) => `${name}: ${value}`);
	return html`<section id="${bench}"><h2>${bench}</h2>
<p>${claim[0]?.toUpperCase() ?? ""}${claim.slice(1)}. <code>bin/interlock bench ${bench}</code></p>
${curves.map((curve, i) => drawn(`${bench}.${i}`, curve))}
<h3>Figures</h3>
${table(["", "ours", "against", "ratio", "against what"], figureRows(figures))}
<p class="machine">${stated.join("; ")}.</p>
</section>
`;
}

function drawn(id: string, curve: Curve): Markup {
	const { heading, rows } = curveTable(curve);
	return html`<h3>${curve.title}</h3>
${plot(id, curve)}${table(heading, rows)}`;
}
