/**
 * Where a function stands in the project's sources: from a line of the JavaScript that ran, through the module table
 * of the simulator and the compiler's source maps, to a file and a line. They are those of this build.
 */
import { existsSync, readFileSync } from "node:fs";
import { SourceMap, type SourceMapping } from "node:module";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const build = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const root = dirname(build);

export interface Position {
	/** From the project's folder; the module's name where there is no such file. */
	readonly file: string;
	/** From 1; 0: not known. */
	readonly line: number;
}

export class Positions {
	readonly #scripts = new Map<string, string>();
	readonly #maps = new Map<string, SourceMap | undefined>();

	/** @param tables - module tables (host-sim/xs/linux/modules.h); the simulator's own where left out. */
	constructor(tables: readonly string[] = [join(build, "xs/modules.txt")]) {
		for (const table of tables)
			for (const line of readFileSync(table, "utf8").split("\n")) {
				const [, name, path] = /^module (\S+) \S+ (.+)$/.exec(line) ?? [];
				if (name && path)
					this.#scripts.set(name, path.startsWith("/") ? path : join(dirname(table), path));
			}
	}

	of(module: string, line: number): Position {
		const script = this.#scripts.get(module);
		if (script === undefined || line === 0) return { file: module, line };
		const entry: Partial<SourceMapping> =
			this.#mapOf(script)?.findEntry(line - 1, Number.MAX_SAFE_INTEGER) ?? {};
		const { originalSource, originalLine } = entry;
		if (originalSource === undefined || originalLine === undefined)
			return { file: relative(root, script), line };
		return { file: relative(root, join(dirname(script), originalSource)), line: originalLine + 1 };
	}

	#mapOf(script: string): SourceMap | undefined {
		const file = `${script}.map`;
		if (!this.#maps.has(file))
			this.#maps.set(
				file,
				existsSync(file) ? new SourceMap(JSON.parse(readFileSync(file, "utf8"))) : undefined,
			);
		return this.#maps.get(file);
	}
}
