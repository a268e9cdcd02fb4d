/** An outcome as word, symbol and colour: a reader who lacks one of them has the other two. */

import { html, type Markup } from "../../page/markup.js";
import type { Tried } from "../attack.js";

/** A shape and a mark in it, drawn in a square of 16 by 16. */
const SYMBOLS = {
	stopped: [
		"M8 1.5 13.5 3.5V8C13.5 11.5 11 13.7 8 14.7 5 13.7 2.5 11.5 2.5 8V3.5Z",
		"M5.3 8 7.3 10 10.9 5.9",
	],
	succeeded: ["M8 1.2 14.8 8 8 14.8 1.2 8Z", "M5.7 5.7 10.3 10.3M10.3 5.7 5.7 10.3"],
	untried: ["M4 8H12"],
};

/** @param tried - `undefined` where the attack was not tried on the suite. */
export function outcomeOf(tried: Pick<Tried, "outcome"> | undefined): Markup {
	const outcome = tried?.outcome ?? "untried";
	const paths = SYMBOLS[outcome].map((path) => html`<path d="${path}"/>`);
	const symbol = html`<svg viewBox="0 0 16 16" aria-hidden="true">${paths}</svg>`;
	return html`<span class="outcome ${outcome}">${symbol}${tried?.outcome ?? "not tried"}</span>`;
}
