/**
 * The table of natives for a chip that has no dynamic linker: the C functions that the simulator's modules declare in
 * Moddable's form, `foo() @ "xs_foo"`.
 */

import { readFileSync } from "node:fs";
import { readManifest } from "./modules.mjs";
import { writeChanged } from "./write.mjs";

const DECLARATION = /@ "(xs_\w+)"/g;

/** Writes the table as C to `file` where it changed; its form is in host-sim/mcu-emulator/chip/natives.h. */
export function writeNatives(root, file) {
	const symbols = new Set();
	for (const script of readManifest(root, "sim").modules.values())
		for (const [, symbol] of readFileSync(script, "utf8").matchAll(DECLARATION))
			symbols.add(symbol);
	const sorted = [...symbols].sort();
	const lines = ['#include "natives.h"', ""];
	lines.push(...sorted.map((symbol) => `extern void ${symbol}(void);`));
	lines.push("", "const chip_native chip_natives[] = {");
	lines.push(...sorted.map((symbol) => `\t{ "${symbol}", ${symbol} },`));
	lines.push("};", `const size_t chip_native_count = ${sorted.length};`, "");
	writeChanged(file, lines.join("\n"));
}
