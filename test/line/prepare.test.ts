import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
	DataDirectory,
	LineError,
	readRecipes,
	serialOf,
	shortName,
	stationId,
} from "../../host-sim/line/prepare.js";

const FALLBACK = { seed: 5, stations: 3, units: 5 };
const withCode = (code: LineError["code"]) => (error: unknown) =>
	error instanceof LineError && error.code === code;

describe("line data directory", () => {
	let scratch: string;
	beforeEach(() => {
		scratch = mkdtempSync(join(tmpdir(), "interlock-prepare-"));
	});
	afterEach(() => rmSync(scratch, { recursive: true, force: true }));

	it("removes a temporary directory and keeps a named one", () => {
		const temporary = DataDirectory.take(undefined);
		temporary.plan({}, FALLBACK);
		temporary.release();
		assert.equal(existsSync(temporary.path), false);
		const named = DataDirectory.take(join(scratch, "run"));
		named.plan({}, FALLBACK);
		named.release();
		assert.deepEqual(JSON.parse(readFileSync(join(named.path, "line.json"), "utf8")), {
			format: 1,
			...FALLBACK,
		});
	});

	it("remembers its run, lets units be added, and refuses another run", () => {
		const path = join(scratch, "run");
		const directory = DataDirectory.take(path);
		assert.deepEqual(directory.plan({ seed: 9, units: 2 }, FALLBACK), {
			seed: 9,
			stations: 3,
			units: 2,
		});
		assert.deepEqual(directory.plan({}, FALLBACK), { seed: 9, stations: 3, units: 2 });
		assert.equal(directory.plan({ units: 4 }, FALLBACK).units, 4);
		assert.throws(() => directory.plan({ units: 3 }, FALLBACK), withCode("other-run"));
		assert.throws(() => directory.plan({ seed: 8 }, FALLBACK), withCode("other-run"));
		assert.throws(() => directory.plan({ stations: 4 }, FALLBACK), withCode("other-run"));
		directory.release();
	});

	it("remembers which boards its stations are, and lets them become others", () => {
		const directory = DataDirectory.take(join(scratch, "run"));
		directory.plan({ boards: ["mcu", "linux"] }, FALLBACK);
		assert.deepEqual(directory.plan({}, FALLBACK).boards, ["mcu", "linux"]);
		assert.deepEqual(directory.plan({ boards: ["linux"] }, FALLBACK).boards, ["linux"]);
		directory.release();
	});

	it("is used by one line at a time, and by another once that is gone", () => {
		const path = join(scratch, "run");
		mkdirSync(path);
		writeFileSync(join(path, "line.lock"), String(process.ppid));
		assert.throws(() => DataDirectory.take(path), withCode("in-use"));
		const gone = spawnSync(process.execPath, ["-e", ""]).pid;
		writeFileSync(join(path, "line.lock"), String(gone));
		DataDirectory.take(path).release();
	});

	it("refuses a directory that holds something else, and an unreadable plan", () => {
		writeFileSync(join(scratch, "letter.txt"), "");
		assert.throws(() => DataDirectory.take(scratch), withCode("data"));
		rmSync(join(scratch, "letter.txt"));
		const plan = '"format":1,"seed":1,"stations":3,"units":5';
		const texts = ["{", "{}", `{${plan},"seed":-1}`, `{${plan},"boards":["abacus"]}`];
		for (const text of texts) {
			writeFileSync(join(scratch, "line.json"), text);
			assert.throws(() => DataDirectory.take(scratch).plan({}, FALLBACK), withCode("data"), text);
		}
	});
});

describe("line recipes", () => {
	let scratch: string;
	beforeEach(() => {
		scratch = mkdtempSync(join(tmpdir(), "interlock-recipes-"));
	});
	afterEach(() => rmSync(scratch, { recursive: true, force: true }));

	it("begin again with the first on a longer line", () => {
		for (const id of ["station-1", "station-2"]) {
			writeFileSync(join(scratch, `${id}.params`), id);
			writeFileSync(join(scratch, `${id}.limits`), "");
		}
		assert.deepEqual(
			[...readRecipes(scratch, ["a", "b", "c", "d", "e"])].map(([at, { id }]) => `${at} ${id}`),
			["a station-1", "b station-2", "c station-1", "d station-2", "e station-1"],
		);
	});

	it("are refused where one, its limits or the directory is missing", () => {
		assert.throws(() => readRecipes(scratch, ["a"]), withCode("recipes"));
		assert.throws(() => readRecipes(join(scratch, "nowhere"), ["a"]), withCode("recipes"));
		writeFileSync(join(scratch, "station-1.params"), "");
		assert.throws(() => readRecipes(scratch, ["a"]), withCode("recipes"));
	});
});

describe("line names", () => {
	it("number stations and units from 1", () => {
		assert.equal(stationId(0), "station-1");
		assert.equal(serialOf(0), "U-0001");
		assert.equal(serialOf(9_999), "U-10000");
		assert.equal(shortName("line.station-1"), "station-1");
		assert.equal(shortName("other.station-1"), "other.station-1");
	});
});
