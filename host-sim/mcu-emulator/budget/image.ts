/**
 * What the base image holds: bytecode by folder of modules, frozen heap slots, chunks, names. From what its maker said
 * when it was made, build/mcu/base.txt:
 *
 *   @base {"bytes":n,"slotBytes":n,"chunkBytes":n,"nameBytes":n,"nameTableBytes":n}
 *   @module {"name":"modules/station/runner","codeBytes":n}    for each module
 *
 * Names are in chunks; here they are counted apart. What heap slots are used for is not known.
 */
import type { Figures } from "./figures.js";

export class ImageError extends Error {
	override readonly name = "ImageError";
}

export interface Image {
	/** `image/<part>`, together the whole image. */
	readonly figures: Figures;
	/** Bytes of bytecode by module, the largest first. */
	readonly modules: ReadonlyMap<string, number>;
}

const BASE = "@base ";
const MODULE = "@module ";
/** Modules without a folder: the main module, and what stands for the SDK's. */
const ELSEWHERE = "main and the SDK's";

function fields(line: string, prefix: string): Record<string, unknown> {
	try {
		return JSON.parse(line.slice(prefix.length)) as Record<string, unknown>;
	} catch {
		throw new ImageError(`the maker's list has a damaged line: ${line}`);
	}
}

function size(of: Record<string, unknown>, name: string): number {
	const value = of[name];
	if (typeof value !== "number" || !Number.isInteger(value) || value < 0)
		throw new ImageError(`the maker's list has no ${name}: ${JSON.stringify(of)}`);
	return value;
}

/** `modules/station` of `modules/station/runner`; the simulated board's modules together. */
function folderOf(module: string): string {
	const [first = "", second = ""] = module.split("/");
	if (first === "modules") return `${first}/${second}`;
	return first === "host-sim" ? first : ELSEWHERE;
}

/** @param text - what the maker said. @throws {@link ImageError}. */
export function parseImage(text: string): Image {
	const lines = text.split(/\r?\n/);
	const base = lines.find((line) => line.startsWith(BASE));
	if (base === undefined) throw new ImageError("the maker's list has no line @base");
	const modules = new Map<string, number>();
	const folders = new Map<string, number>();
	for (const line of lines.filter((each) => each.startsWith(MODULE))) {
		const module = fields(line, MODULE);
		const [name, code] = [String(module.name), size(module, "codeBytes")];
		const folder = folderOf(name);
		modules.set(name, code);
		folders.set(folder, (folders.get(folder) ?? 0) + code);
	}
	const sizes = fields(base, BASE);
	const names = size(sizes, "nameBytes");
	const known = {
		"image/frozen heap slots": size(sizes, "slotBytes"),
		"image/chunks": size(sizes, "chunkBytes") - names,
		"image/names": names,
		"image/tables of names": size(sizes, "nameTableBytes"),
		...Object.fromEntries([...folders].map(([folder, code]) => [`image/bytecode ${folder}`, code])),
	};
	const rest = Object.values(known).reduce((left, each) => left - each, size(sizes, "bytes"));
	if (rest < 0 || known["image/chunks"] < 0)
		throw new ImageError("the parts of the base image are larger than all of it");
	return {
		figures: { ...known, "image/natives, module table, gaps": rest },
		modules: new Map([...modules].sort((a, b) => b[1] - a[1])),
	};
}
