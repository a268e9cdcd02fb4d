/**
 * Secrets are wiped: looks for them in all memory that a board's process can write, while they are
 * in use and after their handles are closed. More secrets and other ways to end: test/native/wiping.test.ts.
 */

import assert from "node:assert/strict";
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { constants, hkdfSync, type KeyObject, publicEncrypt, randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { provision } from "../../host-sim/flash-image.js";
import { found, HALF } from "../support/memory.js";
import { newPair, privateDer, publicDer } from "./subjects.js";

const build = fileURLToPath(new URL("../..", import.meta.url));

type Board = ChildProcessByStdio<null, Readable, null>;

function hkdf(ikm: Uint8Array, info: string, size: number): Buffer {
	return Buffer.from(hkdfSync("sha256", ikm, "", info, size));
}

/** What a board that runs crypto-wiping.ts must keep to itself. */
function secrets(pair: KeyObject, secret: Buffer): Record<string, Buffer> {
	const { d = "", p = "", q = "" } = pair.export({ format: "jwk" });
	const part = (number: string) => Buffer.from(number, "base64url").subarray(HALF, 3 * HALF);
	const one = hkdf(secret, "one", 64);
	return {
		"unwrapped secret": secret,
		"AES key": one.subarray(0, 32),
		"HMAC key": one.subarray(32),
		"AES key of joined secrets": hkdf(Buffer.concat([secret, secret]), "two", 32),
		"private exponent": part(d),
		"first prime": part(p),
		"second prime": part(q),
	};
}

async function start(folder: string, options: Record<string, string>): Promise<Board> {
	const table = join(folder, "table.txt");
	const modules = ["crypto-wiping", "crypto-operations"].map(
		(name) => `module test/on-xs/${name} load ${name}.js`,
	);
	for (const name of ["crypto-wiping", "crypto-operations"])
		writeFileSync(join(folder, `${name}.js`), readFileSync(join(build, `test/on-xs/${name}.js`)));
	writeFileSync(table, `lazy\ncreation static 0\n${modules.join("\n")}\n`);
	const argv = ["--modules", join(build, "xs/modules.txt"), "--modules", table];
	argv.push("--main", "test/on-xs/crypto-wiping", "--flash", join(folder, "flash.bin"));
	for (const [name, value] of Object.entries(options)) argv.push("--option", `${name}=${value}`);
	const board = spawn(join(build, "xs/interlock-xs"), argv, {
		stdio: ["ignore", "pipe", "inherit"],
	});
	await new Promise<void>((resolve, reject) => {
		let text = "";
		board.stdout.setEncoding("utf8").on("data", (more: string) => {
			text += more;
			if (text.includes("@ready")) resolve();
		});
		board.on("error", reject).on("close", (code) => reject(new Error(`ended with ${code}`)));
	});
	return board;
}

describe("wiping on XS on Linux", function () {
	this.timeout(60_000);

	const folder = mkdtempSync(join(tmpdir(), "interlock-wiping-"));
	const pair = newPair(2048);
	const secret = randomBytes(32);
	const wanted = secrets(pair, secret);
	const oaep = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: "sha256" };
	const oaepLabel = Buffer.from("label");
	const options = {
		wrapped: publicEncrypt({ ...oaep, key: pair, oaepLabel }, secret).toString("hex"),
		public: Buffer.from(publicDer(pair)).toString("hex"),
	};

	before(() => {
		provision({ file: join(folder, "flash.bin"), keys: { pair: privateDer(pair) }, config: {} });
	});
	after(() => rmSync(folder, { recursive: true }));

	async function look(close: string): Promise<string[]> {
		const board = await start(folder, { ...options, close });
		try {
			return found(board.pid as number, wanted);
		} finally {
			const ended = new Promise((resolve) => board.on("close", resolve));
			board.kill("SIGKILL");
			await ended;
		}
	}

	it("shows every secret while it is in use, so that the next test means something", async () => {
		assert.deepEqual((await look("no")).sort(), Object.keys(wanted).sort());
	});

	it("leaves nothing of any secret once its handle is closed", async () => {
		assert.deepEqual(await look("yes"), []);
	});
});
