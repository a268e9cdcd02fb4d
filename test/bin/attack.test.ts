import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { interlock } from "./support.js";

describe("interlock attack", function () {
	this.timeout(60_000);

	it("prints JSON whose last line has each attack, its goal, outcome and evidence", () => {
		const { status, stdout, stderr } = interlock("attack", "--only", "forge", "--json");
		assert.deepEqual([status, stderr], [0, ""]);
		const { attacks, against, seed } = JSON.parse(stdout.trimEnd().split("\n").at(-1) as string);
		assert.deepEqual([against, seed], ["sim", 1]);
		assert.deepEqual(
			attacks.map(({ name, suite, outcome }: { [key: string]: unknown }) => [name, suite, outcome]),
			[
				["forge", 0, "succeeded"],
				["forge", 1, "stopped"],
			],
		);
		for (const { goal, evidence, properties } of attacks) {
			assert.ok(goal.length > 20 && properties.length > 0);
			assert.match(evidence, /\d/);
		}
	});

	it("says in words what came of each, of one suite where asked, and writes the page", () => {
		const folder = mkdtempSync(join(tmpdir(), "interlock-attack-"));
		try {
			const page = join(folder, "page.html");
			const argv = ["attack", "--suite", "1", "--only", "impersonate-station", "--html", page];
			const { status, stdout } = interlock(...argv);
			assert.equal(status, 0);
			assert.match(stdout, /^impersonate-station +suite 1 +stopped +\d+ HELLOs/);
			assert.match(stdout, /\nsuite 1: 0 of 1 succeeded\n/);
			assert.match(readFileSync(page, "utf8"), /<svg/);
		} finally {
			rmSync(folder, { recursive: true });
		}
	});

	it("exits with 4 where nobody listens at the broker's address", () => {
		const { status, stderr } = interlock("attack", "--against", "mqtt://127.0.0.1:1");
		assert.equal(status, 4);
		assert.match(stderr, /nobody listens at 127\.0\.0\.1:1; start a broker there/);
	});

	it("exits with 2 for an attack, a suite or an address that is none, and says what there is", () => {
		const unknown = interlock("attack", "--only", "magic");
		assert.equal(unknown.status, 2);
		assert.match(unknown.stderr, /there is no attack magic; there are: .*\breplay\b/);
		assert.equal(interlock("attack", "--suite", "2").status, 2);
		assert.equal(interlock("attack", "--against", "http://x").status, 2);
	});

	it("has examples in its help", () => {
		const { status, stdout } = interlock("attack", "--help");
		assert.equal(status, 0);
		assert.match(stdout, /Examples:\n {2}interlock attack /);
	});
});
