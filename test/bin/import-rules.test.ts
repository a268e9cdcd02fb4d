import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const SCRIPT = join(ROOT, "bin", "import-rules.mjs");

interface Rules {
	whyNot(path: string, specifier: string): string | undefined;
	importsOf(text: string): { specifier: string; line: number }[];
	findViolations(root: string): { path: string; line: number; why: string }[];
}
const rules = (await import(SCRIPT)) as Rules;

describe("import rules", () => {
	const refused: [string, string, RegExp][] = [
		["modules/ports/clock.ts", "../bytes/bytes.js", /may not import modules\/bytes/],
		["modules/cbor/decode.ts", "../messages/types.js", /may not import modules\/messages/],
		["modules/messages/codec.ts", "node:fs", /may not import the package or built-in "node:fs"/],
		["modules/station/machine.ts", "../device/clock.js", /may not import modules\/device/],
		["modules/station/machine.ts", "../crypto/crypto.js", /may not import modules\/crypto/],
		["modules/mqtt/session.ts", "../channel/session.js", /may not import modules\/channel/],
		["modules/envelope/head.ts", "../../server/crypto.js", /goes up more than once/],
		["modules/envelope/head.ts", "./block", /does not end in \.js/],
		["modules/newcomer/x.ts", "../bytes/bytes.js", /may not import/],
		["main.ts", "./server/server.js", /may not import server/],
		["server/core/unit.ts", "node:crypto", /may not import the package/],
		["server/core/unit.ts", "../store/store.js", /may not import server\/store/],
		["server/server.ts", "../modules/device/clock.js", /may not import modules\/device/],
		["server/server.ts", "../host-sim/line/line.js", /may not import host-sim/],
		["keys/plant.ts", "../server/server.js", /may not import server\/server/],
		["host-sim/line/line.ts", "../../modules/crypto/crypto.js", /may not import modules\/crypto/],
		["host-sim/plant/rlc.ts", "node:os", /may not import the package/],
		["host-sim/device/fixture.ts", "../line/line.js", /may not import host-sim\/line/],
		["bin/commands/line.ts", "../../modules/crypto/crypto.js", /may not import modules\/crypto/],
	];
	for (const [path, specifier, why] of refused) {
		it(`refuses ${specifier} in ${path}`, () =>
			assert.match(rules.whyNot(path, specifier) ?? "", why));
	}

	const allowed: [string, string][] = [
		["modules/cbor/decode.ts", "./cbor.js"],
		["modules/messages/codec.ts", "../cbor/cbor.js"],
		["modules/station/runner.ts", "../mqtt/client.js"],
		["modules/device/socket.ts", "embedded:io/socket/tcp"],
		["modules/crypto/crypto.ts", "./native.js"],
		["main.ts", "./modules/device/clock.js"],
		["main.ts", "fixture"],
		["server/server.ts", "./core/unit.js"],
		["server/store/sqlite.ts", "better-sqlite3"],
		["server/core/unit.ts", "../../modules/bytes/bytes.js"],
		["keys/plant.ts", "../server/crypto.js"],
		["host-sim/line/line.ts", "../station-process.js"],
		["host-sim/device/fixture.ts", "../plant/rlc.js"],
		["test/on-xs/crypto.ts", "../../modules/crypto/crypto.js"],
	];
	for (const [path, specifier] of allowed) {
		it(`allows ${specifier} in ${path}`, () =>
			assert.equal(rules.whyNot(path, specifier), undefined));
	}

	it("sees every form of import, and none in a comment", () => {
		const text = [
			'import type { A } from "./type.js";',
			"import {",
			"\tb,",
			'} from "./several-lines.js";',
			'import "./effect.js";',
			'export * from "./again.js";',
			'export { c } from "./again-some.js";',
			'const d = await import("./later.js");',
			'// import "./comment.js";',
			'/* import e from "./block.js"; */',
			'const url = "https://example.org"; import f from "./after-string.js";',
		].join("\n");
		assert.deepEqual(
			rules.importsOf(text).map(({ specifier, line }) => `${line} ${specifier}`),
			[
				"1 ./type.js",
				"4 ./several-lines.js",
				"5 ./effect.js",
				"6 ./again.js",
				"7 ./again-some.js",
				"8 ./later.js",
				"11 ./after-string.js",
			],
		);
	});

	it("finds a violation in a tree, with its place, and exits with 1", () => {
		const root = mkdtempSync(join(tmpdir(), "interlock-rules-"));
		try {
			mkdirSync(join(root, "bin"));
			mkdirSync(join(root, "modules", "cbor"), { recursive: true });
			writeFileSync(join(root, "modules", "cbor", "bad.ts"), '\nimport fs from "node:fs";\n');
			const copy = join(root, "bin", "import-rules.mjs");
			writeFileSync(copy, readFileSync(SCRIPT));
			const [violation, ...rest] = rules.findViolations(root);
			assert.equal(rest.length, 0);
			assert.equal(`${violation?.path}:${violation?.line}`, "modules/cbor/bad.ts:2");
			const ran = spawnSync(process.execPath, [copy], { cwd: root, encoding: "utf8" });
			assert.equal(ran.status, 1);
			assert.match(ran.stdout, /^modules\/cbor\/bad\.ts:2: modules\/cbor\/ may not import/);
			rmSync(join(root, "modules", "cbor", "bad.ts"));
			assert.equal(spawnSync(process.execPath, [copy], { cwd: dirname(copy) }).status, 0);
		} finally {
			rmSync(root, { recursive: true, force: true });
		}
	});
});
