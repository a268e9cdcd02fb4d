import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { interlock } from "./support.js";

describe("interlock bench", function () {
	this.timeout(120_000);

	it("prints a line for each report and the measures last, as JSON, and writes the page", () => {
		const folder = mkdtempSync(join(tmpdir(), "interlock-bench-"));
		try {
			const page = join(folder, "page.html");
			const run = interlock("bench", "memory", "--quick", "--json", "--html", page);
			assert.deepEqual([run.status, run.stderr], [0, ""]);
			const lines = run.stdout
				.trimEnd()
				.split("\n")
				.map((line) => JSON.parse(line));
			assert.equal(lines.length, 2);
			assert.equal(lines[0].bench, "memory");
			const { machine, measures } = lines[1];
			assert.ok(machine.cores >= 1 && machine.diskFlushMs > 0);
			for (const name of ["Node", "XS", "mbedTLS", "OpenSSL", "Mosquitto", "Python"])
				assert.match(machine.versions[name], /\d/, name);
			assert.equal(measures.length, 1);
			const [{ id, value, spread, unit, target, met }] = measures;
			assert.deepEqual([id, unit, target], ["memory-station", "KiB", "at most 96 KiB"]);
			assert.equal(met, value <= 96);
			assert.equal(spread.samples, 1);
			assert.match(readFileSync(page, "utf8"), /memory-station/);
		} finally {
			rmSync(folder, { recursive: true });
		}
	});

	it("exits with 2 for a bench that is none, and says what there is", () => {
		const { status, stderr } = interlock("bench", "speed");
		assert.equal(status, 2);
		assert.match(stderr, /there is no bench speed; there are: aead, .*\bmemory\b/);
		assert.equal(interlock("bench", "--slow").status, 2);
	});

	it("has examples in its help", () => {
		const { status, stdout } = interlock("bench", "--help");
		assert.equal(status, 0);
		assert.match(stdout, /Examples:\n {2}interlock bench /);
	});
});
