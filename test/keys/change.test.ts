import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import {
	cpSync,
	existsSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { changePlant, settlePlant } from "../../keys/change.js";
import { enrol, initPlant, KeysError, loadServerKeys, readPlant, rotate } from "../../keys/keys.js";

const small = { rsaBits: 2048 };
const plain = (text: string) => ({ bytes: text, mode: 0o600 });

function is(code: KeysError["code"]) {
	return (error: unknown) => error instanceof KeysError && error.code === code;
}

describe("change of a plant", function () {
	this.timeout(60_000);
	let base: string;
	let directory: string;
	beforeEach(() => {
		base = mkdtempSync(join(tmpdir(), "interlock-change-"));
		directory = join(base, "plant");
		mkdirSync(directory);
	});
	afterEach(() => rmSync(base, { recursive: true, force: true }));

	const text = (path: string) => readFileSync(join(directory, path), "utf8");
	const change = (files: { [path: string]: { bytes: string; mode: number } }, waitMs = 5000) =>
		changePlant(directory, async () => ({ files, result: undefined }), waitMs);

	it("replaces and adds files, and leaves nothing else behind", async () => {
		await change({ a: plain("1"), "deep/er/b": plain("2") });
		await change({ a: plain("3") });
		assert.deepEqual([text("a"), text("deep/er/b")], ["3", "2"]);
		assert.deepEqual(readdirSync(directory).sort(), ["a", "deep", "plant.lock"]);
		assert.equal(text("plant.lock"), "");
	});

	it("changes nothing where the work fails, or a file cannot be written", async () => {
		await change({ a: plain("1") });
		const failing = changePlant(directory, () => Promise.reject(new Error("no")));
		await assert.rejects(failing, /^Error: no$/);
		mkdirSync(join(directory, ".change.new"));
		writeFileSync(join(directory, ".change.new/0"), "left by a killed one");
		await change({ b: plain("2") });
		assert.deepEqual(readdirSync(directory).sort(), ["a", "b", "plant.lock"]);
	});

	it("finishes a change that was cut off at any of its moves", async () => {
		const paths = ["a", "d/b", "d/c"];
		for (let moved = 0; moved <= paths.length; moved++) {
			for (const path of paths) rmSync(join(directory, path), { force: true });
			mkdirSync(join(directory, "d"), { recursive: true });
			const staged = join(directory, ".change");
			mkdirSync(staged);
			for (const [at, path] of paths.entries())
				writeFileSync(at < moved ? join(directory, path) : join(staged, String(at)), "new");
			writeFileSync(join(staged, "list.json"), JSON.stringify({ format: 1, paths }));
			settlePlant(directory);
			assert.deepEqual(paths.map(text), ["new", "new", "new"]);
			assert.ok(!existsSync(staged));
		}
	});

	it("refuses a list that is damaged or leads elsewhere", () => {
		const staged = join(directory, ".change");
		for (const list of [
			"{",
			"[]",
			'{"format":1,"paths":["../x"]}',
			'{"format":1,"paths":["/x"]}',
			'{"format":1,"paths":["a/../../x"]}',
			'{"format":1,"paths":[1]}',
			JSON.stringify({ format: 1, paths: Array.from({ length: 10_001 }, (_, i) => `f${i}`) }),
		]) {
			mkdirSync(staged, { recursive: true });
			writeFileSync(join(staged, "list.json"), list);
			assert.throws(() => settlePlant(directory), is("invalid"), list.slice(0, 40));
		}
		assert.deepEqual(readdirSync(base), ["plant"]);
	});

	it("is made by one at a time, in the order of asking", async () => {
		const order: string[] = [];
		let release: () => void = () => {};
		const held = new Promise<void>((resolve) => {
			release = resolve;
		});
		const first = changePlant(directory, async () => {
			order.push("first");
			await held;
			order.push("end of first");
			return { files: {}, result: undefined };
		});
		await assert.rejects(change({}, 0), is("busy"));
		const second = changePlant(directory, async () => {
			order.push("second");
			return { files: {}, result: undefined };
		});
		release();
		await Promise.all([first, second]);
		assert.deepEqual(order, ["first", "end of first", "second"]);
	});

	it("does not wait for a process that was killed", async () => {
		const module = JSON.stringify(new URL("../../keys/change.js", import.meta.url).href);
		const script = `const { changePlant } = await import(${module});
			await changePlant(process.argv[1], () => new Promise(() => {
				process.stdout.write("held");
				setInterval(() => {}, 1000);
			}));`;
		const child = spawn(process.execPath, ["--input-type=module", "-e", script, directory], {
			stdio: ["ignore", "pipe", "inherit"],
		});
		const ended = new Promise((resolve) => child.once("exit", resolve));
		await new Promise((resolve) => child.stdout.once("data", resolve));
		await assert.rejects(change({}, 0), is("busy"));
		child.kill("SIGKILL");
		await ended;
		await change({ a: plain("1") }, 0);
		assert.equal(text("a"), "1");
	});

	it("is whole for whoever loads the keys meanwhile, and counts though its process was killed", async () => {
		rmSync(directory, { recursive: true });
		await initPlant({ directory, line: "demo", ...small });
		await enrol({ directory, stations: ["s1"], ...small });
		const copy = join(base, "copy");
		cpSync(directory, copy, { recursive: true });
		await rotate({ directory: copy, subject: "server", ...small });
		// As if it had been killed right after the change counted.
		const paths = [
			"server/credential.cose",
			"server/kem.key.pem",
			"server/sign.key.pem",
			"server/earlier-kem.json",
			"stations/demo.s1/server.cose",
			"epochs.cose",
		];
		const staged = join(directory, ".change");
		mkdirSync(staged);
		for (const [at, path] of paths.entries()) cpSync(join(copy, path), join(staged, String(at)));
		writeFileSync(join(staged, "list.json"), JSON.stringify({ format: 1, paths }));
		assert.equal(loadServerKeys(directory).credential.epoch, 2);
		assert.ok(!existsSync(staged));
		assert.deepEqual(readPlant(directory).stations, ["demo.s1"]);
	});
});
