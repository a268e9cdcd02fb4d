/**
 * Why an ESP32 says it started (modules/device/esp32/reset-reason.c), on the simulator's engine: the board's C file is put
 * under the simulator as a library, with the little of ESP-IDF that it uses (esp-idf/). What ends the engine on a board is
 * the SDK's, which is not here: test/on-xs/board-ending.ts does what it does.
 */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { runOnXs } from "../support/xs.js";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const RESTARTED = 99;
const SOFTWARE = 3;
/** By the numbers of esp-idf/esp_system.h; of a restart by software below. */
const BY_RESET: ReadonlyArray<readonly [reset: number, word: string]> = [
	[0, "unknown"],
	[1, "power-on"],
	[2, "restart"],
	[4, "fault"],
	[5, "watchdog"],
	[6, "watchdog"],
	[7, "watchdog"],
	[8, "restart"],
	[9, "brown-out"],
	[10, "restart"],
	[11, "restart"],
	[12, "restart"],
	[13, "unknown"],
	[14, "brown-out"],
	[15, "fault"],
	[99, "unknown"],
];
/** The texts of XS (xsError.c), and the hook that never comes to be called. */
const BY_ENDING = [
	["memory full", "memory-full"],
	["no room", "memory-full"],
	["unhandled exception", "unhandled"],
	["unhandled rejection", "unhandled"],
	["fatal", "engine-fault"],
	["dead strip", "engine-fault"],
	["not enough keys", "engine-fault"],
	["too much computation", "engine-fault"],
] as const;

describe("an ESP32's reset reason", function () {
	this.timeout(60_000);
	let folder = "";
	let memory = "";

	/** @returns the library, compiled as for a board's release build or its debug build. */
	async function library(name: string, flags: readonly string[] = []): Promise<string> {
		const script = pathToFileURL(join(root, "bin/setup/engine.mjs")).href;
		const xs = ((await import(script)) as { engineFolder(root: string): string }).engineFolder(
			root,
		);
		const file = join(folder, `${name}.so`);
		const argv = ["-shared", "-fPIC", "-std=gnu17", "-Wall", "-Wextra", "-Werror", ...flags];
		argv.push("-Wno-unused-parameter", "-DINCLUDE_XSPLATFORM", "-DmxParse=1", "-DmxRun=1");
		argv.push("-DmxNoConsole=1", `-DXSPLATFORM="${join(root, "host-sim/xs/platform.h")}"`);
		for (const part of ["includes", "platforms"]) argv.push("-isystem", join(xs, part));
		argv.push(`-I${join(root, "test/device/esp-idf")}`, "-o", file);
		argv.push(join(root, "test/device/esp-idf/chip.c"));
		argv.push(join(root, "modules/device/esp32/reset-reason.c"));
		const { status, stderr } = spawnSync("cc", argv, { encoding: "utf8" });
		assert.equal(status, 0, stderr);
		return file;
	}

	let release = "";
	before(async () => {
		folder = mkdtempSync(join(tmpdir(), "interlock-reset-"));
		memory = join(folder, "memory");
		release = await library("release");
	});
	beforeEach(() => rmSync(memory, { force: true }));
	after(() => rmSync(folder, { recursive: true, force: true }));

	/** One life of the chip. @returns how the process ended, and the console. */
	async function live(reset: number, ending?: string, preload = release) {
		const host = {
			command: [join(root, "build/xs/interlock-xs")] as const,
			env: { LD_PRELOAD: preload, CHIP_RESET: String(reset), CHIP_MEMORY: memory },
		};
		const options = ending === undefined ? {} : { ending };
		const { code, lines, errors } = await runOnXs("board-ending", { host, options });
		assert.ok(code === 0 || code === RESTARTED, errors);
		return { code, lines };
	}

	for (const [reset, word] of BY_RESET)
		it(`says ${word} after ESP-IDF's reset ${reset}`, async () => {
			const { lines } = await live(reset);
			assert.deepEqual(lines, [`started: ${word}`, `asked again: ${word}`]);
		});

	for (const [ending, word] of BY_ENDING)
		it(`says ${word} after an engine that ended by "${ending}"`, async () => {
			const before = await live(1, ending);
			assert.equal(before.code, RESTARTED, "the hook restarts the board itself");
			assert.ok(!before.lines.some((line) => line.startsWith("returned")));
			const { lines } = await live(SOFTWARE);
			assert.deepEqual(lines, [`started: ${word}`, `asked again: ${word}`]);
		});

	it("says stack-overflow after an engine that ended and told no reason", async () => {
		assert.equal((await live(1, "untold")).code, RESTARTED);
		assert.equal((await live(SOFTWARE)).lines[0], "started: stack-overflow");
	});

	it("forgets the life before the last", async () => {
		await live(1, "memory full");
		await live(SOFTWARE, "unhandled exception");
		assert.equal((await live(SOFTWARE)).lines[0], "started: unhandled");
	});

	it("says restart where its memory holds no note, and power-on whatever it holds", async () => {
		assert.equal((await live(SOFTWARE)).lines[0], "started: restart");
		await live(1, "memory full");
		assert.equal((await live(1)).lines[0], "started: power-on");
	});

	it("leaves the hook to the debugger in a debug build, and leaves no note", async () => {
		const debug = await library("debug", ["-DmxDebug=1"]);
		await live(1, "memory full");
		const first = await live(SOFTWARE, "unhandled exception", debug);
		assert.deepEqual(first.lines, ["started: memory-full", "asked again: memory-full", "no hook"]);
		assert.equal((await live(SOFTWARE, undefined, debug)).lines[0], "started: restart");
	});

	const sdk = process.env.MODDABLE;
	if (sdk !== undefined)
		it("knows the texts by which the SDK that MODDABLE names ends an engine", () => {
			const source = readFileSync(join(sdk, "xs/sources/xsError.c"), "utf8");
			const texts = /gXSAbortStrings\[\] = \{([^}]*)\}/.exec(source)?.[1] ?? "";
			const all = [...texts.matchAll(/"([^"]+)"/g)].map(([, text]) => text);
			const told = all.filter((text) => text !== "debugger" && !text?.includes("stack overflow"));
			const known: string[] = BY_ENDING.map(([ending]) => ending);
			assert.deepEqual(told.sort(), known.filter((text) => text !== "no room").sort());
		});
});
