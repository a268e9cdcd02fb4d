import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { interlock, RUN } from "./support.js";

/** Command lines that name this directory. */
function processesWith(directory: string): string[] {
	const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
	return pids.flatMap((pid) => {
		try {
			const line = readFileSync(`/proc/${pid}/cmdline`, "latin1");
			return line.includes(directory) ? [line] : [];
		} catch {
			// It has ended meanwhile.
			return [];
		}
	});
}

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

	it("exits with 4, before anything is measured, where the page cannot be written", () => {
		const { status, stdout, stderr } = interlock("bench", "--html", "/nowhere/page.html");
		assert.deepEqual([status, stdout], [4, ""]);
		assert.match(stderr, /\/nowhere\/page\.html cannot be written/);
	});

	it("leaves no process and no file behind when it is interrupted", async () => {
		const folder = mkdtempSync(join(tmpdir(), "interlock-bench-"));
		try {
			const environment = { ...process.env, TMPDIR: folder };
			const child = spawn(process.execPath, [RUN, "bench", "transfer", "--quick"], {
				env: environment,
				stdio: "ignore",
			});
			const broker = () => processesWith(folder).length > 0;
			while (!broker() && child.exitCode === null) await sleep(20);
			assert.ok(broker(), "it ended by itself");
			const exit = new Promise((resolve) => child.once("exit", resolve));
			child.kill("SIGTERM");
			assert.equal(await exit, 130);
			for (let i = 0; i < 250 && processesWith(folder).length > 0; i++) await sleep(20);
			assert.deepEqual(processesWith(folder), []);
			assert.deepEqual(readdirSync(folder), []);
		} finally {
			rmSync(folder, { recursive: true });
		}
	});

	it("has examples in its help", () => {
		const { status, stdout } = interlock("bench", "--help");
		assert.equal(status, 0);
		assert.match(stdout, /Examples:\n {2}interlock bench /);
	});
});
