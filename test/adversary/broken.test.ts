/** That an attack is stopped says something only if it would succeed on a system that is broken: one defence taken out each. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Tried } from "../../host-sim/adversary/attack.js";

const BUILD = new URL("../../", import.meta.url);
const RUN = fileURLToPath(new URL("broken-run.js", import.meta.url));

interface Broken {
	readonly attack: string;
	/** Compiled, relative to build/. */
	readonly file: string;
	readonly find: string;
	readonly replace: string;
	/** What is missing. */
	readonly without: string;
}

const BROKEN: readonly Broken[] = [
	{
		attack: "replay",
		without: "the sequence number",
		file: "modules/channel/session.js",
		find: "seq === undefined || seq <= this.#openedSeq",
		replace: "seq === undefined",
	},
	{
		attack: "tamper",
		without: "the tag",
		file: "server/crypto-handles.js",
		find: "decipher.final();",
		replace: "",
	},
	{
		attack: "forge",
		without: "the signature of a file",
		file: "modules/envelope/open.js",
		find: "!crypto.verify(verify, head.signed, head.signature)",
		replace: "false",
	},
	{
		attack: "impersonate-server",
		without: "the server's confirm",
		file: "modules/channel/initiator.js",
		find: "crypto.equal(confirm, welcome.confirm)",
		replace: "true",
	},
	{
		attack: "hold-back",
		without: "the age of a question",
		file: "modules/station/link.js",
		find: "request !== undefined && nowMs - request.atMs < FRESH_MS",
		replace: "true",
	},
	{
		attack: "stolen-station",
		without: "whose file it is",
		file: "server/files.js",
		find: "file?.station !== station",
		replace: "!file",
	},
];

async function attacked({ attack, file, find, replace }: Broken): Promise<Tried> {
	const change = { url: new URL(file, BUILD).href, find, replace };
	const { stdout } = await promisify(execFile)(process.execPath, [
		RUN,
		JSON.stringify(change),
		attack,
	]);
	const [tried] = JSON.parse(stdout) as Tried[];
	assert.ok(tried, `there is no attack ${attack}`);
	return tried;
}

describe("attacks on a broken suite 1", function () {
	this.timeout(120_000);

	for (const broken of BROKEN)
		it(`succeed: ${broken.attack}, without ${broken.without}`, async () => {
			const { outcome, evidence, steps } = await attacked(broken);
			assert.equal(outcome, "succeeded", evidence);
			assert.ok(steps.some((step) => "at" in step && step.isHarm));
		});
});
