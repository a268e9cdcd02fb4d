/** The fuzzer itself: that guidance finds what chance does not, and that one seed gives one run. */
import assert from "node:assert/strict";
import { hex } from "../../modules/bytes/bytes.js";
import { Coverage } from "./coverage.js";
import { Fuzzer } from "./fuzzer.js";
import { minimised } from "./minimise.js";
import { INPUT_SIZE_MAX, type Subject } from "./subject.js";

const SEED = 1;
/** Batches within which the planted fault is found; it takes a third of them. */
const ROUNDS = 150;

describe("fuzzer", function () {
	this.timeout(60_000);
	const coverage = new Coverage((url) => url.endsWith("/build/test/fuzz/planted.js"));
	let subject: Subject;
	let slow: Subject;
	before(async () => {
		coverage.start();
		// Only now: V8 counts the blocks of what it compiles from here on.
		const { planted, PlantedError, slow: work } = await import("./planted.js");
		const seeds = [new Uint8Array(12)];
		subject = { name: "planted", seeds, work: planted, errors: [PlantedError] };
		slow = { name: "slow", seeds: [new Uint8Array(1500)], work, errors: [] };
	});
	after(() => coverage.stop());

	async function run(what: Subject, isGuided: boolean, seed = SEED, rounds = ROUNDS) {
		const fuzzer = new Fuzzer({ subject: what, seed, coverage, isGuided });
		await fuzzer.replay();
		for (let round = 0; round < rounds && !fuzzer.finding; round++) await fuzzer.round();
		return fuzzer;
	}

	it("finds a fault behind three bytes, led by the code that was reached", async () => {
		const { finding, kept } = await run(subject, true);
		assert.ok(finding?.error instanceof TypeError, `seed ${SEED}`);
		assert.ok(kept.length >= 2, "it was led there by inputs that it kept");
	});

	it("does not find it by as many inputs changed at random", async () => {
		const guided = await run(subject, true);
		const { finding, inputs } = await run(subject, false);
		assert.equal(finding, undefined);
		assert.ok(inputs > 2 * guided.inputs, `${inputs}, and ${guided.inputs} with guidance`);
	});

	it("does the same again with the same seed, and something else with another", async () => {
		const [one, same, other] = [
			await run(subject, true),
			await run(subject, true),
			await run(subject, true, SEED + 1),
		];
		assert.deepEqual(same?.kept.map(hex), one?.kept.map(hex));
		assert.equal(same?.inputs, one?.inputs);
		assert.notDeepEqual(other?.kept.map(hex), one?.kept.map(hex));
	});

	it("finds work that grows with the square of the input", async () => {
		const { finding } = await run(slow, true);
		assert.match(String(finding?.error), /work: \d+ blocks/);
	});

	it("makes a failing input as small as it gets, of those that fail alike", async () => {
		const fault = [0xa7, 0, 0, 0x3c, 0, 0xd9];
		const found = new Uint8Array(200).fill(9);
		found.set(fault, 1);
		const small = await minimised(subject, found, new TypeError("planted"));
		assert.equal(hex(small), "09a700003c00d909");
		const work = (bytes: Uint8Array) => subject.work(bytes.filter((byte) => byte !== 9));
		const apart = Uint8Array.from([1, ...fault, 1, 1].flatMap((byte) => [byte, 9, 9, 9, 9]));
		const joined = await minimised({ ...subject, work }, apart, new TypeError("planted"));
		assert.equal(hex(joined), "00a700003c00d900");
	});

	it("gives no input above its largest size", async () => {
		let largest = 0;
		const seeds = [new Uint8Array(INPUT_SIZE_MAX)];
		const work = (bytes: Uint8Array) => {
			largest = Math.max(largest, bytes.length);
		};
		await run({ name: "sizes", seeds, work, errors: [] }, false, SEED, 5);
		assert.equal(largest, INPUT_SIZE_MAX);
	});
});
