/** The profiler in the simulator's host: what it finds is what was there, and it changes nothing. No test asserts a time. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { byFunction, byKind, type TreeNode } from "../../host-sim/profile/profile.js";
import { checkSums, prepare, runPlain, runProfiled, sumOf } from "./support.js";

const GRIND = { options: { work: "grind", turns: "6000000" } };
const CHURN = { options: { work: "churn", turns: "3000" } };
/** A board's memory, small: garbage is collected all the time. */
const SMALL = [
	...["creation static 200000", "creation chunk.initial 4096", "creation chunk.incremental 512"],
	...["creation heap.initial 600", "creation heap.incremental 64"],
];
/** Every slot is watched. */
const EVERY = ["--profile-slots", "1"];

describe("profiler", function () {
	this.timeout(60_000);
	before(() => prepare());

	it("finds the function in which the time goes, its class and where it is", async () => {
		const { profile, code } = await runProfiled(GRIND);
		assert.equal(code, 0);
		checkSums(profile);
		const [top] = byFunction(profile, profile.nodes[0] as TreeNode);
		assert.equal(top?.function.label, "Mill.grind");
		assert.match(top.function.place, /^test\/on-xs\/profile-subject\.ts:\d+$/);
		assert.ok(top.self > 0.8 * profile.busyTicks, `${top.self} of ${profile.busyTicks}`);
	});

	it("counts for who calls what it called, and not as its own", async () => {
		const { profile } = await runProfiled(GRIND);
		const caller = sumOf(profile, "Mill.supervise");
		const callee = sumOf(profile, "Mill.grind");
		assert.ok(caller.total >= callee.total);
		assert.ok(caller.self < 0.1 * profile.busyTicks);
	});

	it("finds the native in which the time goes, and what kind it is", async () => {
		const { profile } = await runProfiled({ options: { work: "hash", turns: "800" } });
		const [top] = byFunction(profile, profile.nodes[0] as TreeNode);
		assert.equal(top?.function.place, "xs_interlock_hash_update");
		const crypto = byKind(profile, profile.nodes[0] as TreeNode).find(
			({ kind }) => kind === "crypto",
		);
		assert.ok((crypto?.ticks ?? 0) > 0.8 * profile.busyTicks);
		assert.ok(sumOf(profile, "PsaCrypto.sha256").total >= top.total);
	});

	it("finds who owns what is alive, and who allocated it", async () => {
		const count = 3000;
		const ask = { options: { work: "leak", turns: String(count) }, argv: EVERY, table: SMALL };
		const { profile } = await runProfiled({ ...ask, table: ["creation heap.incremental 64"] });
		checkSums(profile);
		const { owners } = profile.raw.peak;
		const owner = owners.find(({ name }) => name === "Kept");
		const buffers = owners.find(({ name }) => name === "ArrayBuffer");
		assert.ok(owner && buffers);
		assert.equal(owner.module, "test/on-xs/profile-subject");
		// The last of them came after the last collection.
		assert.ok(owner.instances > 0.8 * count && owner.instances <= count, String(owner.instances));
		assert.ok(buffers.chunkBytes >= 64 * owner.instances);
		const [root] = profile.nodes as [TreeNode];
		const slots = (node: TreeNode): number =>
			node.raw.peakSlots + node.children.reduce((sum, child) => sum + slots(child), 0);
		const leaking = profile.nodes.find((node) => node.function.label === "leak") as TreeNode;
		assert.ok(slots(leaking) > 0.9 * slots(root), "nearly all that is alive is the leak's");
	});

	it("counts every slot where each is watched, and about as many where one of many is", async () => {
		const watched = async (argv: readonly string[]) => {
			const { profile } = await runProfiled({ ...CHURN, argv });
			const sum = profile.raw.nodes.reduce((total, node) => total + node.slots, 0);
			return { sum, all: profile.raw.slotsAllocated };
		};
		const every = await watched(EVERY);
		assert.equal(every.sum, every.all);
		const some = await watched(["--profile-slots", "16"]);
		assert.equal(some.all, every.all);
		assert.ok(Math.abs(some.sum / some.all - 1) < 0.05, `${some.sum} of ${some.all}`);
	});

	it("tells collections apart, in a memory that is always full", async () => {
		const { profile, code, errors } = await runProfiled({ ...CHURN, table: SMALL });
		assert.equal(code, 0, errors);
		checkSums(profile);
		assert.ok(profile.raw.collections > 1000, String(profile.raw.collections));
		assert.ok(profile.raw.compactions > 100, String(profile.raw.compactions));
		const collector = sumOf(profile, "(garbage collector)");
		assert.ok(collector.self > 0.3 * profile.busyTicks);
	});

	it("begins a phase where the console says so", async () => {
		const argv = ["first", "first>second=phase two", "third>first=phase two"].flatMap((mark) => [
			"--profile-mark",
			mark,
		]);
		const { profile } = await runProfiled({ ...CHURN, argv });
		assert.deepEqual(
			profile.phases.map(({ name }) => name),
			["first", "second"],
		);
		const [first, second] = profile.phases.map(({ node }) => node.total) as [number, number];
		assert.ok(second > 5 * first);
	});

	it("changes nothing of what the console says, on or off", async () => {
		const wanted = await runPlain({ ...CHURN, engine: "plain" });
		assert.equal(wanted.code, 0);
		const off = await runPlain(CHURN);
		assert.deepEqual([off.code, off.lines], [0, wanted.lines]);
		const on = await runProfiled(CHURN);
		assert.deepEqual([on.code, on.lines], [0, wanted.lines]);
	});

	it("writes the profile of a board whose memory was full, too", async () => {
		const { code, profile } = await runProfiled({ options: { work: "full" }, table: SMALL });
		assert.equal(code, 71);
		checkSums(profile);
		const [largest] = [...profile.raw.end.owners].sort((a, b) => b.chunkBytes - a.chunkBytes);
		assert.equal(largest?.name, "ArrayBuffer");
	});

	it("is refused by a build that has none, and with arguments that are none", async () => {
		const status = async (engine: "plain" | "profiled", ...argv: string[]) => {
			const { code, errors } = await runPlain({ ...CHURN, engine, argv });
			return `${code} ${errors}`;
		};
		assert.match(await status("plain", "--profile", "x"), /^64 .*no profiler.*setup\.mjs profiled/);
		assert.match(await status("profiled", "--profile-slots", "0"), /^64 .*1 to 1000/);
		assert.match(await status("profiled", "--profile-slots", "1001"), /^64 .*1 to 1000/);
		assert.match(await status("profiled", "--profile", "/nonexistent/x"), /^64 .*cannot write/);
	});
});

describe("profiler, beyond its tables", function () {
	this.timeout(60_000);
	let folder: string;
	before(async () => {
		await prepare();
		folder = mkdtempSync(join(tmpdir(), "interlock-profile-"));
	});
	after(() => rmSync(folder, { recursive: true }));

	/** Runs `source` with every slot watched. */
	async function runSource(source: string) {
		const file = join(folder, "many.js");
		writeFileSync(file, source);
		const table = [`module test/on-xs/profile-many load ${file}`];
		const module = "profile-many";
		const { profile, code, errors } = await runProfiled({
			options: {},
			module,
			table,
			argv: EVERY,
		});
		assert.equal(code, 0, errors);
		checkSums(profile);
		const sum = profile.raw.nodes.reduce((total, node) => total + node.slots, 0);
		assert.equal(sum, profile.raw.slotsAllocated, "a slot is missing");
		return profile;
	}

	const numbers = (count: number) => Array.from({ length: count }, (_, i) => i);

	it("takes functions past its table together", async () => {
		const functions = numbers(5000).map(() => "() => [{}]");
		const profile = await runSource(`for (const each of [${functions}]) each();`);
		assert.equal(profile.functions.length, 4096);
		assert.ok(sumOf(profile, "(not told apart)").slots > 0);
	});

	it("counts for the caller where the tree is full", async () => {
		const outer = numbers(300).map((i) => `function a${i}() { for (const b of all) b(); }`);
		const inner = numbers(200).map((i) => `function b${i}() { return [{}]; }`);
		const all = `const all = [${numbers(200).map((i) => `b${i}`)}];`;
		const calls = numbers(300).map((i) => `a${i}();`);
		const profile = await runSource([...outer, ...inner, all, ...calls].join("\n"));
		assert.ok(profile.nodes.length > 30_000 && profile.nodes.length <= 32_768);
	});

	it("counts owners past its table for the first", async () => {
		const classes = numbers(600).map((i) => `class C${i} { x = ${i}; }`);
		const kept = `globalThis.kept = [${numbers(600).map((i) => `new C${i}()`)}];`;
		const profile = await runSource([...classes, kept].join("\n"));
		const { length } = profile.raw.end.owners;
		assert.ok(length > 500 && length <= 512, String(length));
	});

	it("says how many slots it could not watch", async () => {
		const profile = await runSource(
			"globalThis.kept = []; for (let i = 0; i < 70000; i++) kept.push({});",
		);
		assert.ok(profile.raw.trackedLost > 0);
	});

	it("leaves out the outermost frames of a stack that is too deep", async () => {
		const { profile } = await runProfiled({ options: { work: "deep", turns: "300" }, argv: EVERY });
		checkSums(profile);
		assert.ok(profile.raw.stacksCut > 0);
		assert.ok(sumOf(profile, "deepAgain").total > 0);
	});

	for (const [what, pattern, argv] of [
		["phases", /more than 12 phases/, numbers(13).map((i) => `p${i}`)],
		["marks", /more than 32 marks/, numbers(33).map((i) => `p=line ${i}`)],
	] as const)
		it(`refuses more ${what} than it has room for`, async () => {
			const marks = argv.flatMap((mark) => ["--profile-mark", mark]);
			const { code, errors } = await runPlain({ ...CHURN, argv: marks });
			assert.equal(code, 64);
			assert.match(errors, pattern);
		});
});

describe("profiler under the sanitizers", function () {
	this.timeout(240_000);
	before(() => prepare("profiled-sanitized"));

	it("survives collections at every turn, and more samples than it keeps", async () => {
		const { profile, code, errors } = await runProfiled({
			engine: "sanitized",
			...CHURN,
			argv: EVERY,
			table: SMALL,
		});
		assert.equal(code, 0, errors);
		checkSums(profile);
		assert.ok(profile.raw.collections > 1000);
		assert.equal(profile.raw.samples.length, 256);
		assert.ok(profile.raw.ticksUnordered > 0);
	});

	it("survives a full memory", async () => {
		const ask = { engine: "sanitized", options: { work: "full" }, table: SMALL } as const;
		const { code, profile } = await runProfiled(ask);
		assert.equal(code, 71);
		checkSums(profile);
	});
});
