/**
 * A call tree as a flame graph that hangs: who calls is above, and how wide a bar is, is its share of the time. Inline
 * SVG without scripts; each bar has a title that a reader sees when pointing at it, and clips its own label.
 */
import { html, Markup, NOTHING } from "../page/markup.js";
import { isApart, type Profile, type TreeNode } from "./profile.js";
import { milliseconds, share } from "./report.js";

const BAR_HEIGHT = 19;
const BAR_GAP = 1;
const TEXT_X = 4;
const BASELINE = 13.5;
/** Narrower bars are left out: nobody could point at them. */
const SHARE_MIN = 0.001;
const DEPTH_MAX = 60;

interface Bar {
	readonly node: TreeNode;
	readonly depth: number;
	/** Of the whole. */
	readonly from: number;
	readonly width: number;
}

/** Bars below `top`, which itself is not drawn. */
export function barsOf(top: TreeNode): Bar[] {
	const bars: Bar[] = [];
	const visit = (node: TreeNode, depth: number, from: number) => {
		const width = node.total / top.total;
		if (width < SHARE_MIN || depth >= DEPTH_MAX || isApart(node.function)) return;
		bars.push({ node, depth, from, width });
		let at = from;
		for (const child of node.children) {
			visit(child, depth + 1, at);
			at += isApart(child.function) ? 0 : child.total / top.total;
		}
	};
	let at = 0;
	for (const child of top.children) {
		visit(child, 0, at);
		at += isApart(child.function) ? 0 : child.total / top.total;
	}
	return bars;
}

/** More places than `html` gives a number: a bar may be a thousandth of a page wide. */
function percent(part: number): Markup {
	return new Markup(`${(100 * part).toFixed(3)}%`);
}

function drawBar(profile: Profile, top: TreeNode, { node, depth, from, width }: Bar): Markup {
	const { label, place, kind } = node.function;
	const title = [
		place === "" ? label : `${label} (${place})`,
		`total ${share(node.total, top.total)}, ${milliseconds(profile, node.total)}`,
		`self ${share(node.self, top.total)}, ${milliseconds(profile, node.self)}`,
	].join("\n");
	const y = depth * (BAR_HEIGHT + BAR_GAP);
	return html`<svg class="bar ${kind}" x="${percent(from)}" y="${y}" width="${percent(width)}" height="${BAR_HEIGHT}">
<title>${title}</title><rect width="100%" height="100%"/><text x="${TEXT_X}" y="${BASELINE}">${label}</text></svg>
`;
}

/** @param id - of the picture within its page. */
export function flameGraph(profile: Profile, top: TreeNode, id: string, title: string): Markup {
	if (top.total === 0) return NOTHING;
	const bars = barsOf(top);
	const depth = Math.max(0, ...bars.map((bar) => bar.depth + 1));
	const height = depth * (BAR_HEIGHT + BAR_GAP);
	return html`<figure class="flame"><svg role="img" aria-labelledby="${id}" width="100%" height="${height}">
<title id="${id}">${title}</title>
${bars.map((bar) => drawBar(profile, top, bar))}</svg></figure>
`;
}
