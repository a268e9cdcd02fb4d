/** What the page of the benches adds to the look of the project's pages. */
import { PLOT_STYLE } from "../../host-sim/page/plot-style.js";
import { BASE_STYLE } from "../../host-sim/page/style.js";

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

export const STYLE = `${BASE_STYLE}
${FIGURES}${PLOT_STYLE}
@media (max-width: 36rem) { body { padding: 1.5rem 1rem 3rem; } }
@media print {
	@page { margin: 16mm 14mm; }
	body { padding: 0; font-size: 10pt; }
	.plot { break-inside: avoid; max-width: 130mm; }
}
`;
