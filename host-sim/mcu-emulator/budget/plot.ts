/**
 * Plots over releases as inline SVG: columns of parts that add up to a whole, and one line for a figure that stands
 * alone. Both begin at zero, so that lengths compare.
 */
import { html, type Markup, NOTHING } from "../../page/markup.js";
import { COLOURS } from "../../page/plot-style.js";
import { makeScale, type Scale } from "../../page/scale.js";

const WIDTH = 640;
const HEIGHT = 320;
const LEFT = 62;
const RIGHT = 12;
const TOP = 14;
const BOTTOM = 34;
/** Of small plots, of which several stand beside one another. */
const SMALL_WIDTH = 300;
const SMALL_HEIGHT = 190;
/** The newest ones are shown. */
const RELEASES_MAX = 24;
/** Labels below the columns; the others have none. */
const LABELS_MAX = 8;
const COLUMN_WIDTH_MAX = 90;
const COLUMN_SHARE = 0.7;
const MARK = 4;

export interface Column {
	/** The release. */
	readonly label: string;
	/** From the bottom up; `undefined` where there is none. */
	readonly parts: readonly (number | undefined)[];
}

export interface Stack {
	readonly id: string;
	readonly title: string;
	readonly unit: string;
	/** Of the parts. */
	readonly names: readonly string[];
	/** The part that is left over, drawn in no colour. */
	readonly rest?: string;
	readonly columns: readonly Column[];
}

export interface Trend {
	readonly id: string;
	readonly title: string;
	readonly unit: string;
	readonly points: readonly { readonly label: string; readonly value: number }[];
}

interface Frame {
	readonly width: number;
	readonly height: number;
	readonly unit: string;
	readonly labels: readonly string[];
	readonly y: Scale;
}

/** Where the `at`-th release stands. */
function place({ width, labels }: Frame, at: number): number {
	return LEFT + ((at + 0.5) * (width - LEFT - RIGHT)) / labels.length;
}

function tick(value: number): string {
	return String(Number(value.toPrecision(6)));
}

function axes(frame: Frame): Markup {
	const { width, height, unit, labels, y } = frame;
	const bottom = height - BOTTOM;
	const middle = (TOP + bottom) / 2;
	const lines = y.ticks.map((value) => {
		const at = y.place(value);
		return html`<line class="grid" x1="${LEFT}" y1="${at}" x2="${width - RIGHT}" y2="${at}"/>
<text class="tick" x="${LEFT - 7}" y="${at + 4}" text-anchor="end">${tick(value)}</text>
`;
	});
	const step = Math.ceil(labels.length / LABELS_MAX);
	const names = labels.map((label, at) =>
		(labels.length - 1 - at) % step > 0
			? NOTHING
			: html`<text class="tick" x="${place(frame, at)}" y="${bottom + 16}" text-anchor="middle">${label}</text>
`,
	);
	return html`${lines}${names}<line class="axis" x1="${LEFT}" y1="${bottom}" x2="${width - RIGHT}" y2="${bottom}"/>
<text x="14" y="${middle}" text-anchor="middle" transform="rotate(-90 14 ${middle})">${unit}</text>
`;
}

function classOf({ rest, names }: Stack, at: number): string {
	return names[at] === rest ? "rest" : `c${at % COLOURS}`;
}

/** Columns of parts, with a key. */
export function stack(of: Stack): Markup {
	const columns = of.columns.slice(-RELEASES_MAX);
	const totals = columns.map(({ parts }) =>
		parts.reduce<number>((sum, part) => sum + (part ?? 0), 0),
	);
	const frame: Frame = {
		...{ width: WIDTH, height: HEIGHT, unit: of.unit },
		labels: columns.map(({ label }) => label),
		y: makeScale([0, ...totals], false, [HEIGHT - BOTTOM, TOP]),
	};
	const room = (WIDTH - LEFT - RIGHT) / columns.length;
	const wide = Math.min(COLUMN_WIDTH_MAX, room * COLUMN_SHARE);
	const bars = columns.map(({ parts }, at) => {
		let base = 0;
		return html`${parts.map((part = 0, i) => {
			const [from, to] = [frame.y.place(base), frame.y.place(base + part)];
			base += part;
			if (part === 0) return NOTHING;
			return html`<rect class="${classOf(of, i)}" x="${place(frame, at) - wide / 2}" y="${to}" width="${wide}" height="${from - to}"/>
`;
		})}`;
	});
	const keys = of.names.map(
		(
			name,
			i,
		) => html`<li><svg viewBox="0 0 34 12" aria-hidden="true"><rect class="${classOf(of, i)}"
 x="1" y="1" width="32" height="10"/></svg>${name}</li>`,
	);
	return html`<figure class="plot"><svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-labelledby="${of.id}"><title id="${of.id}">${of.title}</title>
${axes(frame)}${bars}</svg>
<figcaption><ul class="key">${keys}</ul></figcaption></figure>
`;
}

/** One figure by release. */
export function trend(of: Trend): Markup {
	const points = of.points.slice(-RELEASES_MAX);
	const frame: Frame = {
		...{ width: SMALL_WIDTH, height: SMALL_HEIGHT, unit: of.unit },
		labels: points.map(({ label }) => label),
		y: makeScale([0, ...points.map(({ value }) => value)], false, [SMALL_HEIGHT - BOTTOM, TOP]),
	};
	const places = points.map(({ value }, at) => [place(frame, at), frame.y.place(value)] as const);
	const path = places.map(([x, y], at) => `${at === 0 ? "M" : "L"}${x.toFixed(1)} ${y.toFixed(1)}`);
	const marks = places.map(([x, y]) => html`<circle cx="${x}" cy="${y}" r="${MARK}"/>`);
	return html`<figure class="plot small"><svg viewBox="0 0 ${SMALL_WIDTH} ${SMALL_HEIGHT}" role="img" aria-labelledby="${of.id}"><title id="${of.id}">${of.title}</title>
${axes(frame)}<g class="c0"><path d="${path.join("")}"/>${marks}</g></svg>
<figcaption>${of.title}</figcaption></figure>
`;
}
