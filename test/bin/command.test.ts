import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** The command line without the building that bin/interlock does first. */
const RUN = fileURLToPath(new URL("../../bin/commands/run.js", import.meta.url));
const RECIPES = fileURLToPath(new URL("../../../recipes", import.meta.url));

function interlock(...args: string[]) {
	const { status, stdout, stderr } = spawnSync(process.execPath, [RUN, ...args], {
		encoding: "utf8",
	});
	return { status, stdout, stderr };
}

const STATION = ["station", "--broker", "mqtt://a", "--keys", "k", "--flash", "f"];

describe("interlock command", function () {
	this.timeout(60_000);
	let scratch: string;
	let plant: string;
	before(() => {
		scratch = mkdtempSync(join(tmpdir(), "interlock-command-"));
		plant = join(scratch, "plant");
	});
	after(() => rmSync(scratch, { recursive: true, force: true }));

	for (const command of [
		"line",
		"server",
		"station",
		"broker",
		"keys",
		"recipe",
		"unit",
		"flash",
	]) {
		it(`explains ${command}, with an example`, () => {
			const { status, stdout } = interlock(command, "--help");
			assert.equal(status, 0);
			assert.match(stdout, new RegExp(`^Usage: interlock ${command} `));
			assert.match(stdout, new RegExp(`Examples?:\\n {2}interlock ${command}`));
		});
	}

	const wrong: [string[], RegExp][] = [
		[[], /Usage: interlock/],
		[["lines"], /unknown command 'lines'/],
		[["line", "--units", "0"], /whole number from 1 to 10000/],
		[["line", "--seed", "-1"], /whole number from 0 to 4294967295/],
		[["line", "--stations", "3.5"], /whole number/],
		[["line", "--slot-size", "5000"], /a multiple of 4096/],
		[["line", "--slot-size", "513MiB"], /size from 4096 to 536870912/],
		[["line", "--slot-size", "1GB"], /bytes, or with KiB or MiB behind it/],
		[["line", "--board", "mcu,abacus"], /linux or mcu, or up to 128 of them/],
		[[...STATION, "--icount"], /--icount is for emulated chips: add --board mcu/],
		[[...STATION, "--gdb", "3333"], /--gdb is for emulated chips/],
		[[...STATION, "--fault", "watchdog"], /only a chip has the fault watchdog/],
		[[...STATION, "--board", "mcu", "--profile", "p"], /--profile watches Linux boards/],
		[["line", "--colour"], /unknown option '--colour'/],
		[["server"], /required option '--broker <url>'/],
		[["server", "--broker", "http://a"], /must begin with mqtt/],
		[["server", "--broker", "mqtt://me:secret@a"], /must not hold a password/],
		[["server", "--broker", "mqtt://a:0"], /must look like mqtt/],
		[["line", "--broker", "mqtt://a?b"], /must look like mqtt/],
		[["station", "--broker", "mqtt://a"], /required option '--keys <dir>'/],
		[["unit", "show"], /missing required argument 'serial'/],
	];
	for (const [args, complaint] of wrong) {
		it(`exits with 2 for \`${["interlock", ...args].join(" ")}\``, () => {
			const { status, stdout, stderr } = interlock(...args);
			assert.equal(status, 2);
			assert.match(stderr, complaint);
			assert.equal(stdout, "");
		});
	}

	it("says what is wrong with the command line as JSON where that was asked for", () => {
		const { status, stdout } = interlock("line", "--units", "0", "--json");
		assert.equal(status, 2);
		assert.equal(JSON.parse(stdout).error.code, "usage");
	});

	it("makes keys, enrols stations, lists them, and never overwrites", () => {
		assert.equal(interlock("keys", "init", "--keys", plant, "--bits", "2048").status, 0);
		const again = interlock("keys", "init", "--keys", plant, "--bits", "2048");
		assert.equal(again.status, 3);
		assert.match(again.stderr, /^interlock: .*never overwritten/);
		const made = interlock("keys", "enrol", "a", "b", "--keys", plant, "--bits", "2048", "--json");
		assert.equal(made.status, 0, made.stderr);
		assert.deepEqual(
			made.stdout
				.trim()
				.split("\n")
				.map((line) => JSON.parse(line).station),
			["line.a", "line.b"],
		);
		const bad = interlock("keys", "enrol", "A", "--keys", plant, "--json");
		assert.equal(bad.status, 3);
		assert.equal(JSON.parse(bad.stdout).error.code, "name");
		const listed = interlock("keys", "list", "--keys", plant, "--json");
		assert.deepEqual(
			JSON.parse(listed.stdout).stations.map(({ station }: { station: string }) => station),
			["line.a", "line.b"],
		);
		assert.match(interlock("keys", "list", "--keys", plant).stdout, /line\.a +1 +\d{4}-/);
	});

	it("replaces and revokes keys, and says what is wrong with what it is asked", () => {
		const directory = join(scratch, "rotated");
		const flags = ["--keys", directory, "--bits", "2048"];
		interlock("keys", "init", ...flags);
		interlock("keys", "enrol", "a", "b", ...flags);
		const server = interlock("keys", "rotate", "server", ...flags, "--json");
		assert.equal(server.status, 0, server.stderr);
		const { subject, epoch, newKey, bundle } = JSON.parse(server.stdout);
		assert.deepEqual([subject, epoch, newKey, bundle], ["server", 2, true, undefined]);
		const station = interlock("keys", "rotate", "a", ...flags);
		assert.match(
			station.stdout,
			/^line\.a: epoch 2, until \d{4}-.*\nprovision its board again, with /,
		);
		const renewed = interlock("keys", "rotate", "line.a", "--keep-key", ...flags, "--json");
		assert.equal(JSON.parse(renewed.stdout).newKey, false);
		const plain = ["--keys", directory];
		assert.match(interlock("keys", "revoke", "b", ...plain).stdout, /^line\.b: revoked/);
		const again = interlock("keys", "revoke", "b", ...plain, "--json");
		assert.deepEqual([again.status, JSON.parse(again.stdout).already], [0, true]);
		const listed = interlock("keys", "list", ...plain).stdout;
		assert.match(listed, /line\.a +3 .*\nline\.b +1 .*revoked.*\nserver +2 /);
		const wrong: [string[], number, string][] = [
			[["rotate", "c"], 3, "unknown"],
			[["rotate", "b", "--keep-key"], 3, "revoked"],
			[["rotate"], 2, "usage"],
			[["rotate", "a", "--epoch", "0"], 2, "usage"],
			[["revoke", "server"], 3, "unknown"],
			[["broker-config", "other"], 2, "usage"],
		];
		for (const [args, status, code] of wrong) {
			const refused = interlock("keys", ...args, ...plain, "--json");
			assert.equal(refused.status, status, args.join(" "));
			assert.equal(JSON.parse(refused.stdout).error.code, code, args.join(" "));
		}
		for (const command of ["rotate", "revoke", "broker-config"])
			assert.match(
				interlock("keys", command, "--help").stdout,
				new RegExp(`Examples:\\n {2}interlock keys ${command}`),
			);
	});

	it("writes Mosquitto's files", () => {
		const directory = join(scratch, "served");
		interlock("keys", "init", "--keys", directory, "--bits", "2048");
		const flags = ["--keys", directory, "--port", "1884", "--out", join(scratch, "mosquitto")];
		const written = interlock("keys", "broker-config", "mosquitto", ...flags, "--json");
		assert.equal(written.status, 0, written.stderr);
		const { conf, users } = JSON.parse(written.stdout);
		assert.deepEqual(users, ["server"]);
		assert.match(readFileSync(conf, "utf8"), /^listener 1884$/m);
	});

	it("asks for the root key's passphrase, from a file", () => {
		const locked = join(scratch, "locked");
		const file = join(scratch, "root.pass");
		writeFileSync(file, "correct horse\n");
		const flags = ["--keys", locked, "--bits", "2048"];
		assert.equal(interlock("keys", "init", ...flags, "--passphrase-file", file).status, 0);
		assert.match(readFileSync(join(locked, "root.key.pem"), "utf8"), /ENCRYPTED PRIVATE KEY/);
		const refused = interlock("keys", "enrol", "a", ...flags, "--json");
		assert.equal(refused.status, 3);
		assert.equal(JSON.parse(refused.stdout).error.code, "passphrase");
		const enrolled = interlock("keys", "enrol", "a", ...flags, "--passphrase-file", file);
		assert.equal(enrolled.status, 0, enrolled.stderr);
	});

	it("checks a recipe and its limits", () => {
		const recipe = join(RECIPES, "station-1.params");
		const limits = join(RECIPES, "station-1.limits");
		const good = interlock("recipe", "check", recipe, "--limits", limits, "--json");
		assert.equal(good.status, 0, good.stderr);
		assert.equal(JSON.parse(good.stdout).sets, 5 * 4 * 3 * 3);
		const file = join(scratch, "bad.params");
		writeFileSync(file, "# Resistors\nr1= 350\nr2= many\n");
		const bad = interlock("recipe", "check", file);
		assert.equal(bad.status, 3);
		assert.match(bad.stderr, /bad\.params: line 3, column \d+: /);
		const badLimits = interlock("recipe", "check", recipe, "--limits", file);
		assert.equal(badLimits.status, 3);
		assert.match(badLimits.stderr, /bad\.params: line \d+/);
		assert.equal(interlock("recipe", "check", join(scratch, "none")).status, 3);
	});

	it("releases recipes and units into a data directory and shows a unit", () => {
		const data = join(scratch, "data");
		const recipe = join(RECIPES, "station-1.params");
		const limits = join(RECIPES, "station-1.limits");
		const flags = ["--limits", limits, "--station", "a", "--data", data, "--json"];
		const first = JSON.parse(interlock("recipe", "release", recipe, ...flags).stdout);
		assert.equal(first.station, "line.a");
		assert.equal(first.id, "station-1");
		assert.equal(first.version, 1);
		const second = JSON.parse(
			interlock("recipe", "release", recipe, ...flags, "--attempts-max", "9").stdout,
		);
		assert.equal(second.version, 2);
		const released = interlock("unit", "release", "U-1", "U-2", "--data", data);
		assert.equal(released.status, 0, released.stderr);
		assert.equal(released.stdout, "U-1: released to line\nU-2: released to line\n");
		assert.match(interlock("unit", "release", "U-1", "--data", data).stdout, /known already/);
		const shown = interlock("unit", "show", "U-1", "--data", data, "--json");
		assert.equal(JSON.parse(shown.stdout).stage, "released");
		assert.doesNotMatch(shown.stdout, /proof/);
		assert.match(interlock("unit", "show", "U-2", "--data", data).stdout, /^U-2: released, line/);
		assert.equal(interlock("unit", "show", "U-3", "--data", data).status, 1);
		assert.equal(interlock("unit", "show", "U-1", "--data", join(scratch, "no")).status, 3);
		assert.equal(interlock("unit", "release", "no good", "--data", data).status, 3);
	});

	it("runs the broker until SIGTERM, and says when its port is taken", async () => {
		const broker = spawn(process.execPath, [RUN, "broker", "--port", "0", "--json"], {
			stdio: ["ignore", "pipe", "inherit"],
		});
		const lines = createInterface({ input: broker.stdout });
		const ended = new Promise<number | null>((resolve) => broker.once("exit", resolve));
		const first = await new Promise<string>((resolve) => lines.once("line", resolve));
		const { event, port } = JSON.parse(first);
		assert.equal(event, "listening");
		const other = interlock("broker", "--port", String(port), "--json");
		assert.equal(other.status, 4);
		assert.equal(JSON.parse(other.stdout).error.code, "port-in-use");
		broker.kill("SIGTERM");
		assert.equal(await ended, 0);
	});
});
