/**
 * The alphabets of names on the wire. All are ASCII, 1 to 32 characters; written without regular
 * expressions, which cost a board memory.
 *
 * | name | characters |
 * | --- | --- |
 * | line, station, recipe id, alarm code | `[a-z0-9-]` |
 * | serial number | `[A-Za-z0-9._-]` |
 * | reading | `[a-z0-9._-]` |
 * | PackML state | `[A-Za-z]` |
 *
 * See docs/protocol.md §3.
 */
import { utf8 } from "./bytes.js";

export const NAME_LENGTH_MAX = 32;
/** `<line>.<station>` */
export const STATION_NAME_LENGTH_MAX = 2 * NAME_LENGTH_MAX + 1;

const LOWER = 1;
const UPPER = 2;
const DIGIT = 4;
const DASH = 8;
const DOT = 16;
const UNDERSCORE = 32;

function kindOf(code: number): number {
	if (code >= 0x61 && code <= 0x7a) return LOWER;
	if (code >= 0x41 && code <= 0x5a) return UPPER;
	if (code >= 0x30 && code <= 0x39) return DIGIT;
	return code === 0x2d ? DASH : code === 0x2e ? DOT : code === 0x5f ? UNDERSCORE : 0;
}

function made(text: string, of: number): boolean {
	const { length } = text;
	if (length < 1 || length > NAME_LENGTH_MAX) return false;
	const bytes = utf8(text);
	for (let i = 0; i < length; i++) if ((kindOf(bytes[i] as number) & of) === 0) return false;
	return true;
}

/** A line's or a station's short name, a recipe's id, an alarm's code. */
export function isPlainName(text: string): boolean {
	return made(text, LOWER | DIGIT | DASH);
}

/** A station's full name, `<line>.<station>`. */
export function isStationName(text: string): boolean {
	const dot = text.indexOf(".");
	return dot > 0 && isPlainName(text.slice(0, dot)) && isPlainName(text.slice(dot + 1));
}

export function isSerial(text: string): boolean {
	return made(text, LOWER | UPPER | DIGIT | DASH | DOT | UNDERSCORE);
}

export function isReadingName(text: string): boolean {
	return made(text, LOWER | DIGIT | DASH | DOT | UNDERSCORE);
}

export function isStateName(text: string): boolean {
	return made(text, LOWER | UPPER);
}
