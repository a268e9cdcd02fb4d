/** How the page looks: light and dark, wide and narrow, and on paper, where it is always light. */
import { BASE_STYLE, SANS } from "../../page/style.js";

const OUTCOMES = `
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

export const STYLE = `${BASE_STYLE}${OUTCOMES}${ATTACK}${DIAGRAM}
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
