/**
 * Sizes of what the SDK's tools made, and what they could not put into flash.
 *
 * | figure | from |
 * | --- | --- |
 * | bytecode | the size of each module's .xsb file: code, names, and what the linker needs of it |
 * | image | mc.xs.c, which holds all preloaded modules as constants: its slots at 16 bytes, and, where the RISC-V cross compiler is installed, its size compiled for rv32imc, a chip of the ESP32 family |
 * | aliases | objects in flash that could still be written: 4 bytes of RAM each, whether they are or not |
 */

import { createReadStream, readFileSync, statSync } from "node:fs";
import { join, posix } from "node:path";
import { createInterface } from "node:readline";
import { CROSS_COMPILER, CROSS_FLAGS, hasCrossCompiler } from "../setup/cross.mjs";
import { capture } from "../setup/run.mjs";

const SLOT_SIZE = 16;
const ALIAS_SIZE = 4;
/** Starts the station, so it runs on the board and not when the image is linked. */
const RUN_ON_BOARD = "main";
/** Of the project's, without a folder in their names. */
const OWN = new Set([RUN_ON_BOARD, "fixture", "reset-reason"]);

/** The project's folder that a module is from; the SDK's modules go under one name. */
function folderOf(name) {
	if (name.startsWith("modules/")) return posix.dirname(name);
	return OWN.has(name) ? name : "SDK";
}

function measureModules({ folder, modules, preloaded }) {
	const inFlash = new Set(preloaded);
	return modules
		.map((name) => ({
			name: name.replace(/^~\./, "").replace(/^embedded\//, "embedded:"),
			folder: folderOf(name),
			bytes: statSync(join(folder, "modules", `${name}.xsb`)).size,
			preloaded: inFlash.has(name),
		}))
		.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Numbers that mc.xs.c states at its head. */
async function counts(file) {
	const found = {};
	const lines = createInterface({ input: createReadStream(file) });
	for await (const line of lines) {
		const [, name, value] = /^#define mx(Alias|Heap|Stack|Keys)Count (\d+)$/.exec(line) ?? [];
		if (name) found[name] = Number(value);
		if (found.Keys !== undefined) break;
	}
	return found;
}

/** Size of mc.xs.c compiled, or `undefined` where there is no compiler for it. */
async function compiledSize(root, sdk, folder) {
	if (!(await hasCrossCompiler())) return undefined;
	const object = join(folder, "mc.xs.rv32.o");
	const platform = join(root, "host-sim/xs/platform.h");
	const argv = [...CROSS_FLAGS, "-w", "-DINCLUDE_XSPLATFORM", `-DXSPLATFORM="${platform}"`];
	argv.push("-DmxRun=1", "-DmxParse=1", "-DmxNoConsole=1", `-I${folder}`);
	for (const name of ["includes", "platforms", "sources"])
		argv.push(`-I${join(sdk.folder, "xs", name)}`);
	argv.push("-c", join(folder, "mc.xs.c"), "-o", object);
	if ((await capture(CROSS_COMPILER, argv)).status !== 0) return undefined;
	const { output } = await capture(CROSS_COMPILER.replace(/gcc$/, "size"), [object]);
	const [text, data] = output.trim().split("\n").at(-1).trim().split(/\s+/);
	return Number(text) + Number(data);
}

/** The module that `specifier` names in module `from`, as the SDK's tools write it. */
function resolve(from, specifier) {
	const name = specifier.replace(/^embedded:/, "~.embedded/");
	if (!/^\.\.?\//.test(name)) return name;
	return posix.join(posix.dirname(from), name).replace(/\.js$/, "");
}

const COMMENT = /\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm;
const IMPORT =
	/^\s*(?:import\s+(?:[^;"'()]*?\sfrom\s+)?|export\s+[*{][^;"'()]*?\sfrom\s+)["']([^"']+)["']/gm;

/** Imports of the project's modules that no module answers, as `module: specifier`; mcconfig lets them pass. */
function unanswered({ modules, scripts }) {
	const known = new Set(modules);
	return modules
		.filter((name) => folderOf(name) !== "SDK")
		.flatMap((from) =>
			[...readFileSync(scripts.get(from), "utf8").replace(COMMENT, "").matchAll(IMPORT)]
				.filter(([, specifier]) => !known.has(resolve(from, specifier)))
				.map(([, specifier]) => `${from}: ${specifier}`),
		);
}

/** What the linker says of objects that stay writable, as `{ where, why }`. */
function warnings(log) {
	return [
		...log.matchAll(/^### (?:warning|error): (.*): (no const|not frozen|regexp|generator)$/gm),
	].map(([, where, why]) => ({ where, why }));
}

/** @returns the report: JSON as `--json` prints it. */
export async function measure(root, sdk, image) {
	const modules = measureModules(image);
	const { Alias, Heap, Stack } = await counts(join(image.folder, "mc.xs.c"));
	const instances = Number(/^### (\d+) instances/m.exec(image.log)?.[1]);
	return {
		sdk: sdk.version,
		modules,
		bytecode: {
			project: sum(modules.filter(({ folder }) => folder !== "SDK")),
			sdk: sum(modules.filter(({ folder }) => folder === "SDK")),
		},
		image: {
			instances,
			slotBytes: (Heap + Stack) * SLOT_SIZE,
			compiledBytes: (await compiledSize(root, sdk, image.folder)) ?? null,
		},
		unanswered: unanswered(image),
		aliases: { count: Alias, bytes: Alias * ALIAS_SIZE },
		notPreloaded: modules
			.filter(({ preloaded, folder }) => !preloaded && folder !== "SDK" && folder !== RUN_ON_BOARD)
			.map(({ name }) => name),
		notFrozen: warnings(image.log),
	};
}

export function sum(modules) {
	return modules.reduce((total, { bytes }) => total + bytes, 0);
}

/** @returns how many things stand in a board's way, or in its RAM where they belong into flash. */
export function findings({ unanswered, notPreloaded, notFrozen }) {
	return unanswered.length + notPreloaded.length + notFrozen.length;
}
