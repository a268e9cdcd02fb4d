/**
 * The chip's program by owner, from the linker's map: code and constants in flash, and the data that it places in RAM.
 * What only the maker of base images has (section `.maker`) is no part of what a board gets.
 */
import { readFileSync } from "node:fs";
import type { Figures } from "./figures.js";
import { type LinkMap, type Piece, parseMap, sizes } from "./map-file.js";
import { Owners } from "./owners.js";

/** Sections that lie in flash; initial values of data lie there too. */
const IN_FLASH = new Set([".text", ".rodata", ".data", ".tdata"]);
const IN_RAM = new Set([".data", ".tdata", ".tbss", ".bss"]);

export interface Program {
	/** `firmware/<owner>`. */
	readonly figures: Figures;
	/** Bytes of placed data by owner. */
	readonly statics: ReadonlyMap<string, number>;
	/** Bytes in flash by source file, the largest first; and of placed data. */
	readonly sources: ReadonlyMap<string, number>;
	readonly data: ReadonlyMap<string, number>;
}

/** @param root - the project's own folder. @throws MapError. */
export function readProgram(root: string, mapFile: string): Program {
	const map = parseMap(readFileSync(mapFile, "utf8"));
	const owners = new Owners(root);
	const of = (sections: ReadonlySet<string>, by: (piece: Piece) => string) =>
		sizes(map, (piece) => (sections.has(piece.section) ? by(piece) : undefined));
	const flash = of(IN_FLASH, (piece) => owners.owner(piece));
	checkSections(map);
	return {
		figures: Object.fromEntries([...flash].map(([owner, size]) => [`firmware/${owner}`, size])),
		statics: of(IN_RAM, (piece) => owners.owner(piece)),
		sources: of(IN_FLASH, (piece) => owners.source(piece)),
		data: of(IN_RAM, (piece) => owners.source(piece)),
	};
}

/** A section that nobody counts would be missing from every figure. */
function checkSections({ sections }: LinkMap): void {
	const known = new Set([...IN_FLASH, ...IN_RAM, ".maker", ".stack"]);
	for (const section of sections.keys())
		if (!known.has(section))
			throw new RangeError(`section ${section} of the chip's program is counted nowhere`);
}
