/** The budgets as one HTML page: plots over releases, every figure of the newest one, and why figures changed. */
import { document } from "../../page/document.js";
import { html, type Markup, NOTHING } from "../../page/markup.js";
import { PLOT_STYLE } from "../../page/plot-style.js";
import { BASE_STYLE } from "../../page/style.js";
import { GROUPS, type Group, LIMITS, membersOf, sumOf, UNTOUCHED } from "./figures.js";
import { stack, trend } from "./plot.js";
import { changeText, type Release, TOLERANCE, whole } from "./table.js";

const TITLE = "Interlock on an emulated chip: budgets";
/** Parts of a column that have a colour; the smallest are drawn as one. */
const PARTS_MAX = 9;
const OTHERS = "the others together";
const KIB = 1024;
const MILLION = 1e6;

const STYLE = `${BASE_STYLE}${PLOT_STYLE}
table { font-size: 0.9rem; margin: 0.75rem 0 1.5rem; }
td, th { font-variant-numeric: tabular-nums; }
td.size, th.size { text-align: right; }
.scroll { overflow-x: auto; }
pre { background: var(--faint); padding: 0.75rem; overflow-x: auto; }
.plot rect { stroke: var(--paper); stroke-width: 0.5; }
.plot .rest { fill: var(--faint); stroke: var(--line); }
.row { display: flex; flex-wrap: wrap; gap: 0.5rem 1.5rem; }
.plot.small { width: 20rem; }
.plot.small figcaption { font-size: 0.9rem; padding-left: 3.2rem; }
@media (max-width: 36rem) { body { padding: 1.5rem 1rem 3rem; } }
`;

/** @param releases - the oldest first, at least one. */
export function budgetPage(releases: readonly Release[]): string {
	const groups = GROUPS.map((group) => section(group, releases));
	return document(
		TITLE,
		STYLE,
		html`<main>
${head(releases)}${limits(releases)}${groups}${reasons(releases)}</main>`,
	);
}

function labelOf({ version, date }: Release): string {
	return `${version}, ${date}`;
}

function newestOf(releases: readonly Release[]): Release {
	const newest = releases.at(-1);
	if (newest === undefined) throw new Error("a page needs a release");
	return newest;
}

function head(releases: readonly Release[]): Markup {
	const { tools } = newestOf(releases);
	const named = Object.entries(tools).map(([name, version]) => `${name} ${version}`);
	return html`<header>
<h1>${TITLE}</h1>
<p>What a station needs on a chip with 400 KB of RAM and 4 MB of flash: each figure of the newest release is the budget,
and a change by more than ${TOLERANCE * 100} % fails the project's tests until somebody says why. Instructions are
counted, not timed. What each figure means stands in docs/chip-budgets.md.</p>
<p class="made">${labelOf(newestOf(releases))}. ${named.join("; ")}.</p>
<p>To measure again, on Debian 12 with Node.js 20:</p>
<pre>node bin/setup.mjs mcu
bin/interlock budget</pre>
</header>
`;
}

function table(heading: readonly string[], rows: readonly (readonly string[])[]): Markup {
	const kind = (column: number) => (column === 0 ? "" : "size");
	const names = heading.map((name, i) => html`<th scope="col" class="${kind(i)}">${name}</th>`);
	const body = rows.map(
		(row) => html`<tr>${row.map((cell, i) => html`<td class="${kind(i)}">${cell}</td>`)}</tr>
`,
	);
	return html`<div class="scroll"><table><thead><tr>${names}</tr></thead>
<tbody>${body}</tbody></table></div>
`;
}

function limits(releases: readonly Release[]): Markup {
	const { figures } = newestOf(releases);
	const bound = ({ least, most }: (typeof LIMITS)[number]) =>
		least === undefined ? `at most ${whole(most ?? 0)}` : `at least ${whole(least)}`;
	const rows = LIMITS.map((limit) => [limit.what, whole(limit.of(figures)), bound(limit)]);
	return html`<section><h2>Limits</h2>
${table(["", "now, B", "limit, B"], rows)}</section>
`;
}

function section(group: Group, releases: readonly Release[]): Markup {
	const plots = group.isWhole ? columns(group, releases) : trends(group, releases);
	const { figures } = newestOf(releases);
	const before = releases.at(-2)?.figures;
	const total = sumOf(figures, group.name);
	const share = (value: number) => `${((value / total) * 100).toFixed(1)} %`;
	const rows = membersOf(figures, group.name).map(([name, value]) => {
		const earlier = before?.[`${group.name}/${name}`];
		const compared =
			earlier === undefined ? ["", ""] : [whole(earlier), changeText(earlier, value)];
		return [
			name,
			whole(value),
			...(group.isWhole ? [share(value)] : []),
			...(before ? compared : []),
		];
	});
	const heading = [
		...["", group.unit],
		...(group.isWhole ? ["share"] : []),
		...(before ? ["release before", "change"] : []),
	];
	const sum = group.isWhole ? [heading.map((_, i) => ["together", whole(total)][i] ?? "")] : [];
	return html`<section id="${group.name}"><h2>${group.title}</h2>
${plots}${table(heading, [...rows, ...sum])}</section>
`;
}

/** In the newest release's order of size; what is left over last. */
function columns({ name, title }: Group, releases: readonly Release[]): Markup {
	const prefix = `${name}/`;
	const rest = UNTOUCHED.startsWith(prefix) ? UNTOUCHED.slice(prefix.length) : undefined;
	const largest = membersOf(newestOf(releases).figures, name)
		.filter(([member]) => member !== rest)
		.toSorted((a, b) => b[1] - a[1])
		.slice(0, PARTS_MAX)
		.map(([member]) => member);
	const count = membersOf(newestOf(releases).figures, name).length;
	const hasOthers = count > largest.length + (rest === undefined ? 0 : 1);
	const names = [...largest, ...(hasOthers ? [OTHERS] : []), ...(rest === undefined ? [] : [rest])];
	const parts = ({ figures }: Release) => {
		const known = names.map((member) => (figures[prefix + member] ?? 0) / KIB);
		const others = sumOf(figures, name) / KIB - known.reduce((sum, part) => sum + part, 0);
		return names.map((member, i) => (member === OTHERS ? Math.max(0, others) : known[i]));
	};
	return stack({
		...{ id: `plot-${name}`, title: `${title}, by release`, unit: "KiB", names },
		...(rest !== undefined && { rest }),
		columns: releases.map((release) => ({ label: release.version, parts: parts(release) })),
	});
}

function trends({ name, unit }: Group, releases: readonly Release[]): Markup {
	const plots = membersOf(newestOf(releases).figures, name).map(([member], at) =>
		trend({
			...{ id: `plot-${name}-${at}`, title: member, unit: `million ${unit}` },
			points: releases.flatMap(({ version, figures }) => {
				const value = figures[`${name}/${member}`];
				return value === undefined ? [] : [{ label: version, value: value / MILLION }];
			}),
		}),
	);
	return html`<div class="row">${plots}</div>
`;
}

function reasons(releases: readonly Release[]): Markup {
	const size = (value: number | null) => (value === null ? "none" : whole(value));
	const parts = releases.toReversed().map((release) => {
		const each = release.explanations.toReversed().map(({ date, why, changes }) => {
			const rows = changes.map(({ figure, from, to }) => [
				figure,
				size(from),
				size(to),
				from === null || to === null ? "" : changeText(from, to),
			]);
			return html`<p>${date}: ${why}</p>
${rows.length === 0 ? NOTHING : table(["", "before", "then", "change"], rows)}`;
		});
		return html`<h3>${labelOf(release)}</h3>
${each}`;
	});
	return html`<section id="why"><h2>Why figures changed</h2>
${parts}</section>
`;
}
