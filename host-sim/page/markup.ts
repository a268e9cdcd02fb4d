/**
 * HTML as a type of its own, so that no text reaches the page unescaped: `html` escapes whatever
 * is not `Markup` already. Everything is written as XML would have it: each tag closed, each
 * attribute quoted.
 */

const ENTITIES: Readonly<Record<string, string>> = {
	"&": "&amp;",
	"<": "&lt;",
	">": "&gt;",
	'"': "&quot;",
	"'": "&#39;",
};

/** What a reader would not see, or what turns text around: controls, marks, lone surrogates. */
const UNSEEN = /(?!\n)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\ufffe\uffff]/gu;

/** The text with tabs as spaces and each unseen character but the line feed as `\u{…}`. */
export function legible(text: string): string {
	return text
		.replaceAll("\t", " ")
		.replace(UNSEEN, (unseen) => `\\u{${unseen.codePointAt(0)?.toString(16)}}`);
}

/** @returns what stands for `text` between tags and in a quoted attribute. */
export function escaped(text: string): string {
	return legible(text).replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}

export class Markup {
	readonly text: string;

	/** @param text - well-formed; nobody escapes it any more. */
	constructor(text: string) {
		this.text = text;
	}
}

export const NOTHING = new Markup("");

type Part = string | number | Markup | readonly Markup[];

function textOf(part: Part): string {
	if (part instanceof Markup) return part.text;
	if (typeof part === "string") return escaped(part);
	// A coordinate: a tenth of a pixel is as fine as anybody sees.
	if (typeof part === "number") return String(Math.round(part * 10) / 10);
	return part.map(({ text }) => text).join("");
}

/** A template's own text is markup; strings in it are escaped, numbers rounded to a tenth. */
export function html(pieces: TemplateStringsArray, ...parts: readonly Part[]): Markup {
	return new Markup(String.raw({ raw: pieces }, ...parts.map(textOf)));
}
