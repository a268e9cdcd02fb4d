import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { CHECKERS, SOUND } from "../../host-sim/simulation/checks/index.js";
import { interlock, RUN } from "./support.js";

const FAILING = new URL("failing-checker.js", import.meta.url).href;

/** The command with one checker that always fails. */
function failing(...args: string[]) {
	const all = ["--import", FAILING, RUN, "simulate", ...args];
	const { status, stdout } = spawnSync(process.execPath, all, { encoding: "utf8" });
	return { status, stdout };
}

describe("interlock simulate", function () {
	this.timeout(60_000);

	it("prints JSON whose last line says what was run and what each checker found", () => {
		const { status, stdout, stderr } = interlock("simulate", "--seeds", "1..9", "--json");
		assert.deepEqual([status, stderr], [0, ""]);
		const { seeds, violations, seedsPerMinute, failures, checkers } = JSON.parse(
			stdout.trimEnd().split("\n").at(-1) as string,
		);
		assert.deepEqual([seeds, violations, failures], [9, 0, []]);
		assert.ok(seedsPerMinute > 0);
		assert.deepEqual(
			checkers,
			[...CHECKERS, SOUND].map(({ name, property, holds }) => ({
				name,
				property,
				holds,
				violations: 0,
			})),
		);
	});

	it("says in words what was run", () => {
		const { status, stdout } = interlock("simulate", "--seeds", "5..6");
		assert.equal(status, 0);
		assert.match(stdout, /^2 seeds, 0 violations; \d+ seeds a minute, .*\d+ attempts/);
	});

	it("prints the history of one seed, the same each time, and the end of it where asked", () => {
		const { status, stdout } = interlock("simulate", "--seed", "165");
		assert.equal(status, 0);
		assert.match(stdout, /^ +0\.000 {2}server +starts$/m);
		assert.match(stdout, /^ +\d+\.\d{3} {2}station-1 +seals ready #/m);
		assert.match(stdout, /^ +\d+\.\d{3} {2}server +commits UNIT-165-1 /m);
		assert.match(stdout, /\nseed 165: \d+ stations, .*simulated\nnothing was violated\n$/);
		assert.equal(interlock("simulate", "--seed", "165").stdout, stdout);
		const last = interlock("simulate", "--seed", "165", "--last", "3").stdout;
		assert.equal(last, stdout.split("\n").slice(-7).join("\n"));
	});

	it("exits with 1 where something was violated, and says in which seed, what and when", () => {
		const many = failing("--seeds", "8..9");
		assert.equal(many.status, 1);
		for (const seed of [8, 9])
			assert.match(
				many.stdout,
				new RegExp(`^seed ${seed}: impossible, at [0-9.]+ s: it was told to fail$`, "m"),
			);
		assert.match(many.stdout, /npm run simulate -- --seed [89] shows how/);
		assert.match(many.stdout, /^ +\d+\.\d{3} {2}server +seals welcome-back /m);
		const one = failing("--seed", "9", "--last", "1");
		assert.equal(one.status, 1);
		assert.match(one.stdout, /\nseed 9: impossible, at [0-9.]+ s: it was told to fail\n$/);
		const json = failing("--seed", "9", "--json");
		assert.equal(json.status, 1);
		const { violations, checkers } = JSON.parse(json.stdout);
		assert.equal(violations, 1);
		assert.deepEqual(
			checkers.filter((each: { violations: number }) => each.violations > 0),
			[{ name: "impossible", property: "none", holds: "nothing", violations: 1 }],
		);
	});

	it("begins no seed when the time is over", () => {
		const { status, stdout } = interlock("simulate", "--minutes", "0.02", "--json");
		assert.equal(status, 0);
		const { seeds, violations } = JSON.parse(stdout);
		assert.ok(seeds > 0 && seeds < 10_000, `${seeds} seeds`);
		assert.equal(violations, 0);
	});

	it("explains itself, with examples", () => {
		const { status, stdout } = interlock("simulate", "--help");
		assert.equal(status, 0);
		assert.match(stdout, /^Usage: interlock simulate /);
		assert.match(stdout, /Examples:\n {2}npm run simulate /);
	});

	const wrong: [string[], RegExp][] = [
		[["--seeds", "9..1"], /must look like 1\.\.1000/],
		[["--seeds", "5"], /must look like 1\.\.1000/],
		[["--seeds", "1..99999999999"], /must look like 1\.\.1000, up to 4294967295/],
		[["--seed", "-1"], /whole number from 0 to 4294967295/],
		[["--seed", "x"], /whole number from 0/],
		[["--minutes", "0"], /number of minutes above 0/],
		[["--last", "0"], /whole number from 1/],
		[["--sedes", "1..2"], /unknown option '--sedes'/],
	];
	for (const [args, why] of wrong)
		it(`refuses ${args.join(" ")}`, () => {
			const { status, stdout, stderr } = interlock("simulate", ...args);
			assert.deepEqual([status, stdout], [2, ""]);
			assert.match(stderr, why);
		});
});
