/**
 * The chip's RAM by owner, from a report of its memory (`@memory`) and from what the linker placed. All of them are
 * peaks: what an owner had at most since power-on is what a board must have for it.
 *
 * | figure | what |
 * | --- | --- |
 * | XS slots, XS chunks, XS stack | what the engine took of `creation.static` |
 * | XS, not taken | what it was given and did not take |
 * | C stack | the deepest it has been |
 * | mbedTLS, lwIP, device buffers | what each allocates, with its static data |
 * | static data | of everybody else |
 * | heap, the rest | names that are made at run time, blocks' own words, gaps between blocks |
 * | never touched | still as it was painted at power-on: of the C stack and of the heap |
 */
import { type Figures, RAM_SIZE, sumOf, UNTOUCHED } from "./figures.js";
import type { Memory } from "./run.js";

export interface RamOptions {
	readonly memory: Memory;
	/** Bytes of data that the linker placed, by owner (owners.ts). */
	readonly statics: ReadonlyMap<string, number>;
	/** Bytes of XS's own stack (`creation.stack` of manifest.json). */
	readonly engineStack: number;
}

/** Owners whose static data is counted with what they allocate. */
const WITH_STATICS = { mbedTLS: "ram/mbedTLS", lwIP: "ram/lwIP", devices: "ram/device buffers" };

/** @throws RangeError where the parts do not fit into the whole: something is counted twice. */
export function ramFigures({ memory, statics, engineStack }: RamOptions): Figures {
	const { chip, reservedBytes, reservedChunkBytes, limitBytes } = memory;
	if (!chip) throw new RangeError("a report of a chip's memory says who has its RAM");
	const own = (name: string) => statics.get(name) ?? 0;
	const others = [...statics].reduce(
		(sum, [name, size]) => (name in WITH_STATICS ? sum : sum + size),
		0,
	);
	const known = {
		"ram/XS slots": reservedBytes - reservedChunkBytes - engineStack,
		"ram/XS chunks": reservedChunkBytes,
		"ram/XS stack": engineStack,
		"ram/XS, not taken": limitBytes - reservedBytes,
		"ram/C stack": chip.stackPeakBytes,
		[WITH_STATICS.mbedTLS]: own("mbedTLS") + chip.cryptoPeakBytes,
		[WITH_STATICS.lwIP]: own("lwIP"),
		[WITH_STATICS.devices]: own("devices"),
		"ram/static data": others,
	};
	const rest = RAM_SIZE - sumOf(known, "ram") - chip.neverTouchedBytes;
	const figures = {
		...known,
		"ram/heap, the rest": rest,
		[UNTOUCHED]: chip.neverTouchedBytes,
	};
	const wrong = Object.entries(figures).find(([, size]) => size < 0);
	if (wrong) throw new RangeError(`${wrong[0]}: ${wrong[1]} B, so something is counted twice`);
	return figures;
}
