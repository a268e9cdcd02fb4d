/**
 * Where everything of a sequence diagram lies, in pixels of its own. Each step has a row as high
 * as its wrapped text, and nothing else is written in that row: so no two labels can meet.
 */
import assert from "node:assert/strict";
import { widthOf, wrap } from "../../page/text.js";
import type { Finding, Step } from "../attack.js";

export const WIDTH = 500;
export const FONT_SIZE = 12;
export const LINE_HEIGHT = 15;
/** From the top of a line to what its letters stand on. */
export const ASCENT = 11.5;
/** How far an arrow's head, or the cross where it ends, reaches from the line. */
export const MARK_SIZE = 5;
/** How far a message to oneself goes to the side, and down. */
export const LOOP = { width: 26, height: 14 };

/** Six heads of parties fit side by side. */
const PARTIES_MAX = 6;
/** Where the numbers of the steps stand. */
const GUTTER_WIDTH = 26;
const MARGIN = 2;
const PADDING = 6;
const HEAD_WIDTH_MAX = 150;
const HEAD_GAP = 6;
/** A label may be wider than its arrow, but not narrower than it can be read. */
const LABEL_WIDTH_MIN = 190;
const NOTE_WIDTH_MAX = 240;
const ROW_GAP = 13;
/** After so many steps the heads are out of sight, and stand below as well. */
const STEPS_UNDER_ONE_HEAD = 8;

export interface Box {
	readonly x: number;
	readonly y: number;
	readonly width: number;
	readonly height: number;
}

export interface Label extends Box {
	readonly lines: readonly string[];
}

export interface Head extends Box {
	readonly label: Label;
}

export interface Lane {
	readonly x: number;
	readonly isAttacker: boolean;
	/** One at the top; another at the bottom of a long diagram. */
	readonly heads: readonly Head[];
}

export type Row = { readonly y: number; readonly label: Label } & (
	| {
			readonly kind: "arrow";
			readonly fromX: number;
			/** `fromX` for a message to oneself. */
			readonly toX: number;
			readonly arrowY: number;
			readonly isHostile: boolean;
			readonly isLost: boolean;
	  }
	| { readonly kind: "note"; readonly box: Box; readonly isHarm: boolean }
);

export interface Layout {
	readonly height: number;
	readonly lanes: readonly Lane[];
	/** From where to where the lifelines go. */
	readonly lifeline: { readonly fromY: number; readonly toY: number };
	readonly rows: readonly Row[];
}

/** The text's box around `centreX`, moved sideways as far as it must to stay in the picture. */
function labelAt(centreX: number, y: number, lines: readonly string[], padding = 0): Label {
	const width = Math.max(...lines.map((line) => widthOf(line, FONT_SIZE)));
	const left = GUTTER_WIDTH + padding;
	const right = WIDTH - MARGIN - padding - width;
	const x = Math.max(left, Math.min(right, centreX - width / 2));
	return { lines, x, y, width, height: lines.length * LINE_HEIGHT };
}

function around({ x, y, width, height }: Box): Box {
	return {
		x: x - PADDING,
		y: y - PADDING,
		width: width + 2 * PADDING,
		height: height + 2 * PADDING,
	};
}

function rowOf(step: Step, y: number, xOf: (party: string) => number): Row {
	if ("at" in step) {
		const text = step.isHarm ? `Harm: ${step.text}` : step.text;
		const lines = wrap(text, FONT_SIZE, NOTE_WIDTH_MAX);
		const label = labelAt(xOf(step.at), y + PADDING, lines, PADDING);
		return { kind: "note", y: label.y, label, box: around(label), isHarm: step.isHarm };
	}
	const { isHostile, isLost } = step;
	const fromX = xOf(step.from);
	const toX = xOf(step.to);
	const widthMax = Math.max(LABEL_WIDTH_MIN, Math.abs(toX - fromX) - 2 * PADDING);
	const label = labelAt((fromX + toX) / 2, y, wrap(step.text, FONT_SIZE, widthMax));
	const arrowY = y + label.height + MARK_SIZE + 1;
	return { kind: "arrow", y, label, fromX, toX, arrowY, isHostile, isLost };
}

function endOf(row: Row): number {
	if (row.kind === "note") return row.box.y + row.box.height;
	return row.arrowY + (row.fromX === row.toX ? LOOP.height : 0) + MARK_SIZE;
}

/** @throws AssertionError at no or too many parties, and at a step that names one not there. */
export function layOut({ parties, steps }: Pick<Finding, "parties" | "steps">): Layout {
	assert(parties.length > 0 && parties.length <= PARTIES_MAX, `${parties.length} parties`);
	const spacing = (WIDTH - GUTTER_WIDTH - MARGIN) / parties.length;
	const xOf = (party: string): number => {
		const place = parties.indexOf(party);
		assert(place >= 0, `no such party: ${JSON.stringify(party)}`);
		return GUTTER_WIDTH + (place + 0.5) * spacing;
	};
	const nameWidthMax = Math.min(spacing - HEAD_GAP, HEAD_WIDTH_MAX) - 2 * PADDING;
	const names = parties.map((party) => wrap(party, FONT_SIZE, nameWidthMax));
	const nameHeight = Math.max(...names.map(({ length }) => length)) * LINE_HEIGHT;
	const headHeight = nameHeight + 2 * PADDING;
	const fromY = MARGIN + headHeight;

	const rows: Row[] = [];
	let y = fromY + ROW_GAP;
	for (const step of steps) {
		const row = rowOf(step, y, xOf);
		rows.push(row);
		y = endOf(row) + ROW_GAP;
	}

	const isLong = steps.length > STEPS_UNDER_ONE_HEAD;
	const headAt = (party: string, lines: readonly string[], top: number): Head => {
		const spare = nameHeight - lines.length * LINE_HEIGHT;
		const label = labelAt(xOf(party), top + PADDING + spare / 2, lines);
		return { ...around(label), y: top, height: headHeight, label };
	};
	return {
		height: y + (isLong ? headHeight : 0) + MARGIN,
		lanes: parties.map((party, place) => ({
			x: xOf(party),
			isAttacker: party.startsWith("attacker"),
			heads: (isLong ? [MARGIN, y] : [MARGIN]).map((top) => headAt(party, names[place]!, top)),
		})),
		lifeline: { fromY, toY: y },
		rows,
	};
}
