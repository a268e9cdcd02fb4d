/** Plots of the project's pages: colours of series, axes, marks and the key below. Each page adds its own. */
import { SANS } from "./style.js";

const LIGHT_SERIES = `
	--c0: #1f4f82; --c1: #a3511f; --c2: #1b6a3d; --c3: #7a3b86; --c4: #8a6d00; --c5: #5a636d;
	--c6: #b0306a; --c7: #1a7f86; --c8: #6a4b2a; --c9: #5b57b5;
`;
const DARK_SERIES = `
	--c0: #8fbbea; --c1: #f0a36b; --c2: #74cf9c; --c3: #d79be3; --c4: #dcc05a; --c5: #98a2ac;
	--c6: #f48fb6; --c7: #6fd0d6; --c8: #c8a27c; --c9: #aba7f2;
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

/** Series from 0 have the classes `c0` and so on. */
export const COLOURS = 10;
const SERIES = Array.from({ length: COLOURS }, (_, i) => i)
	.map((i) => `.plot .c${i} { stroke: var(--c${i}); fill: var(--c${i}); }`)
	.join("\n");

/** Follows {@link BASE_STYLE}. */
export const PLOT_STYLE = `
:root {${LIGHT_SERIES}}
@media screen and (prefers-color-scheme: dark) { :root {${DARK_SERIES}} }
${SERIES}${PLOT}`;
