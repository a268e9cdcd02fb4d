/**
 * The corpus and some thousands of new inputs for every decoder. In a process of its own, since V8 counts only what it
 * compiles after the counting began. Longer: `npm run fuzz`.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { SEED } from "../hostile/support.js";
import { readCorpus } from "./corpus.js";
import { SUBJECTS } from "./subjects.js";

const RUN = fileURLToPath(new URL("run.js", import.meta.url));
/** For a plain decoder; fewer for what costs more. */
const INPUTS = 6000;

interface Row {
	readonly subject: string;
	readonly inputs: number;
	readonly kept: number;
	readonly found?: { readonly error: string; readonly input: string; readonly repeat: string };
}

describe("hostile input to decoders", function () {
	this.timeout(300_000);
	let rows: readonly Row[] = [];
	let status: number | null = null;
	before(() => {
		const args = ["--enable-source-maps", RUN, "--seed", `${SEED}`, "--inputs", `${INPUTS}`];
		const run = spawnSync(process.execPath, [...args, "--json"], { encoding: "utf8" });
		const last = run.stdout.trim().split("\n").at(-1) ?? "";
		assert.ok(last.startsWith("{"), `no result: ${run.stderr}`);
		rows = (JSON.parse(last) as { subjects: Row[] }).subjects;
		status = run.status;
	});

	for (const { name, seeds, cost = 1 } of SUBJECTS)
		it(`is read or refused by name, and nothing else: ${name}`, () => {
			const row = rows.find(({ subject }) => subject === name);
			assert.ok(row, "it was not tried");
			assert.deepEqual(row.found, undefined, `seed ${SEED}`);
			assert.ok(row.inputs >= INPUTS / cost && row.inputs > seeds.length);
		});

	it("begins with a corpus for every decoder", () => {
		for (const { subject, kept } of rows) {
			const corpus = readCorpus(subject);
			assert.ok(corpus.length > 0 && kept >= corpus.length, subject);
		}
	});

	it("ends with status 0", () => assert.equal(status, 0));
});
