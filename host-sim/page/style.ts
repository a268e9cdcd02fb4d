/** What the pages of this project have in common: colours, text and tables. Each page adds its own. */
/** Custom properties of a light and of a dark page. */
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

export const SANS = `Helvetica, Arial, "Liberation Sans", sans-serif`;

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
td a:hover { text-decoration: underline; }`;

/** Colours, text and tables, in light and dark. */
export const BASE_STYLE = `
:root {${LIGHT}}
@media screen and (prefers-color-scheme: dark) { :root {${DARK}} }
${PAGE}${TABLE}`;
