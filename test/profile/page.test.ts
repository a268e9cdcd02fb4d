/** What is made of a profile: numbers, a page, the form of Chrome's tools; and profiles that are none. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { cpuProfile } from "../../host-sim/profile/cpuprofile.js";
import { barsOf } from "../../host-sim/profile/flame.js";
import { profilePage } from "../../host-sim/profile/page.js";
import { byFunction, type TreeNode, understand } from "../../host-sim/profile/profile.js";
import { FORMAT, ProfileError, parseProfile } from "../../host-sim/profile/raw.js";
import { reportJson, reportText } from "../../host-sim/profile/report.js";
import { all, HOSTILE, one, parse, textOf } from "../adversary/support.js";

const COUNTS = [
	...["slotPeriod", "wallNs", "cpuNs", "ticks", "ticksUnordered", "stacksCut", "collections"],
	...["compactions", "collectionNs", "reports", "slotsAllocated", "chunksAllocated"],
	...["chunkBytesAllocated", "trackedLost", "reservedBytes", "limitBytes", "stackBytes"],
];

/** Recursion, a native, a collection and idling; `name` is what the recursive function is called. */
function raw(name = "again"): Record<string, unknown> {
	const census = {
		...{ slots: 3, chunkBytes: 64, unownedBytes: 0 },
		owners: [{ name, kind: "class", module: "m", instances: 1, slots: 3, chunkBytes: 64 }],
	};
	return {
		...Object.fromEntries(COUNTS.map((count) => [count, 0])),
		...{ format: FORMAT, engine: "XS 0", intervalNs: 1_000_000, slotSize: 16, ticks: 120 },
		collections: 4,
		functions: [
			{ name: "(root)", kind: "pseudo" },
			{ name: "(idle)", kind: "pseudo" },
			{ name: "(garbage collector)", kind: "pseudo" },
			{ name: "run", kind: "phase" },
			{ name, kind: "script", class: null, module: "m", line: 3 },
			{ name: "seal", kind: "native", class: "Key", symbol: "xs_interlock_aead_seal" },
		],
		nodes: [
			[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
			[0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0],
			[1, 1, 20, 0, 0, 0, 0, 0, 0, 0, 0],
			[1, 4, 10, 0, 0, 5, 80, 0, 0, 2, 16],
			[3, 4, 20, 5, 0, 0, 0, 0, 0, 0, 0],
			[4, 5, 60, 0, 0, 0, 0, 0, 0, 0, 0],
			[4, 2, 10, 0, 4, 0, 0, 0, 0, 0, 0],
		],
		samples: [2, 3, 4, 5, 6],
		sampleTicks: [20, 10, 20, 60, 10],
		...{ peak: census, end: census },
	};
}

const read = (value: object) => understand(parseProfile(JSON.stringify(value)));
const profile = read(raw());

describe("profile", () => {
	it("counts a function that calls itself once, and waiting and idling not at all", () => {
		const sums = byFunction(profile, profile.nodes[0] as TreeNode);
		const again = sums.find((sum) => sum.function.label === "again");
		assert.deepEqual([again?.self, again?.total, again?.waiting], [25, 95, 5]);
		assert.deepEqual(
			sums.map((sum) => sum.function.label),
			["Key.seal", "again", "(garbage collector)"],
		);
		assert.equal(profile.busyTicks, 95);
		assert.equal(profile.phases[0]?.idleTicks, 20);
	});

	it("says the same in words and as an object", () => {
		const text = reportText(profile, 10);
		assert.match(text, /^run: 95 ms busy, 20 ms idle, 4 collections$/m);
		assert.match(text, /^26\.3 % +100\.0 % +5\.0 ms +again +m:3$/m);
		const { phases, memory } = reportJson(profile) as {
			phases: [{ functions: { name: string; self: number }[]; kinds: Record<string, number> }];
			memory: { owners: { bytes: number }[] };
		};
		assert.equal(phases[0].kinds.crypto, 60 / 95);
		assert.equal(phases[0].functions[1]?.self, 25 / 95);
		assert.equal(memory.owners[0]?.bytes, 3 * 16 + 64);
	});

	it("says what it could not tell", () => {
		const limited = { ...raw(), stacksCut: 2, ticksUnordered: 3, trackedLost: 4 };
		const text = reportText(read(limited), 10);
		for (const part of [/^2 stacks/m, /^3 ticks/m, /^4 slots/m]) assert.match(text, part);
	});

	it("lays bars without gaps or overlaps, each within the one above", () => {
		const bars = barsOf(profile.phases[0]?.node as TreeNode);
		assert.deepEqual(
			bars.map(({ depth, from, width }) => [depth, Math.round(from * 95), Math.round(width * 95)]),
			[
				[0, 0, 95],
				[1, 0, 85],
				[2, 0, 60],
				[2, 60, 10],
			],
		);
	});

	it("is a profile of the DevTools protocol", () => {
		const { nodes, samples, timeDeltas, startTime, endTime } = cpuProfile(profile);
		assert.deepEqual(
			nodes.map(({ id }) => id),
			[1, 2, 3, 4, 5, 6, 7],
		);
		assert.deepEqual(nodes.flatMap(({ children }) => children).sort(), [2, 3, 4, 5, 6, 7]);
		assert.deepEqual(nodes[3]?.callFrame, {
			...{ functionName: "again", scriptId: "1", url: "m" },
			...{ lineNumber: 2, columnNumber: -1 },
		});
		assert.deepEqual(samples, [3, 4, 5, 6, 7]);
		assert.deepEqual(timeDeltas, [20_000, 10_000, 20_000, 60_000, 10_000]);
		assert.equal(endTime - startTime, 120_000);
	});
});

describe("profile page", () => {
	const page = parse(profilePage(profile, "One run."));

	it("has a bar for each call, with its figures in its title", () => {
		const bars = all(one(page, { class: "flame" }), { name: "title" }).map(textOf);
		assert.equal(bars.length, 5);
		assert.ok(
			bars.includes("Key.seal (xs_interlock_aead_seal)\ntotal 63.2 %, 60 ms\nself 63.2 %, 60 ms"),
		);
	});

	it("loads nothing, and its policy allows only its own style", () => {
		const style = textOf(one(page, { name: "style" }));
		const hash = createHash("sha256").update(style).digest("base64");
		const policies = all(page, { name: "meta" }).map(({ attributes }) => attributes.get("content"));
		assert.ok(policies.includes(`default-src 'none'; style-src 'sha256-${hash}'`));
		assert.doesNotMatch(style, /url\(|@import/);
		for (const { name, attributes } of all(page)) {
			assert.ok(!["script", "link", "img", "iframe", "image", "use"].includes(name), name);
			assert.ok(!attributes.has("src") && !attributes.has("style"), name);
		}
	});

	it("shows hostile names as text", () => {
		const kinds = new Set(all(page).map(({ name }) => name));
		for (const name of HOSTILE) {
			const hostile = parse(profilePage(read(raw(name)), name));
			for (const each of all(hostile)) assert.ok(kinds.has(each.name), each.name);
		}
	});
});

describe("reading a profile", () => {
	const CASES: Readonly<Record<string, [object, RegExp]>> = {
		"no object": [[], /the file is no object/],
		"another format": [{ ...raw(), format: "interlock-profile-9" }, /format is not/],
		"a count missing": [{ ...raw(), cpuNs: undefined }, /cpuNs is not a whole number/],
		"an interval of nothing": [{ ...raw(), intervalNs: 0 }, /intervalNs is 0/],
		"no node": [{ ...raw(), nodes: [], samples: [], sampleTicks: [] }, /nodes is empty/],
		"a parent after its child": [
			{ ...raw(), nodes: [Array(11).fill(0), [1, ...Array(10).fill(0)]] },
			/nodes\[1\], its parent/,
		],
		"an unknown function": [
			{ ...raw(), nodes: [Array(11).fill(0), [0, 6, ...Array(9).fill(0)]] },
			/nodes\[1\], its function/,
		],
		"a short row": [{ ...raw(), nodes: [[0, 0]] }, /nodes\[0\] has not 11/],
		"more waiting than time": [
			{ ...raw(), nodes: [[0, 0, 1, 2, ...Array(7).fill(0)]] },
			/nodes\[0\] waits/,
		],
		"a sample of no node": [{ ...raw(), samples: [7, 3, 4, 5, 6] }, /samples is not/],
		"samples without ticks": [{ ...raw(), sampleTicks: [1] }, /sampleTicks is not as long/],
		"an unknown kind": [{ ...raw(), functions: [{ kind: "x" }] }, /functions\[0\]\.kind/],
		"a census without owners": [{ ...raw(), peak: {} }, /peak\.slots/],
	};
	for (const [what, [value, message]] of Object.entries(CASES))
		it(`refuses ${what}`, () => {
			assert.throws(
				() => parseProfile(JSON.stringify(value)),
				(error) => error instanceof ProfileError && message.test(error.message),
			);
		});

	it("refuses what is no JSON", () => {
		assert.throws(() => parseProfile('{"format":'), /not a profile: the file is no JSON/);
	});
});
