/** A sequence diagram as inline SVG: real text, and the same in words for who cannot see it. */

import { html, type Markup, NOTHING } from "../../page/markup.js";
import type { Finding, Step } from "../attack.js";
import {
	ASCENT,
	type Box,
	type Label,
	type Lane,
	LINE_HEIGHT,
	LOOP,
	layOut,
	MARK_SIZE,
	type Row,
	WIDTH,
} from "./diagram-layout.js";

type Arrow = Extract<Row, { kind: "arrow" }>;

/** One sentence of the description. */
function told(step: Step, index: number): string {
	const number = `${index + 1}.`;
	if ("at" in step) return `${number} ${step.isHarm ? "Harm at" : "At"} ${step.at}: ${step.text}`;
	const marks = [step.isHostile ? "the attacker’s doing" : "", step.isLost ? "lost" : ""];
	const mark = marks.filter((one) => one !== "").join(", ");
	return `${number} ${step.from} to ${step.to}${mark && ` (${mark})`}: ${step.text}`;
}

function drawLabel({ x, y, width, lines }: Label): Markup {
	const centre = x + width / 2;
	return html`<text text-anchor="middle">${lines.map(
		(line, i) => html`<tspan x="${centre}" y="${y + ASCENT + i * LINE_HEIGHT}">${line}</tspan>`,
	)}</text>`;
}

/** A label lies on its box, so that no lifeline runs through the text. */
function drawBox({ x, y, width, height }: Box): Markup {
	return html`<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="2"/>`;
}

function drawLane({ x, isAttacker, heads }: Lane, fromY: number, toY: number): Markup {
	const line = html`<line x1="${x}" y1="${fromY}" x2="${x}" y2="${toY}"/>`;
	const drawn = heads.map((head) => html`${drawBox(head)}${drawLabel(head.label)}`);
	return html`<g class="lane${isAttacker ? " attacker" : ""}">${line}${drawn}</g>\n`;
}

function drawCross(x: number, y: number): Markup {
	const [left, right] = [x - MARK_SIZE, x + MARK_SIZE];
	const [top, bottom] = [y - MARK_SIZE, y + MARK_SIZE];
	return html`<path d="M${left} ${top}L${right} ${bottom}M${left} ${bottom}L${right} ${top}"/>`;
}

/** The tip is at `x`; `side` is -1 where the arrow comes from the left. */
function drawTip(x: number, y: number, side: number): Markup {
	const back = x + side * 2 * MARK_SIZE;
	return html`<polygon points="${x},${y} ${back},${y - MARK_SIZE} ${back},${y + MARK_SIZE}"/>`;
}

/** To the right: the last lane, too, has room there. */
function drawLoop({ fromX: x, arrowY: y, isLost }: Arrow): Markup {
	const outX = x + LOOP.width;
	const backY = y + LOOP.height;
	if (isLost) return html`<path d="M${x} ${y}H${outX}V${backY}"/>${drawCross(outX, backY)}`;
	return html`<path d="M${x} ${y}H${outX}V${backY}H${x + MARK_SIZE}"/>${drawTip(x, backY, 1)}`;
}

function drawArrow(row: Arrow): Markup {
	const { fromX, toX, arrowY: y, isLost } = row;
	if (fromX === toX) return drawLoop(row);
	const endX = isLost ? (fromX + toX) / 2 : toX;
	const side = Math.sign(fromX - toX);
	const end = isLost ? drawCross(endX, y) : drawTip(endX, y, side);
	return html`<path d="M${fromX} ${y}H${isLost ? endX : endX + side * MARK_SIZE}"/>${end}`;
}

function classOf(row: Row): string {
	if (row.kind === "note") return row.isHarm ? "note harm" : "note";
	return `arrow${row.isHostile ? " hostile" : ""}${row.isLost ? " lost" : ""}`;
}

function drawRow(row: Row, index: number): Markup {
	const isNote = row.kind === "note";
	const drawn = html`${isNote ? NOTHING : drawArrow(row)}${drawBox(isNote ? row.box : row.label)}`;
	const number = html`<text class="number" x="1" y="${row.y + ASCENT}">${index + 1}</text>`;
	return html`${number}<g class="${classOf(row)}">${drawn}${drawLabel(row.label)}</g>\n`;
}

/**
 * @param id - begins the ids of the diagram's title and description; nothing else on the page does.
 * @returns nothing where nothing happened.
 */
export function diagram(
	id: string,
	title: string,
	finding: Pick<Finding, "parties" | "steps">,
): Markup {
	if (finding.steps.length === 0) return NOTHING;
	const { height, lanes, lifeline, rows } = layOut(finding);
	const about = `${id}.title ${id}.desc`;
	return html`<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-labelledby="${about}">
<title id="${id}.title">${title}</title>
<desc id="${id}.desc">${finding.steps.map(told).join("\n")}</desc>
${lanes.map((lane) => drawLane(lane, lifeline.fromY, lifeline.toY))}${rows.map(drawRow)}</svg>`;
}
