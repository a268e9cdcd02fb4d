/** Broker, server and station as separate long-running commands, and the commands a person gives meanwhile. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const RUN = fileURLToPath(new URL("../../bin/commands/run.js", import.meta.url));
const RECIPES = fileURLToPath(new URL("../../../recipes", import.meta.url));

/** A long-running command with `--json`. */
class Running {
	readonly #child: ChildProcess;
	readonly #seen: Record<string, unknown>[] = [];
	readonly #waiting = new Set<() => void>();
	readonly #status: Promise<number | null>;

	constructor(...args: string[]) {
		this.#child = spawn(process.execPath, [RUN, ...args, "--json"], {
			stdio: ["ignore", "pipe", "ignore"],
		});
		const { stdout } = this.#child;
		assert.ok(stdout !== null);
		createInterface({ input: stdout }).on("line", (line) => {
			this.#seen.push(JSON.parse(line));
			for (const look of this.#waiting) look();
		});
		this.#status = new Promise((resolve) => this.#child.once("exit", resolve));
	}

	/** The first event with these fields, seen already or still to come. */
	async event(fields: Record<string, unknown>): Promise<Record<string, unknown>> {
		const find = () =>
			this.#seen.find((seen) =>
				Object.entries(fields).every(([name, value]) => seen[name] === value),
			);
		return new Promise((resolve) => {
			const look = () => {
				const found = find();
				if (found === undefined) return;
				this.#waiting.delete(look);
				resolve(found);
			};
			this.#waiting.add(look);
			look();
		});
	}

	stop(signal: "SIGINT" | "SIGTERM"): Promise<number | null> {
		this.#child.kill(signal);
		return this.#status;
	}

	kill(): void {
		this.#child.kill("SIGKILL");
	}
}

describe("plant in separate processes", function () {
	this.timeout(120_000);
	let scratch: string;
	const started: Running[] = [];
	before(() => {
		scratch = mkdtempSync(join(tmpdir(), "interlock-plant-"));
	});
	after(() => {
		for (const running of started) running.kill();
		rmSync(scratch, { recursive: true, force: true });
	});

	function start(...args: string[]): Running {
		const running = new Running(...args);
		started.push(running);
		return running;
	}

	function say(...args: string[]): string {
		const { status, stdout, stderr } = spawnSync(process.execPath, [RUN, ...args], {
			encoding: "utf8",
		});
		assert.equal(status, 0, stderr);
		return stdout;
	}

	it("makes a unit, and every process stops cleanly when it is told to", async () => {
		const keys = join(scratch, "keys");
		const data = join(scratch, "data");
		say("keys", "init", "--keys", keys, "--line", "press", "--bits", "2048");
		say("keys", "enrol", "drill", "--keys", keys, "--bits", "2048");
		const broker = start("broker", "--port", "0", "--keys", keys);
		const url = String((await broker.event({ event: "listening" })).url);
		const server = start("server", "--broker", url, "--keys", keys, "--data", data);
		await server.event({ event: "online" });
		const bundle = join(keys, "stations", "press.drill");
		const flash = join(scratch, "drill.flash");
		const own = ["--keys", bundle, "--flash", flash, "--settle", "0", "--log-size", "10KiB"];
		const flags = ["--broker", url, ...own];
		const station = start("station", ...flags);
		await server.event({ event: "session", station: "press.drill" });

		const limits = join(RECIPES, "station-3.limits");
		const place = ["--station", "drill", "--line", "press", "--data", data];
		say("recipe", "release", join(RECIPES, "station-3.params"), "--limits", limits, ...place);
		await server.event({ event: "sealed", station: "press.drill" });
		say("unit", "release", "P-1", "--line", "press", "--data", data);
		await server.event({ event: "unit", serial: "P-1" });
		const shown = JSON.parse(say("unit", "show", "P-1", "--data", data, "--json"));
		assert.match(shown.stage, /^(finished|rejected)$/);
		assert.ok(shown.attempts.length > 0);
		assert.match(shown.attempts[0].recipe.digest, /^[0-9a-f]{64}$/);
		assert.match(say("unit", "show", "P-1", "--data", data), /resonance/);

		const last = shown.attempts.at(-1).number;
		await server.event({ event: "logged", serial: "P-1", attempt: last });
		const log = say("unit", "log", "P-1", "--attempt", `${last}`, "--data", data);
		assert.match(log, /^sweep,frequency_hz,impedance_mohm\n1,\d+,\d+\n/);
		assert.equal(log.length, 10 * 1024);
		const out = join(scratch, "sweep.csv");
		const toFile = ["--out", out, "--json", "--data", data];
		const said = JSON.parse(say("unit", "log", "P-1", "--attempt", `${last}`, ...toFile));
		assert.deepEqual([said.size, said.received, said.cut], [10_240, 10_240, false]);
		assert.equal(readFileSync(out, "utf8"), log);
		assert.match(say("unit", "show", "P-1", "--data", data), / log\n(.*\n)* *1 .* 10240\b/);

		assert.equal(await station.stop("SIGINT"), 0);
		say("unit", "release", "P-2", "P-3", "--line", "press", "--data", data);
		say("unit", "reject", "P-2", "--data", data);
		const again = start("station", ...flags);
		await server.event({ event: "unit", serial: "P-3" });
		const status = JSON.parse(say("line", "status", "--data", data, "--json"));
		assert.equal(status.line, "press");
		assert.equal(status.units.finished + status.units.rejected, 3);
		assert.ok(status.units.rejected >= 1);
		assert.equal(JSON.parse(say("flash", "inspect", flash, "--json")).boots, 2);

		assert.equal(await again.stop("SIGINT"), 0);
		assert.equal(await server.stop("SIGTERM"), 0);
		assert.equal(await broker.stop("SIGINT"), 0);
	});
});
