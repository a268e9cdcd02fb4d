import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));

interface ModulesScript {
	moduleTable(root: string, out: string): string;
}

describe("module table", () => {
	let folder = "";
	let moduleTable: ModulesScript["moduleTable"];

	before(async () => {
		const script = pathToFileURL(join(root, "bin/setup/modules.mjs")).href;
		({ moduleTable } = (await import(script)) as ModulesScript);
	});
	beforeEach(() => {
		folder = mkdtempSync(join(tmpdir(), "interlock-table-"));
		for (const name of ["a/one.ts", "a/types.d.ts", "a/native.js", "a/notes.md", "main.ts"]) {
			mkdirSync(dirname(join(folder, name)), { recursive: true });
			writeFileSync(join(folder, name), "");
		}
	});
	afterEach(() => rmSync(folder, { recursive: true, force: true }));

	function table(manifest: object): string[] {
		writeFileSync(join(folder, "manifest.json"), JSON.stringify(manifest));
		return moduleTable(folder, join(folder, "build/xs")).trim().split("\n");
	}

	it("names modules as the manifest does, compiled or as they are", () => {
		const lines = table({ modules: { "*": "./main", "a/*": "./a/*", other: "./a/one" } });
		assert.deepEqual(lines, [
			"module main load ../main.js",
			"module a/native load ../../a/native.js",
			"module a/one load ../a/one.js",
			"module other load ../a/one.js",
		]);
	});

	it("takes the limits, what is preloaded, and the simulator's part", () => {
		const lines = table({
			creation: { static: 1000, chunk: { initial: 20 }, main: "main" },
			modules: { "*": "./main", $x: "$(MODDABLE)/x" },
			preload: ["a/*"],
			platforms: {
				esp32: { modules: { "esp32/*": "./a/*" } },
				sim: { creation: { static: 2000 }, modules: { "a/*": "./a/*" }, preload: "main" },
			},
		});
		assert.deepEqual(lines, [
			"creation static 2000",
			"creation chunk.initial 20",
			"module main preload ../main.js",
			"module a/native preload ../../a/native.js",
			"module a/one preload ../a/one.js",
		]);
	});

	it("follows manifests that are included, and says which one it cannot read", () => {
		writeFileSync(join(folder, "a/manifest.json"), JSON.stringify({ modules: { "x/*": "./*" } }));
		const include = ["$(MODDABLE)/examples/manifest_base.json", "./a/manifest.json"];
		assert.deepEqual(table({ include }), [
			"module x/native load ../../a/native.js",
			"module x/one load ../a/one.js",
		]);
		assert.throws(() => table({ include: "./none.json" }), /none\.json/);
	});
});
