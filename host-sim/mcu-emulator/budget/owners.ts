/**
 * To whom the pieces of the chip's program belong: by the folder of their source, or as parts of the C library.
 *
 * | owner | where |
 * | --- | --- |
 * | XS | the engine's own sources |
 * | mbedTLS | its sources |
 * | lwIP | its sources |
 * | natives | modules/crypto and host-sim/xs: what JavaScript calls, and how it is called |
 * | devices | drivers: network card, flash, entropy |
 * | chip | the rest of host-sim/mcu-emulator: start-up, console, sleep, memory, options; and what alignment leaves |
 * | C library | picolibc and libgcc |
 */
import { isAbsolute, relative } from "node:path";
import { MapError, type Piece, sourceOf } from "./map-file.js";

const LIBRARY = "C library";
const CHIP = "chip";

/** Folders, the first that a path begins with counts; paths from the project's own folder. */
const FOLDERS: readonly (readonly [string, string])[] = [
	["node_modules/@agoric/xsnap/", "XS"],
	["build/mcu/sources/mbedtls", "mbedTLS"],
	["build/mcu/sources/lwip", "lwIP"],
	["host-sim/mcu-emulator/lwip/", "lwIP"],
	["host-sim/mcu-emulator/crypto/", "mbedTLS"],
	["host-sim/mcu-emulator/devices/", "devices"],
	["host-sim/mcu-emulator/", CHIP],
	["modules/crypto/", "natives"],
	["host-sim/xs/", "natives"],
	["build/mcu/", "natives"],
];
/** @param source - from the project's own folder. @throws MapError where nobody is known to own it. */
export function ownerOfSource(source: string): string {
	const found = FOLDERS.find(([folder]) => source.startsWith(folder));
	if (!found)
		throw new MapError(`nobody is known to own ${source}: add its folder to budget/owners.ts`);
	return found[1];
}

/** Names of pieces' owners and of their sources. */
export class Owners {
	readonly #root: string;
	readonly #sources = new Map<string, string>();

	/** @param root - the project's own folder. */
	constructor(root: string) {
		this.#root = root;
	}

	/** Where a piece comes from, for people: a source file, or an archive's member. */
	source({ name, file }: Piece): string {
		if (file === "") return name;
		if (isLibrary(file)) return file.slice(file.lastIndexOf("/") + 1);
		let source = this.#sources.get(file);
		if (source === undefined) {
			source = sourceOf(file);
			if (isAbsolute(source)) source = relative(this.#root, source);
			this.#sources.set(file, source);
		}
		return source;
	}

	/** @throws MapError where nobody is known to own it. */
	owner(piece: Piece): string {
		if (piece.file === "") return CHIP;
		return isLibrary(piece.file) ? LIBRARY : ownerOfSource(this.source(piece));
	}
}

function isLibrary(file: string): boolean {
	return file.endsWith(")");
}
