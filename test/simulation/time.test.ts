import assert from "node:assert/strict";
import { Death, VirtualTime } from "../../host-sim/simulation/time.js";
import { pass, process } from "./support.js";

describe("virtual time", () => {
	it("works events off in order, those of one instant in the order in which they were set", async () => {
		const time = new VirtualTime();
		const party = process("a");
		const expected: string[] = [];
		const seen: string[] = [];
		// Each of ten instants several times, in an order that is not theirs.
		for (let i = 0; i < 200; i++) {
			const atMs = (i * 7) % 10;
			expected.push(`${atMs} ${String(i).padStart(3)}`);
			time.after(atMs, party, () => {
				assert.equal(time.nowMs, atMs);
				seen.push(`${atMs} ${String(i).padStart(3)}`);
			});
		}
		await pass(time, 20);
		assert.deepEqual(seen, expected.sort());
	});

	it("does what is set for now after what was set for now before", async () => {
		const time = new VirtualTime();
		const party = process("a");
		const seen: string[] = [];
		time.after(0, party, () => {
			time.after(0, party, () => seen.push("set by the first"));
			seen.push("first");
		});
		time.after(0, party, () => seen.push("second"));
		await pass(time, 0);
		assert.deepEqual(seen, ["first", "second", "set by the first"]);
	});

	it("lets no cancelled event happen, and nothing of a process that is dead", async () => {
		const time = new VirtualTime();
		const [living, dying] = [process("living"), process("dying")];
		const seen: string[] = [];
		const timer = time.after(5, living, () => seen.push("cancelled"));
		time.after(4, living, () => {
			timer.cancel();
			dying.kill();
		});
		time.after(3, dying, () => seen.push("dying at 3"));
		time.after(5, dying, () => seen.push("dying at 5"));
		time.after(6, living, () => seen.push("living"));
		await pass(time, 10);
		assert.deepEqual(seen, ["dying at 3", "living"]);
	});

	it("ends where it is told to, and goes on from there", async () => {
		const time = new VirtualTime();
		const party = process("a");
		const seen: number[] = [];
		for (const atMs of [10, 20, 30]) time.after(atMs, party, () => seen.push(atMs));
		await pass(time, 15);
		assert.deepEqual([time.nowMs, ...seen], [15, 10]);
		await time.run(100, () => seen.length === 2, 100);
		assert.deepEqual([time.nowMs, ...seen], [20, 10, 20]);
		await pass(time, 100);
		assert.deepEqual([time.nowMs, ...seen], [120, 10, 20, 30]);
	});

	it("gives each process a clock of its own rate, from when it began", async () => {
		const time = new VirtualTime();
		await pass(time, 1000);
		const fast = time.clock(process("fast"), 2);
		const slow = time.clock(process("slow"), 0.5);
		const rung: [string, number][] = [];
		fast.set(100, () => rung.push(["fast", time.nowMs]));
		slow.set(100, () => rung.push(["slow", time.nowMs]));
		await pass(time, 400);
		assert.deepEqual(rung, [
			["fast", 1050],
			["slow", 1200],
		]);
		assert.deepEqual([fast.nowMs(), slow.nowMs()], [800, 200]);
	});

	it("stops at the bound for what runs in a circle", async () => {
		const time = new VirtualTime();
		const party = process("a");
		let turns = 0;
		const circle = (): void => {
			turns++;
			time.after(0, party, circle);
		};
		circle();
		assert.equal(await time.run(10, () => false, 50), false);
		assert.equal(turns, 51);
	});

	it("waits for the promises of a process that works in promises before the next event", async () => {
		const time = new VirtualTime();
		const seen: string[] = [];
		time.after(1, process("a", { isAsync: true }), async () => {
			for (let i = 0; i < 20; i++) await undefined;
			seen.push(`done at ${time.nowMs}`);
		});
		time.after(1, process("b"), () => seen.push("next"));
		await pass(time, 5);
		assert.deepEqual(seen, ["done at 1", "next"]);
	});

	it("keeps pace with real time, and lets what really happens in between go first", async () => {
		const slept: number[] = [];
		const seen: string[] = [];
		let elapsedMs = 0;
		let wakes = 0;
		const party = process("a");
		const time = new VirtualTime({
			elapsedMs: () => elapsedMs,
			sleep: async (durationMs) => {
				slept.push(durationMs);
				const isFirst = slept.length === 1;
				elapsedMs += isFirst ? 3 : durationMs;
				if (isFirst) time.after(0, party, () => seen.push(`real at ${time.nowMs}`));
			},
			wake: () => {
				wakes++;
			},
		});
		time.after(10, party, () => seen.push(`set at ${time.nowMs}`));
		time.after(50, party, () => seen.push("too late"));
		await pass(time, 20);
		assert.deepEqual(seen, ["real at 3", "set at 10"]);
		assert.deepEqual(slept, [10, 7, 10]);
		assert.equal(wakes, 2, "woken for what is next, not for what comes later");
		assert.equal(time.nowMs, 20);
	});

	it("tells a death from a failure", async () => {
		const time = new VirtualTime();
		const told: string[] = [];
		const party = process("a", {
			onDeath: () => told.push("death"),
			onFailure: (error) => told.push(String(error)),
		});
		time.after(1, party, () => {
			throw new Death();
		});
		time.after(2, party, () => {
			throw new Error("fault");
		});
		await pass(time, 5);
		assert.deepEqual(told, ["death", "Error: fault"]);
	});
});
