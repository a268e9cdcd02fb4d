import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

function check(...args: string[]) {
	const { status, stdout } = spawnSync(
		process.execPath,
		[join(ROOT, "bin", "check.mjs"), ...args],
		{
			encoding: "utf8",
		},
	);
	return { status, last: stdout.trimEnd().split("\n").at(-1) };
}

describe("check", function () {
	this.timeout(60_000);

	it("ends with the counts of the tests it ran", () => {
		const { status, last } = check("test/line/plant.test.ts");
		assert.equal(status, 0);
		assert.match(last ?? "", /^[1-9]\d* passed, 0 failed$/);
	});

	it("fails where there is nothing to run", () => {
		const { status, last } = check("test/no-such-folder");
		assert.equal(status, 1);
		assert.equal(last, "0 passed, 1 failed");
	});

	describe("count reporter", () => {
		let scratch: string;
		beforeEach(() => {
			scratch = mkdtempSync(join(tmpdir(), "interlock-count-"));
		});
		afterEach(() => rmSync(scratch, { recursive: true, force: true }));

		function mocha(source: string) {
			const file = join(scratch, "some.test.cjs");
			const counts = join(scratch, "counts.json");
			writeFileSync(file, source);
			const { status } = spawnSync(
				join(ROOT, "node_modules", ".bin", "mocha"),
				["--reporter", join(ROOT, "bin", "count-reporter.cjs"), file],
				{ cwd: scratch, env: { ...process.env, INTERLOCK_COUNTS: counts } },
			);
			return {
				status,
				counts: existsSync(counts) ? JSON.parse(readFileSync(counts, "utf8")) : undefined,
			};
		}

		it("counts what passed, failed and was skipped", () => {
			const { status, counts } = mocha(
				'it("a", () => {}); it("b", () => { throw new Error("no"); }); it.skip("c", () => {});',
			);
			assert.notEqual(status, 0);
			assert.deepEqual(counts, { passes: 1, failures: 1, pending: 1 });
		});

		it("counts nothing where the run dies before its end", () => {
			const { counts } = mocha('it("a", () => {}); it("b", () => process.exit(0));');
			assert.equal(counts, undefined);
		});
	});
});
