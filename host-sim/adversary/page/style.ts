/** How the page looks: light and dark, wide and narrow, and on paper, where it is always light. */
const LIGHT = `
	--paper: #fff; --ink: #1d2126; --muted: #5a636d;
	--line: #cfd5db; --faint: #f4f6f8; --link: #1f4f82;
	--bad: #a3261f; --bad-faint: #fbeae8; --good: #1b6a3d; --good-faint: #e7f3eb;
`;
const DARK = `
	--paper: #15181b; --ink: #dde1e5; --muted: #98a2ac;
	--line: #3a4249; --faint: #1d2125; --link: #8fbbea;
	--bad: #ff9188; --bad-faint: #3b1f1c; --good: #74cf9c; --good-faint: #17301f;
`;

const PAGE = `
* { box-sizing: border-box; }
html { color-scheme: light dark; }
body {
	margin: 0; padding: 2.5rem 1.25rem 4rem; background: var(--paper); color: var(--ink);
	font: 1rem/1.5 Charter, "Bitstream Charter", "Iowan Old Style", Georgia, serif;
	overflow-wrap: anywhere; print-color-adjust: exact; -webkit-print-color-adjust: exact;
}
main { max-width: 76rem; margin: 0 auto; }
header p, section > p, .legend { max-width: 46rem; }
h1, h2, h3 { line-height: 1.25; break-after: avoid; }
h1 { font-size: 1.9rem; margin: 0 0 1rem; }
h2 { font-size: 1.35rem; margin: 0 0 0.5rem; }
h3 {
	font-size: 1rem; margin: 0; display: flex; flex-wrap: wrap; gap: 0 0.5rem;
	align-items: center;
}
h3 span:not(.outcome) { font-weight: normal; color: var(--muted); }
h3 .outcome { margin-left: auto; }
p { margin: 0 0 0.75rem; }
a { color: var(--link); text-underline-offset: 0.15em; text-decoration-thickness: 1px; }
a:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
code { font: 0.875em ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; }
section { margin-top: 2.75rem; }
.made, .goal, .back { color: var(--muted); }
.number { color: var(--muted); font-weight: normal; font-variant-numeric: tabular-nums; }
.summary {
	list-style: none; margin: 1.25rem 0; padding: 0.75rem 0;
	display: flex; flex-wrap: wrap; gap: 0.25rem 2.5rem;
	border: solid var(--line); border-width: 1px 0;
}
`;

const SANS = `Helvetica, Arial, "Liberation Sans", sans-serif`;

const TABLE = `
table { border-collapse: collapse; width: 100%; }
th, td {
	padding: 0.5rem 0.75rem 0.5rem 0; text-align: left; vertical-align: baseline;
	font-weight: normal;
}
tr { border-bottom: 1px solid var(--line); break-inside: avoid; }
thead tr { border-bottom: 2px solid var(--ink); }
thead th { font-weight: bold; overflow-wrap: normal; }
thead th span, th .goal {
	display: block; font-weight: normal; font-size: 0.9rem; color: var(--muted);
}
td a { text-decoration: none; }
td a:hover { text-decoration: underline; }
.properties { font: 0.8rem/1.5 ${SANS}; white-space: nowrap; }
.properties abbr {
	text-decoration: none; color: var(--muted); border: 1px solid var(--line); padding: 0 0.25em;
	border-radius: 2px;
}
.legend { margin: 1.25rem 0 0; font-size: 0.9rem; color: var(--muted); }
.legend div { display: flex; gap: 0.75rem; }
.legend dt { flex: none; }
.legend dd { margin: 0; }
.outcome { white-space: nowrap; font: bold 0.85rem/1.5 ${SANS}; }
.outcome svg {
	width: 1.15em; height: 1.15em; margin-right: 0.4em; vertical-align: -0.2em; fill: none;
	stroke: currentColor; stroke-width: 1.6;
}
.stopped { color: var(--good); }
.stopped path:first-child { fill: var(--good-faint); }
.succeeded { color: var(--bad); }
.succeeded path:first-child { fill: var(--bad-faint); }
.untried { color: var(--muted); font-weight: normal; }
`;

const ATTACK = `
.attack { border-top: 2px solid var(--ink); padding-top: 1rem; }
.attack .back { font-size: 0.9rem; white-space: nowrap; }
.suites {
	display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); grid-auto-rows: auto;
	gap: 0 2.5rem; margin-top: 1rem;
}
article {
	display: grid; grid-row: span 3; grid-template-rows: subgrid; align-content: start;
	row-gap: 0.75rem; scroll-margin-top: 1rem;
}
article > * { margin: 0; min-width: 0; }
article h3 { border-bottom: 1px solid var(--line); padding-bottom: 0.35rem; }
.evidence { white-space: pre-line; }
.evidence b, .defence b { font: bold 0.8rem/1.5 ${SANS}; color: var(--muted); display: block; }
.defence { margin: 1rem 0 0; border-left: 3px solid var(--good); padding-left: 0.85rem; }
`;

const DIAGRAM = `
figure { margin: 0; overflow-x: auto; }
figure svg {
	display: block; width: 100%; min-width: 24rem; max-width: 34rem; font: 12px ${SANS};
	fill: var(--ink); break-inside: avoid;
}
figure .number { fill: var(--muted); font-size: 10px; }
figure path, figure line, figure rect { fill: none; stroke: var(--ink); stroke-width: 1.2; }
figure polygon { stroke: none; fill: var(--ink); }
figure line { stroke: var(--line); }
figure rect { fill: var(--faint); stroke: var(--muted); }
figure .arrow rect { fill: var(--paper); stroke: none; }
.attacker rect { fill: var(--bad); stroke: var(--bad); }
.attacker text { fill: var(--paper); }
.attacker line { stroke: var(--bad); stroke-dasharray: 2 4; }
.hostile path { stroke: var(--bad); stroke-width: 2; }
.hostile polygon, .hostile text { fill: var(--bad); }
.lost path:first-child { stroke-dasharray: 6 4; }
.note rect { stroke: var(--line); }
.harm rect { fill: var(--bad-faint); stroke: var(--bad); stroke-width: 2; }
`;

/** Colours, text and tables: for any page. */
export const BASE_STYLE = `
:root {${LIGHT}}
@media screen and (prefers-color-scheme: dark) { :root {${DARK}} }
${PAGE}${TABLE}`;

export const STYLE = `${BASE_STYLE}${ATTACK}${DIAGRAM}
@media (max-width: 60rem) {
	.suites { grid-template-columns: minmax(0, 1fr); row-gap: 2rem; }
	article { display: block; }
	article > * { margin: 0.75rem 0; }
	figure svg { margin: 0 auto; }
}
@media (max-width: 36rem) {
	body { padding: 1.5rem 1rem 3rem; }
	th, td { padding-right: 0.5rem; vertical-align: top; }
	thead th span { display: none; }
	.properties { white-space: normal; }
	td .outcome { font-size: 0.75rem; }
	td .outcome svg { display: block; }
}
@media print {
	@page { margin: 16mm 14mm; }
	body { padding: 0; font-size: 10pt; }
	a { color: inherit; text-decoration: none; }
	.back { display: none; }
	.suites { display: block; }
	article { display: block; break-inside: avoid; margin: 0 0 6mm; }
	.attack > .goal, .evidence { break-after: avoid; break-inside: avoid; }
	figure { overflow: visible; }
	figure svg { min-width: 0; max-width: 120mm; max-height: 180mm; }
}
`;
