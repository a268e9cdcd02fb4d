/** Compiles the TypeScript of the whole project, and removes what was compiled from files that are gone. */

import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { progress, say } from "./report.mjs";
import { capture } from "./run.mjs";

const FOLDERS = ["bench", "bin", "host-sim", "keys", "modules", "server", "test"];
/** Not compiled from TypeScript: bin/bundle.mjs makes it. */
const BUNDLE = "modules/mqtt/mqtt-packet.js";

/** Otherwise a test that was removed or renamed would run on. */
function removeOrphans(root) {
	for (const folder of FOLDERS) {
		const out = join(root, "build", folder);
		if (!existsSync(out)) continue;
		for (const name of readdirSync(out, { recursive: true })) {
			const base = join(folder, name.slice(0, -".js".length));
			if (!name.endsWith(".js") || join(folder, name) === BUNDLE) continue;
			if (existsSync(join(root, `${base}.ts`))) continue;
			for (const end of [".js", ".js.map", ".d.ts"])
				rmSync(join(root, "build", base + end), { force: true });
		}
	}
}

/** A type error is told, not thrown: the compiled file is there all the same. */
export async function compileTypeScript(root) {
	progress("compiling TypeScript");
	const compiler = join(root, "node_modules/.bin/tsc");
	const { status, output } = await capture(compiler, ["-b", "tsconfig.node.json"], { cwd: root });
	removeOrphans(root);
	if (status === 0) return;
	const errors = output.split("\n").filter((line) => line.includes(": error TS"));
	say(`TypeScript: ${errors.length} type errors (npx tsc -b tsconfig.node.json shows them)`);
}
