/**
 * What the linker put where, from its map (GNU ld, `-Map`), and to whom each piece belongs.
 *
 * The part that counts begins at "Linker script and memory map". There an output section begins in the first column and
 * its pieces in the second; a long name stands on a line of its own, with the rest below it:
 *
 *   .text           0x80000000     0x1234
 *    .text.fxNew    0x80000010       0x48 build/mcu/objects/xsAPI-0123456789abcdef.o
 *    .rodata.fxCoderAdd.str1.4
 *                   0x80300108        0xb build/mcu/objects/xsCode-0123456789abcdef.o
 *    *fill*         0x80300113        0x1
 *
 * Debug sections and whatever else takes no memory are left out; so are symbols.
 */
import { existsSync, readFileSync } from "node:fs";

export class MapError extends Error {
	override readonly name = "MapError";
}

/** A piece of an output section. */
export interface Piece {
	/** The output section, for example `.text`. */
	readonly section: string;
	/** The input section's name; `*fill*` for a gap, `(script)` for what the linker script itself takes. */
	readonly name: string;
	readonly size: number;
	/** The object file, or `archive.a(member.o)`; empty for gaps and the script's own. */
	readonly file: string;
}

export interface LinkMap {
	/** Bytes of each output section that takes memory. */
	readonly sections: ReadonlyMap<string, number>;
	/** Together as large as their sections. */
	readonly pieces: readonly Piece[];
}

const BEGIN = "\nLinker script and memory map\n";
const OUTPUT = /^(\.[\w.]+)\s+0x([0-9a-f]+)\s+0x([0-9a-f]+)/;
const PIECE = /^ (\S+)\s+0x([0-9a-f]+)\s+0x([0-9a-f]+)(?: (\S.*))?$/;
/** A name that leaves no room for the rest of its line. */
const LONG = /^ ?\.\S+$/;
/** What is placed at 0 is not loaded: debug information, comments. */
const NOWHERE = 0;

/** Lines of the memory map, long names joined with the line below them. */
function* joined(text: string): Generator<string> {
	let name = "";
	for (const line of text.split("\n")) {
		if (name === "" && LONG.test(line)) name = line;
		else {
			yield name + line;
			name = "";
		}
	}
}

/** A piece and where it begins. */
interface Placed extends Piece {
	readonly at: number;
}

/**
 * Where a section's strings are merged the map gives some of them more bytes than they have in the end: a piece ends
 * where the next begins. What is between them, and no piece, the linker script took.
 */
function settled(section: string, start: number, size: number, placed: readonly Placed[]): Piece[] {
	const sorted = placed.toSorted((a, b) => a.at - b.at);
	const pieces: Piece[] = [];
	let left = size;
	sorted.forEach(({ name, file, size: most, at }, i) => {
		const end = sorted[i + 1]?.at ?? start + size;
		if (at < start || at >= start + size)
			throw new MapError(`the map's ${name} of ${file} lies outside of ${section}`);
		const real = Math.min(most, end - at);
		if (real > 0) pieces.push({ section, name, size: real, file });
		left -= Math.max(0, real);
	});
	if (left > 0) pieces.push({ section, name: "(script)", size: left, file: "" });
	return pieces;
}

/** @throws {@link MapError} where it is no map, or a piece lies outside of its section. */
export function parseMap(text: string): LinkMap {
	const begin = text.indexOf(BEGIN);
	if (begin < 0) throw new MapError('not a linker map: it has no "Linker script and memory map"');
	const sections = new Map<string, number>();
	const pieces: Piece[] = [];
	let current: { name: string; at: number; size: number; placed: Placed[] } | undefined;
	const end = () => {
		if (current) pieces.push(...settled(current.name, current.at, current.size, current.placed));
		current = undefined;
	};
	for (const line of joined(text.slice(begin + BEGIN.length))) {
		const [, name = "", at = "", size = ""] = OUTPUT.exec(line) ?? [];
		if (/^\S/.test(line)) end();
		if (number(at) !== NOWHERE && number(size) > 0) {
			current = { name, at: number(at), size: number(size), placed: [] };
			sections.set(name, current.size);
		}
		const piece = PIECE.exec(line);
		if (!current || !piece) continue;
		const [, input = "", from = "", digits = "", file = ""] = piece;
		if (number(digits) > 0)
			current.placed.push({
				...{ section: current.name, name: input, size: number(digits), file },
				at: number(from),
			});
	}
	end();
	if (sections.size === 0) throw new MapError("the map has no section that takes memory");
	return { sections, pieces };
}

function number(digits: string): number {
	return digits === "" ? 0 : Number.parseInt(digits, 16);
}

/**
 * The source of an object file, which the compiler's list beside it (`.d`) names first.
 *
 * @throws {@link MapError} where there is no list.
 */
export function sourceOf(object: string): string {
	const listing = object.replace(/\.o$/, ".d");
	if (!existsSync(listing)) throw new MapError(`${object} has no list of its sources beside it`);
	const [, first] = readFileSync(listing, "utf8").replaceAll("\\\n", " ").split(/\s+/);
	if (first === undefined) throw new MapError(`${listing} names no source`);
	return first;
}

/** Sums by owner, the largest first. @param ownerOf - of a piece; `undefined`: it is not counted. */
export function sizes(
	{ pieces }: LinkMap,
	ownerOf: (piece: Piece) => string | undefined,
): ReadonlyMap<string, number> {
	const found = new Map<string, number>();
	for (const piece of pieces) {
		const owner = ownerOf(piece);
		if (owner !== undefined) found.set(owner, (found.get(owner) ?? 0) + piece.size);
	}
	return new Map([...found].sort((a, b) => b[1] - a[1]));
}
