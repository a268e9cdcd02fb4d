/**
 * A curve as inline SVG: axes with units, a line for each series with its spread at each point. Series differ in
 * colour, in mark and in dash (rivals are dashed), so that one of them is enough.
 */
import { html, type Markup, NOTHING } from "../../host-sim/page/markup.js";
import { COLOURS } from "../../host-sim/page/plot-style.js";
import { makeScale, type Scale } from "../../host-sim/page/scale.js";
import type { Summary } from "../measure.js";
import { type Axis, binary, type Curve, digits, type Series } from "../report.js";

const WIDTH = 640;
const HEIGHT = 340;
const LEFT = 62;
const RIGHT = 18;
const TOP = 14;
const BOTTOM = 50;
/** Marks at the points themselves, where there are no more of them. */
const POINT_TICKS_MAX = 9;
const MARK = 4;

export function plot(id: string, curve: Curve): Markup {
	const points = curve.series.flatMap((series) => series.points);
	const xs = [...new Set(points.map(({ x }) => x))].sort((a, b) => a - b);
	const ys = points.flatMap(({ y }) => [y.low, y.median, y.high]);
	const x = makeScale(
		xs,
		curve.x.isLogarithmic,
		[LEFT, WIDTH - RIGHT],
		xs.length <= POINT_TICKS_MAX ? xs : undefined,
	);
	// What is not above zero has no place on a logarithmic scale.
	const isLogarithmic = curve.y.isLogarithmic && ys.every((value) => value > 0);
	const y = makeScale(ys, isLogarithmic, [HEIGHT - BOTTOM, TOP]);
	const lines = curve.series.map((series, index) => line(series, index, x, y));
	const title = `${curve.title}: ${labelOf(curve.y)} by ${labelOf(curve.x)}`;
	return html`<figure class="plot"><svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img"
 aria-labelledby="${id}"><title id="${id}">${title}</title>
${xAxis(curve.x, x)}${yAxis(curve.y, y)}${lines}</svg>
<figcaption><ul class="key">${curve.series.map(keyItem)}</ul></figcaption></figure>
`;
}

function labelOf({ label, unit }: Axis): string {
	return unit === "" || unit === "B" ? label : `${label}, ${unit}`;
}

function tick(value: number, unit: string): string {
	return unit === "B" ? binary(value) : digits(Number(value.toPrecision(6)));
}

function xAxis(axis: Axis, scale: Scale): Markup {
	const bottom = HEIGHT - BOTTOM;
	const ticks = scale.ticks.map((value) => {
		const at = scale.place(value);
		return html`<line class="grid" x1="${at}" y1="${TOP}" x2="${at}" y2="${bottom}"/>
<text class="tick" x="${at}" y="${bottom + 16}" text-anchor="middle">${tick(value, axis.unit)}</text>
`;
	});
	const middle = (LEFT + WIDTH - RIGHT) / 2;
	return html`${ticks}<line class="axis" x1="${LEFT}" y1="${bottom}" x2="${WIDTH - RIGHT}" y2="${bottom}"/>
<text x="${middle}" y="${HEIGHT - 12}" text-anchor="middle">${labelOf(axis)}</text>
`;
}

function yAxis(axis: Axis, scale: Scale): Markup {
	const ticks = scale.ticks.map((value) => {
		const at = scale.place(value);
		return html`<line class="grid" x1="${LEFT}" y1="${at}" x2="${WIDTH - RIGHT}" y2="${at}"/>
<text class="tick" x="${LEFT - 7}" y="${at + 4}" text-anchor="end">${tick(value, axis.unit)}</text>
`;
	});
	const middle = (TOP + HEIGHT - BOTTOM) / 2;
	return html`${ticks}<line class="axis" x1="${LEFT}" y1="${TOP}" x2="${LEFT}" y2="${HEIGHT - BOTTOM}"/>
<text x="14" y="${middle}" text-anchor="middle" transform="rotate(-90 14 ${middle})">${labelOf(axis)}</text>
`;
}

function classOf({ isOurs }: Series, index: number): string {
	return `c${index % COLOURS} ${isOurs ? "ours" : "rival"}`;
}

function line(series: Series, index: number, x: Scale, y: Scale): Markup {
	const places = series.points.map(({ x: at, y: of }) => ({ at: x.place(at), of }));
	const path = places.map(({ at, of }, i) => {
		return `${i === 0 ? "M" : "L"}${at.toFixed(1)} ${y.place(of.median).toFixed(1)}`;
	});
	const spreads = places.map(({ at, of }) => spread(at, of, y));
	const marks = places.map(({ at, of }) => mark(index, at, y.place(of.median)));
	return html`<g class="${classOf(series, index)}"><path d="${path.join("")}"/>${spreads}${marks}</g>
`;
}

function spread(at: number, { low, high }: Summary, y: Scale): Markup {
	if (low === high) return NOTHING;
	return html`<line x1="${at}" y1="${y.place(low)}" x2="${at}" y2="${y.place(high)}"/>`;
}

/** Another shape for each series. */
function mark(index: number, x: number, y: number): Markup {
	const d = MARK;
	switch (index % 4) {
		case 0:
			return html`<circle cx="${x}" cy="${y}" r="${d}"/>`;
		case 1:
			return html`<rect x="${x - d}" y="${y - d}" width="${2 * d}" height="${2 * d}"/>`;
		case 2:
			return html`<polygon points="${x},${y - d - 1} ${x + d + 1},${y + d} ${x - d - 1},${y + d}"/>`;
		default:
			return html`<polygon points="${x},${y - d - 1} ${x + d + 1},${y} ${x},${y + d + 1} ${x - d - 1},${y}"/>`;
	}
}

function keyItem(series: Series, index: number): Markup {
	return html`<li><svg viewBox="0 0 34 12" aria-hidden="true"><g class="${classOf(series, index)}"><path
 d="M1 6H33"/>${mark(index, 17, 6)}</g></svg>${series.name}</li>`;
}
