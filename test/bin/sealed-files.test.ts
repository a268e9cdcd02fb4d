/** `recipe seal` and `flash inspect`: what is sealed opens with the station's key alone. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createPrivateKey } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { provision } from "../../host-sim/flash-image.js";
import { flashUser } from "../../host-sim/flash-user.js";
import { spawnStation } from "../../host-sim/station-process.js";
import { loadBundle, provisioning, stationDirectory } from "../../keys/keys.js";
import { concat, hex } from "../../modules/bytes/bytes.js";
import { headSize, parseHead } from "../../modules/envelope/head.js";
import { openHead, SegmentsDigest } from "../../modules/envelope/open.js";
import { NodeCrypto } from "../../server/crypto.js";
import { interlock, RECIPES, RUN } from "./support.js";

const PARAMETERS = join(RECIPES, "station-1.params");

describe("recipe seal and flash inspect", function () {
	this.timeout(90_000);
	let scratch = "";
	let plant = "";

	before(() => {
		scratch = mkdtempSync(join(tmpdir(), "interlock-seal-"));
		plant = join(scratch, "plant");
		const keys = ["--keys", plant, "--bits", "2048"];
		assert.equal(interlock("keys", "init", "--line", "press", ...keys).status, 0);
		assert.equal(interlock("keys", "enrol", "drill", "mill", ...keys).status, 0);
	});
	after(() => rmSync(scratch, { recursive: true, force: true }));

	function seal(...args: string[]) {
		return interlock("recipe", "seal", "--keys", plant, ...args);
	}

	it("makes a file that its station's key opens, and says its digest", () => {
		const out = join(scratch, "one.envelope");
		const flags = ["--station", "drill", "--version", "3", "--out", out, "--json"];
		const { status, stdout, stderr } = seal(PARAMETERS, ...flags);
		assert.equal(status, 0, stderr);
		const said = JSON.parse(stdout);
		const bytes = new Uint8Array(readFileSync(out));
		const size = headSize(bytes) ?? 0;
		const head = parseHead(bytes.slice(0, size));
		const crypto = new NodeCrypto();
		assert.equal(said.digest, hex(crypto.sha256(head.bytes)));
		assert.deepEqual(
			[said.station, said.id, said.version, said.size],
			["press.drill", "station-1", 3, bytes.length],
		);
		const segments = new SegmentsDigest(crypto, head);
		segments.add(bytes.subarray(size));
		assert.ok(segments.matches());

		const open = (station: string) => {
			const bundle = loadBundle(stationDirectory(plant, station), crypto);
			const der = Buffer.from(bundle.kem);
			const key = createPrivateKey({ key: der, format: "der", type: "pkcs1" });
			return openHead({
				crypto,
				head,
				recipient: "press.drill",
				verify: crypto.publicKey(bundle.server.sign as Uint8Array, "verify"),
				unwrap: NodeCrypto.privateKey(key, "unwrap"),
				versionFloor: 3,
			});
		};
		const opener = open("press.drill");
		assert.ok(typeof opener === "object");
		const pieces: Uint8Array[] = [];
		for (let i = 0, at = size; i < opener.segments; i++) {
			const end = Math.min(bytes.length, at + head.segmentSize + 16);
			pieces.push(opener.open(i, bytes.subarray(at, end)) ?? new Uint8Array());
			at = end;
		}
		assert.deepEqual(concat(...pieces), new Uint8Array(readFileSync(PARAMETERS)));
		assert.equal(open("press.mill"), "unauthentic");
	});

	it("takes a file of many pieces, and puts its segments where they belong", () => {
		const file = join(scratch, "long.params");
		const lines = Array.from({ length: 20_000 }, (_, i) => `r${i}= ${i}\n`);
		writeFileSync(file, `# R\n${lines.join("")}`);
		const out = join(scratch, "long.envelope");
		const { status, stdout, stderr } = seal(
			...[file, "--station", "drill", "--version", "1", "--out", out, "--json"],
		);
		assert.equal(status, 0, stderr);
		const said = JSON.parse(stdout);
		const bytes = new Uint8Array(readFileSync(out));
		const crypto = new NodeCrypto();
		const head = parseHead(bytes.slice(0, headSize(bytes)));
		assert.equal(said.digest, hex(crypto.sha256(head.bytes)));
		assert.deepEqual([said.size, said.segments], [bytes.length, Math.ceil(head.size / 4096)]);
		assert.equal(head.size, readFileSync(file).length);
		const segments = new SegmentsDigest(crypto, head);
		segments.add(bytes.subarray(head.bytes.length));
		assert.ok(segments.matches());
	});

	it("never replaces a file, and leaves none behind where it fails", () => {
		const out = join(scratch, "two.envelope");
		const flags = ["--station", "press.drill", "--out", out];
		assert.equal(seal(PARAMETERS, ...flags, "--version", "1").status, 0);
		const before = readFileSync(out);
		const again = seal(PARAMETERS, ...flags, "--version", "2");
		assert.equal(again.status, 3);
		assert.match(again.stderr, /two\.envelope is there already: name another --out/);
		assert.ok(readFileSync(out).equals(before));
		const nowhere = join(scratch, "no", "where");
		const lost = seal(PARAMETERS, "--station", "drill", "--version", "1", "--out", nowhere);
		assert.equal(lost.status, 3);
		assert.match(lost.stderr, /the directory of .*where is not there/);
	});

	const wrong: [string, string[], number, RegExp][] = [
		[
			"an unknown station",
			[PARAMETERS, "--station", "lathe"],
			3,
			/press\.lathe is not enrolled; there are press\.drill, press\.mill/,
		],
		[
			"another line's station",
			[PARAMETERS, "--station", "weld.drill"],
			3,
			/weld\.drill is not enrolled/,
		],
		[
			"a missing file",
			["none.params", "--station", "drill"],
			3,
			/none\.params is not there: name a parameter file/,
		],
		["a directory", [RECIPES, "--station", "drill"], 3, /is a directory: name a parameter file/],
		[
			"limits instead of a recipe's name",
			[PARAMETERS, "--station", "drill", "--id", "A b"],
			3,
			/"A b" is not a recipe's name/,
		],
		[
			"a plant that is none",
			[PARAMETERS, "--station", "drill", "--keys", RECIPES],
			3,
			/is no plant/,
		],
		["version 0", [PARAMETERS, "--station", "drill", "--version", "0"], 2, /whole number from 1/],
	];
	for (const [what, args, expected, complaint] of wrong) {
		it(`refuses ${what}`, () => {
			const out = join(scratch, "never.envelope");
			const { status, stderr } = seal("--version", "1", "--out", out, ...args);
			assert.equal(status, expected, stderr);
			assert.match(stderr, complaint);
			assert.ok(!existsSync(out));
		});
	}

	it("refuses a recipe with a fault, naming file, line and column once", () => {
		const file = join(scratch, "twice.params");
		writeFileSync(file, "# R\nr1= 1\nr1= 2\n");
		for (const command of [
			["recipe", "check", file],
			["recipe", "seal", file, "--keys", plant, "--station", "drill", "--version", "1"],
		]) {
			const { status, stderr } = interlock(...command);
			assert.equal(status, 3);
			assert.equal(
				stderr,
				`interlock: ${file}: line 3, column 1: this name came before in its section\n`,
			);
		}
	});

	function flashOf(station: string): string {
		const file = join(scratch, `${station}.flash`);
		const bundle = loadBundle(stationDirectory(plant, station));
		provision({ file, ...provisioning(bundle, { host: "127.0.0.1", port: 1 }) });
		return file;
	}

	it("shows whose flash image it is, as text and as JSON, without its password", () => {
		const file = flashOf("press.drill");
		const { password } = loadBundle(stationDirectory(plant, "press.drill"));
		const text = interlock("flash", "inspect", file);
		assert.equal(text.status, 0, text.stderr);
		assert.match(text.stdout, /station +press\.drill, broker 127\.0\.0\.1:1/);
		assert.match(text.stdout, /credential +press\.drill, epoch 1/);
		assert.match(text.stdout, /keys +4096 +16384 +key "kem"/);
		const json = interlock("flash", "inspect", file, "--json");
		assert.equal(JSON.parse(json.stdout).board.station, "press.drill");
		for (const said of [text, json]) assert.ok(!said.stdout.includes(password));
	});

	it("refuses a broken image with what is broken and where, and what is none", () => {
		const file = flashOf("press.mill");
		const bytes = readFileSync(file);
		bytes[40] = ~(bytes[40] as number);
		writeFileSync(file, bytes);
		const broken = interlock("flash", "inspect", file, "--json");
		assert.equal(broken.status, 3);
		assert.match(JSON.parse(broken.stdout).error.message, /table of partitions, bytes 0 to \d+/);
		for (const [path, complaint] of [
			[join(scratch, "none"), /is not there: name a flash image/],
			[scratch, /is not a file/],
			[PARAMETERS, /does not begin with "interlock-flash1"/],
		] as const) {
			const { status, stderr } = interlock("flash", "inspect", path);
			assert.equal(status, 3);
			assert.match(stderr, complaint);
		}
	});

	it("reads the image of a running station, and a second station may not take it", async () => {
		const file = flashOf("press.drill");
		let started: () => void = () => {};
		const running = new Promise<void>((resolve) => {
			started = resolve;
		});
		const board = spawnStation({ flash: file, onEvent: () => started() });
		try {
			await running;
			assert.equal(flashUser(file), board.pid);
			const { status, stdout, stderr } = interlock("flash", "inspect", file, "--json");
			assert.equal(status, 0, stderr);
			assert.equal(JSON.parse(stdout).inUseBy, board.pid);
			const bundle = stationDirectory(plant, "press.drill");
			const flags = ["--broker", "mqtt://127.0.0.1:1", "--keys", bundle, "--flash", file];
			const second = interlock("station", ...flags);
			assert.equal(second.status, 4);
			assert.match(second.stderr, new RegExp(`in use by process ${board.pid}`));
		} finally {
			board.stop();
			await board.exited;
		}
		assert.equal(flashUser(file), undefined);
	});

	it("seals into the working directory unless told otherwise", () => {
		const { status } = spawnSync(
			process.execPath,
			[RUN, "recipe", "seal", PARAMETERS, "--keys", plant, "--station", "mill", "--version", "9"],
			{ cwd: scratch },
		);
		assert.equal(status, 0);
		assert.ok(existsSync(join(scratch, "station-1-9.envelope")));
	});
});
