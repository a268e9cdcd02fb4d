/**
 * How wide a text is at most, and where its lines end. Nothing measures a font here, so widths are
 * those of DejaVu Sans, the widest of the fonts that a browser may take, rounded up by class. A few
 * symbols outside Latin, Greek, Cyrillic and Chinese are wider still.
 */
import { legible } from "./markup.js";

/** Widths in em; the first class that has the character counts. */
const WIDTHS: readonly (readonly [RegExp, number])[] = [
	[/[ijlI.,:;'|!ft()[\]/\\ -]/, 0.42],
	[/[MWmw@%&+=<>~^#]/, 1],
	[/[A-Z]/, 0.8],
	[/[ckrsvxyz_]/, 0.6],
	[/[!-~]/, 0.65],
	[/[·–‘’“”]/, 0.55],
];
const WIDTH_MAX = 1.25;

/** A word that fits no line is broken after one of these, where it has one. */
const BREAKABLE = /[-/.:,_=]/;

/** @returns the most that one line takes, in the unit of `fontSize`. */
export function widthOf(line: string, fontSize: number): number {
	let em = 0;
	for (const character of line)
		em += WIDTHS.find(([pattern]) => pattern.test(character))?.[1] ?? WIDTH_MAX;
	return em * fontSize;
}

/** Pieces of one word, none wider than `widthMax` unless it is a single character. */
function* piecesOf(word: string, fontSize: number, widthMax: number): Generator<string> {
	let piece: string[] = [];
	for (const character of word) {
		while (piece.length > 0 && widthOf(piece.join("") + character, fontSize) > widthMax) {
			const end = piece.findLastIndex((one) => BREAKABLE.test(one)) + 1 || piece.length;
			yield piece.slice(0, end).join("");
			piece = piece.slice(end);
		}
		piece.push(character);
	}
	yield piece.join("");
}

function filled(text: string, fontSize: number, widthMax: number): readonly string[] {
	const lines: string[] = [];
	for (const word of legible(text).trim().split(/\s+/)) {
		const [first = "", ...rest] = piecesOf(word, fontSize, widthMax);
		const last = lines.at(-1);
		if (last !== undefined && widthOf(`${last} ${first}`, fontSize) <= widthMax)
			lines[lines.length - 1] = `${last} ${first}`;
		else lines.push(first);
		lines.push(...rest);
	}
	return lines;
}

/**
 * As few lines as go, and then as even as they go, so that no word is left alone on the last one.
 *
 * @returns at least one line, each legible and no wider than `widthMax` unless it is one character.
 */
export function wrap(text: string, fontSize: number, widthMax: number): readonly string[] {
	const count = filled(text, fontSize, widthMax).length;
	let width = widthMax;
	while (width > fontSize && filled(text, fontSize, width - fontSize).length === count)
		width -= fontSize;
	return filled(text, fontSize, width);
}
