import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));
const FLASH_SIZE = 4 * 1024 * 1024;
const BLOCK_SIZE = 4096;

interface ModulesScript {
	readManifest(root: string, platform: string): { modules: Map<string, string> };
	preloadManifest(root: string): string;
}

async function modulesScript(): Promise<ModulesScript> {
	const script = pathToFileURL(join(root, "bin/setup/modules.mjs")).href;
	return (await import(script)) as ModulesScript;
}

function check(script: string, argv: string[], sdk: string | undefined) {
	const environment = { ...process.env };
	delete environment.MODDABLE;
	if (sdk !== undefined) environment.MODDABLE = sdk;
	const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, script), ...argv], {
		encoding: "utf8",
		env: environment,
	});
	return { status, stdout, stderr };
}

describe("manifest of a board", () => {
	it("names no file twice: mcconfig would drop the second name", async () => {
		const { modules } = (await modulesScript()).readManifest(root, "esp32");
		assert.equal(new Set(modules.values()).size, modules.size);
		assert.ok(modules.has("fixture") && modules.has("main"));
	});

	it("has every TypeScript module but main and fixture preloaded by name", async () => {
		const script = await modulesScript();
		const { preload } = JSON.parse(script.preloadManifest(root)) as { preload: string[] };
		const { modules } = script.readManifest(root, "esp32");
		const others = new Set([
			"main",
			"fixture",
			"reset-reason",
			"modules/crypto/native",
			"modules/mqtt/mqtt-packet",
		]);
		assert.deepEqual(preload, [...modules.keys()].filter((name) => !others.has(name)).sort());
	});
});

describe("partition table of a board", () => {
	const rows = readFileSync(join(root, "board/partitions.csv"), "utf8")
		.split("\n")
		.filter((line) => line !== "" && !line.startsWith("#"))
		.map((line) => line.split(",").map((cell) => cell.trim()))
		.map(([name, type, subtype, offset, size]) => ({
			name,
			type,
			subtype,
			offset: Number(offset),
			size: Number(size),
		}));

	it("has no overlap, whole blocks, and fits into 4 MiB", () => {
		let end = 0x9000;
		for (const { name, offset, size } of rows) {
			assert.ok(offset >= end && size > 0, `${name} overlaps`);
			assert.equal(offset % BLOCK_SIZE, 0, name);
			assert.equal(size % BLOCK_SIZE, 0, name);
			end = offset + size;
		}
		assert.ok(end <= FLASH_SIZE);
	});

	it("has what the firmware opens: keys and nvs for key-value storage, slots as data", () => {
		const of = (name: string) => rows.find((row) => row.name === name);
		for (const name of ["keys", "nvs"]) assert.equal(of(name)?.subtype, "nvs", name);
		const slots = rows.filter(({ name }) => /^slot\d$/.test(name ?? ""));
		assert.deepEqual(
			slots.map(({ name }) => name),
			slots.map((_, i) => `slot${i}`),
		);
		assert.ok(slots.length >= 2 && slots.every(({ type }) => type === "data"));
		const logs = rows.filter(({ name }) => /^log\d$/.test(name ?? ""));
		assert.deepEqual(
			logs.map(({ name, type }) => [name, type]),
			logs.map((_, i) => [`log${i}`, "data"]),
		);
		assert.ok(logs.length >= 2, "one is written while the other is sent");
		assert.equal(
			(of("factory")?.offset ?? 1) % 0x10000,
			0,
			"an app starts at a multiple of 64 KiB",
		);
	});
});

describe("check:board", () => {
	let folder = "";
	beforeEach(() => {
		folder = mkdtempSync(join(tmpdir(), "interlock-sdk-"));
	});
	afterEach(() => rmSync(folder, { recursive: true, force: true }));

	it("says what to install where MODDABLE is not set", () => {
		const { status, stdout, stderr } = check("bin/check-board.mjs", [], undefined);
		assert.deepEqual([status, stdout], [4, ""]);
		assert.match(stderr, /MODDABLE is not set.*Moddable SDK, version 8\.2[\s\S]*export MODDABLE=/);
	}).timeout(20_000);

	it("says that MODDABLE names no SDK", () => {
		const { status, stderr } = check("bin/check-board.mjs", [], folder);
		assert.equal(status, 4);
		assert.ok(stderr.includes(`no Moddable SDK in ${folder}`), stderr);
	}).timeout(20_000);

	it("says that the SDK's tools are not built, and which", () => {
		mkdirSync(join(folder, "xs/sources"), { recursive: true });
		mkdirSync(join(folder, "modules/io"), { recursive: true });
		writeFileSync(join(folder, "xs/sources/xsAll.c"), "");
		const { status, stderr } = check("bin/check-board.mjs", [], folder);
		assert.equal(status, 4);
		assert.match(stderr, /tools are not built: no mcconfig, mcrez, xsc, xsid, xsl in/);
	}).timeout(20_000);

	it("refuses an option and a platform that it does not know", () => {
		for (const argv of [["--fast"], ["--platform", "pico"]]) {
			const { status, stderr } = check("bin/check-board.mjs", argv, undefined);
			assert.equal(status, 2);
			assert.match(stderr, /Usage: npm run check:board/);
		}
	}).timeout(20_000);

	const sdk = process.env.MODDABLE;
	if (sdk !== undefined)
		it("links the firmware with everything in flash, by the SDK that MODDABLE names", () => {
			const { status, stdout, stderr } = check("bin/check-board.mjs", ["--json"], sdk);
			assert.equal(status, 0, stdout + stderr);
			const report = JSON.parse(stdout) as { modules: { name: string; preloaded: boolean }[] };
			const main = report.modules.find(({ name }) => name === "main");
			assert.equal(main?.preloaded, false);
		}).timeout(300_000);
});

describe("check:psa", () => {
	it("refuses a folder without PSA Crypto's header", () => {
		for (const argv of [[], ["--include", root]]) {
			const { status, stderr } = check("bin/check-psa.mjs", argv, undefined);
			assert.equal(status, 2);
			assert.match(stderr, /no FOLDER given holds psa\/crypto\.h/);
		}
	}).timeout(20_000);
});
