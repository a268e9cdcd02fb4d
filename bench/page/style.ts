/** What the page of the benches adds to the look of the project's pages. */
import { BASE_STYLE, SANS } from "../../host-sim/page/style.js";

const LIGHT_SERIES = `
	--c0: #1f4f82; --c1: #a3511f; --c2: #1b6a3d; --c3: #7a3b86; --c4: #8a6d00; --c5: #5a636d;
`;
const DARK_SERIES = `
	--c0: #8fbbea; --c1: #f0a36b; --c2: #74cf9c; --c3: #d79be3; --c4: #dcc05a; --c5: #98a2ac;
`;

const FIGURES = `
table { font-size: 0.9rem; margin: 0.75rem 0 1.5rem; }
td, th { font-variant-numeric: tabular-nums; }
.met, .missed { font-weight: bold; white-space: nowrap; }
.met { color: var(--good); }
.missed { color: var(--bad); }
.scroll { overflow-x: auto; }
.machine { color: var(--muted); }
pre { background: var(--faint); padding: 0.75rem; overflow-x: auto; }
`;

const PLOT = `
.plot { margin: 0.5rem 0; max-width: 46rem; }
.plot > svg { display: block; width: 100%; height: auto; font: 12px ${SANS}; fill: var(--ink); }
.plot .tick { fill: var(--muted); font-size: 11px; }
.plot .axis { stroke: var(--ink); stroke-width: 1; }
.plot .grid { stroke: var(--line); stroke-width: 0.6; }
.plot g path { fill: none; stroke-width: 2; }
.plot g line { stroke-width: 1.2; opacity: 0.75; }
.plot g.rival path { stroke-dasharray: 6 4; }
.plot g.rival circle, .plot g.rival rect, .plot g.rival polygon { fill: var(--paper); }
.plot g circle, .plot g rect, .plot g polygon { stroke-width: 1.6; }
.key {
	list-style: none; margin: 0.25rem 0 0; padding: 0; display: flex; flex-wrap: wrap;
	gap: 0.15rem 1.25rem; font-size: 0.85rem;
}
.key svg { width: 34px; height: 12px; margin-right: 0.4rem; vertical-align: -0.05em; }
`;

const SERIES = [0, 1, 2, 3, 4, 5]
	.map((i) => `.plot .c${i} { stroke: var(--c${i}); fill: var(--c${i}); }`)
	.join("\n");

export const STYLE = `${BASE_STYLE}
:root {${LIGHT_SERIES}}
@media screen and (prefers-color-scheme: dark) { :root {${DARK_SERIES}} }
${FIGURES}${SERIES}${PLOT}
@media (max-width: 36rem) { body { padding: 1.5rem 1rem 3rem; } }
@media print {
	@page { margin: 16mm 14mm; }
	body { padding: 0; font-size: 10pt; }
	.plot { break-inside: avoid; max-width: 130mm; }
}
`;
