/** Every command with wrong input: its exit status, a sentence that names the thing, and never a stack trace. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { interlock, RECIPES, RUN } from "./support.js";

const PARAMETERS = join(RECIPES, "station-1.params");
const LIMITS = join(RECIPES, "station-1.limits");
const NOWHERE = "mqtt://127.0.0.1:1";

describe("commands given wrong input", function () {
	this.timeout(120_000);
	let scratch = "";
	let at: (...path: string[]) => string = join;

	before(() => {
		scratch = mkdtempSync(join(tmpdir(), "interlock-wrong-"));
		at = (...path) => join(scratch, ...path);
		const flags = ["--keys", at("plant"), "--bits", "2048"];
		assert.equal(interlock("keys", "init", ...flags).status, 0);
		assert.equal(interlock("keys", "enrol", "a", ...flags).status, 0);
		writeFileSync(at("text"), "hello\n");
		writeFileSync(
			at("noise"),
			Uint8Array.from({ length: 5000 }, (_, i) => (i * 167 + 89) % 251),
		);
		mkdirSync(at("empty"));
		mkdirSync(at("not-database"));
		writeFileSync(at("not-database", "interlock.sqlite"), "hello, this is not a database at all");
		mkdirSync(at("directory-database", "interlock.sqlite"), { recursive: true });
		damaged("no-signer", (plant) => writeFileSync(join(plant, "server", "kem.key.pem"), "hello"));
		damaged("no-floors", (plant) => rmSync(join(plant, "epochs.cose")));
		damaged("no-json", (plant) => writeFileSync(join(plant, "plant.json"), "{"));
		damaged("no-users", (plant) => writeFileSync(join(plant, "broker", "passwd"), "hello"));
		damaged("no-root", (plant) => rmSync(join(plant, "root.key.pem")));
		mkdirSync(at("broken-run"));
		writeFileSync(at("broken-run", "line.json"), "{");
	});
	after(() => rmSync(scratch, { recursive: true, force: true }));

	function damaged(name: string, damage: (plant: string) => void): void {
		cpSync(at("plant"), at(name), { recursive: true });
		damage(at(name));
	}

	/** Words that begin with "./" are below the scratch directory. */
	const wrong: [string, number, RegExp][] = [
		["recipe check ./none", 3, /none is not there: name a parameter file/],
		["recipe check ./empty", 3, /empty is a directory: name a parameter file/],
		["recipe check /proc/self/mem", 3, /\/proc\/self\/mem cannot be read: /],
		["recipe check /dev/zero", 3, /\/dev\/zero has more than \d+ bytes: give a parameter file/],
		["recipe check ./noise", 3, /noise: line \d+, column \d+: /],
		[`recipe check ${PARAMETERS} --limits ./empty`, 3, /is a directory: name a limits file/],
		[`recipe check ${PARAMETERS} --limits ./text`, 3, /text: line 1, column 6: /],
		[
			`recipe release ${PARAMETERS} --limits ./none --station a`,
			3,
			/none is not there: name a limits/,
		],
		[
			`recipe release ${PARAMETERS} --limits ${LIMITS} --station A_B --data ./new`,
			3,
			/"line\.A_B" is not a station's name/,
		],
		[
			`recipe release ${PARAMETERS} --limits ${LIMITS} --station a --data ./text`,
			3,
			/text is there already, and is not a directory/,
		],
		[
			`recipe release ${PARAMETERS} --limits ${LIMITS} --station a --data /proc/nope`,
			3,
			/\/proc\/nope is not there, or a directory above it/,
		],
		["unit show U-1 --data ./none", 3, /interlock\.sqlite is not there: name the server's --data/],
		["unit show U-1 --data ./not-database", 3, /not a database: restore a backup/],
		["unit show U-1 --data ./directory-database", 3, /is not a database, but something else/],
		["unit release a/b --data ./new", 3, /"a\/b" is not a serial number/],
		["line status --data ./not-database", 3, /not a database: restore a backup/],
		["keys init --keys ./text", 3, /text.*a file is in the place of a directory/],
		["keys init --keys ./new --passphrase-file ./none", 3, /none is not there: name the file with/],
		[
			"keys init --keys ./new --passphrase-file ./empty",
			3,
			/empty is a directory: name the file with/,
		],
		["keys init --keys ./new --line A", 3, /"A" cannot name a line/],
		["keys enrol b --keys ./none", 3, /none is no plant: make one with/],
		["keys enrol b --keys ./no-root", 3, /root\.key\.pem: not there/],
		["keys list --keys ./text", 3, /text/],
		["keys list --keys ./no-json", 3, /plant\.json: not JSON/],
		[`server --broker ${NOWHERE} --keys ./none`, 3, /none is no plant/],
		[
			`server --broker ${NOWHERE} --keys ./no-signer --data ./new`,
			3,
			/kem\.key\.pem: not an RSA private key/,
		],
		[`server --broker ${NOWHERE} --keys ./no-floors --data ./new`, 3, /epochs\.cose: not there/],
		[
			`server --broker ${NOWHERE} --keys ./plant --data ./text`,
			3,
			/text is there already, and is not a directory/,
		],
		[
			`server --broker ${NOWHERE} --keys ./plant --data ./not-database`,
			3,
			/not a database: restore a backup/,
		],
		["server --broker mqtt://a:99999", 2, /must look like mqtt:\/\/host:1883/],
		["server --broker localhost", 2, /must look like mqtt|must begin with mqtt/],
		["broker --keys ./none", 3, /none is no plant/],
		["broker --keys ./no-users", 3, /passwd:1: not a line/],
		["broker --port 0 --host no.such.host.invalid", 4, /cannot listen on no\.such\.host\.invalid/],
		[
			`station --broker ${NOWHERE} --keys ./plant --flash ./f`,
			3,
			/plant is not a station's bundle: name stations/,
		],
		[
			`station --broker ${NOWHERE} --keys ./plant/stations/line.a --flash ./text`,
			3,
			/text is not a flash image/,
		],
		[
			`station --broker ${NOWHERE} --keys ./plant/stations/line.a --flash ./empty`,
			3,
			/empty is not a file: name a flash image/,
		],
		[
			`station --broker ${NOWHERE} --keys ./plant/stations/line.a --flash ./text/f`,
			3,
			/text is there already, and is not a directory/,
		],
		[
			"station --broker mqtt://no.such.host.invalid --keys ./plant/stations/line.a --flash ./f",
			4,
			/has no IPv4 address/,
		],
		["line --recipes ./none", 3, /none cannot be read/],
		["line --recipes ./empty", 3, /has no station-1\.params/],
		["line --data ./plant", 3, /holds something else/],
		["line --data ./text", 3, /text cannot be written to/],
		["line --data /proc/nope", 3, /\/proc\/nope cannot be written to/],
		["line --data ./broken-run", 3, /line\.json cannot be read/],
		["line --broker mqtt://no.such.host.invalid", 4, /has no IPv4 address/],
	];
	for (const [text, expected, complaint] of wrong) {
		const shown = text.replaceAll(RECIPES, "recipes");
		it(`exits with ${expected} for \`interlock ${shown}\``, () => {
			const words = text.split(" ").map((word) => word.replace(/^\.(?=\/)/, scratch));
			const { status, stdout, stderr } = interlock(...words);
			assert.equal(status, expected, stderr);
			assert.match(stderr, complaint);
			assert.doesNotMatch(stderr, /\n\s+at |\bE[A-Z]{4,}: .*\bE[A-Z]{4,}: /);
			assert.equal(stdout, "");
		});
	}

	it("names an empty serial number as such", () => {
		const { status, stderr } = interlock("unit", "show", "", "--data", at("new"));
		assert.equal(status, 3);
		assert.match(stderr, /is not there|"" is not a serial number/);
	});

	it("says which port is in use", async () => {
		const other = createServer().listen(0, "127.0.0.1");
		await new Promise((resolve) => other.once("listening", resolve));
		const address = other.address();
		assert.ok(typeof address === "object" && address !== null);
		const { status, stderr } = interlock("broker", "--port", String(address.port));
		other.close();
		assert.equal(status, 4);
		assert.match(stderr, new RegExp(`port ${address.port} of 127.0.0.1 is in use`));
	});

	/** Starts a command, waits for its first output, interrupts it. */
	async function interrupted(...args: string[]): Promise<{ status: number | null; said: string }> {
		const child = spawn(process.execPath, [RUN, ...args], { stdio: ["ignore", "pipe", "pipe"] });
		let said = "";
		await new Promise<void>((resolve) => {
			for (const stream of [child.stdout, child.stderr])
				stream.on("data", (bytes: Buffer) => {
					said += bytes.toString();
					resolve();
				});
			child.once("exit", () => resolve());
		});
		const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
		child.kill("SIGINT");
		return { status: await ended, said };
	}

	it("stops a server whose broker is out of reach, and says what is out of reach once a try", async () => {
		const flags = ["--broker", NOWHERE, "--keys", at("plant"), "--data", at("served")];
		const { status, said } = await interrupted("server", ...flags);
		assert.equal(status, 0, said);
		assert.doesNotMatch(said, /ECONNREFUSED|offline/);
	});

	it("stops a line with ^C, exit status 130, every process gone", async () => {
		const { status, said } = await interrupted("line", "--data", at("run"), "--units", "50");
		assert.equal(status, 130, said);
		assert.match(said, /seed \d+|interrupted before the line was ready to start/);
		const report = interlock("line", "status", "--data", at("run"), "--json");
		assert.equal(report.status, 0, report.stderr);
	});

	it("goes on without a reader of its complaints", async () => {
		const flags = ["--broker", NOWHERE, "--keys", at("plant"), "--data", at("unread")];
		const child = spawn(process.execPath, [RUN, "server", ...flags], {
			stdio: ["ignore", "ignore", "pipe"],
		});
		await new Promise<void>((resolve) => child.stderr.once("data", () => resolve()));
		child.stderr.destroy();
		// It writes again at its next try; a crash would end it before it is told to stop.
		await new Promise((resolve) => setTimeout(resolve, 1500));
		assert.equal(child.exitCode, null);
		const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
		child.kill("SIGTERM");
		assert.equal(await ended, 0);
	});
});
