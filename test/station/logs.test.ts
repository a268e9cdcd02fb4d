import assert from "node:assert/strict";
import fc from "fast-check";
import { SEGMENT_SIZE_MAX } from "../../modules/envelope/sizes.js";
import { JournalError } from "../../modules/station/journal.js";
import { isJudged } from "../../modules/station/log-record.js";
import { QUEUED_BLOCKS_MAX, SAME_PULLS_MAX } from "../../modules/station/log-sender.js";
import { LOG_MS, LOG_WAIT_MAX_MS } from "../../modules/station/logs.js";
import { content, LogBench, nameOf, SLOT_SIZE } from "./log-bench.js";
import { MemoryPartition, PowerCut } from "./memory.js";
import { name, result, states, unit } from "./samples.js";

describe("station's logs", () => {
	it("are what the fixture wrote, in whatever pieces", () => {
		const sizes = [1, 4095, 4096, 4097, 8192, 20_000];
		fc.assert(
			fc.property(fc.constantFrom(...sizes), fc.integer({ min: 1, max: 9000 }), (size, piece) => {
				const bench = new LogBench();
				assert.ok(bench.trial(nameOf(1), content(size), piece));
				const taken = bench.take();
				assert.deepEqual(taken?.content, content(size));
				const { size: said, segments, cut } = taken.offer;
				assert.deepEqual([said, segments, cut], [size, Math.ceil(size / 4096), false]);
			}),
			{ numRuns: 40 },
		);
	});

	it("leave nothing where nothing is written or the trial is given up", () => {
		const bench = new LogBench();
		bench.trial(nameOf(1), new Uint8Array(0));
		bench.logs.begin(nameOf(1));
		assert.ok(bench.logs.write(content(5000)));
		bench.logs.abandon();
		assert.equal(bench.logs.write(content(1)), false);
		bench.logs.end();
		assert.equal(bench.store.writes, 0);
		assert.equal(bench.offer(), undefined);
		assert.equal(bench.logs.dueMs, Number.POSITIVE_INFINITY);
	});

	it("hold in memory no more than a segment: each is in flash when the next one is full", () => {
		const bench = new LogBench();
		bench.logs.begin(nameOf(1));
		const [partition] = bench.partitions as [MemoryPartition];
		bench.logs.write(content(SEGMENT_SIZE_MAX));
		assert.equal(partition.writes, 1, "the opening; the segment may be the last one");
		bench.logs.write(content(1));
		assert.equal(partition.writes, 2);
	});

	it("are cut where the partition ends, and say so", () => {
		const bench = new LogBench();
		assert.equal(bench.trial(nameOf(1), content(SLOT_SIZE)), false);
		const taken = bench.take();
		assert.ok(taken?.offer.cut);
		const { length } = taken.content;
		assert.ok(length > SLOT_SIZE - 2 * SEGMENT_SIZE_MAX && length < SLOT_SIZE);
		assert.deepEqual(taken.content, content(length));
	});

	it("have no place on a board without partitions, nor in one that is too small for anything", () => {
		const none = new LogBench(0);
		assert.ok(none.logs.hasRoom(nameOf(1)), "nothing is waited for");
		assert.equal(none.trial(nameOf(1), content(10)), false);
		const tiny = new LogBench(0);
		tiny.partitions.push(new MemoryPartition(0));
		tiny.powerOn();
		assert.equal(tiny.trial(nameOf(1), content(10)), false);
		assert.equal(tiny.logs.waiting, 0);
	});

	it("are offered once their attempt is judged, as far as is known", () => {
		const slot = { ...nameOf(1), digest: new Uint8Array(32), size: 1, segments: 1, cut: false };
		const of = (attempt: number) => ({ ...slot, attempt, sum: slot.digest });
		const withResult = { ...unit, result };
		assert.deepEqual({ serial: slot.serial, visit: slot.visit, step: slot.step }, name);
		assert.equal(isJudged(of(1), states.judging), false);
		assert.equal(isJudged(of(1), { ...states.judging, halt: "held" }), false);
		assert.equal(isJudged(of(2), states.running), false, "measured before a power cut");
		assert.equal(isJudged(of(1), states.arrived), false, "no result was stored");
		for (const state of [states.running, states.releasing, states.rejecting, states.idle])
			assert.ok(isJudged(of(1), state), state.mode);
		assert.ok(isJudged(of(1), { ...states.arrived, unit: withResult }));
		assert.ok(isJudged({ ...of(1), visit: 2 }, states.judging), "another unit's");
	});

	it("say nothing while the verdict is waited for", () => {
		const bench = new LogBench();
		bench.trial(nameOf(1), content(5000));
		bench.state = states.judging;
		assert.equal(bench.logs.dueMs, Number.POSITIVE_INFINITY);
		assert.equal(bench.offer(), undefined);
		bench.state = states.releasing;
		assert.equal(bench.offer()?.attempt, 1);
	});

	it("are never written over before the server has them", () => {
		const bench = new LogBench();
		for (const attempt of [1, 2]) bench.trial(nameOf(attempt), content(9000, attempt));
		assert.ok(!bench.logs.hasRoom(nameOf(3)));
		assert.equal(bench.trial(nameOf(3), content(9000, 3)), false);
		const { writes } = bench.store;
		assert.deepEqual(bench.take()?.content, content(9000, 1));
		assert.equal(bench.store.writes, writes + 1, "one write lets it go");
		assert.equal(bench.freed, 1);
		assert.ok(bench.logs.hasRoom(nameOf(3)));
		assert.ok(bench.trial(nameOf(3), content(9000, 3)));
		for (const attempt of [2, 3])
			assert.deepEqual(bench.take()?.content, content(9000, attempt), `${attempt}`);
		assert.equal(bench.take(), undefined);
	});

	it("take turns in the partitions", () => {
		const bench = new LogBench(4);
		for (let attempt = 1; attempt <= 8; attempt++) {
			bench.trial(nameOf(attempt), content(100));
			bench.take();
		}
		assert.deepEqual(
			bench.partitions.map(({ writes }) => writes),
			[4, 4, 4, 4],
		);
	});

	it("give way to the same attempt when it is made again, and to it alone", () => {
		const bench = new LogBench();
		bench.state = states.arrived;
		bench.trial(nameOf(1), content(9000, 1));
		bench.trial(nameOf(1, "U-0"), content(9000, 2));
		bench.powerOn();
		assert.ok(bench.logs.hasRoom(nameOf(1)));
		assert.ok(!bench.logs.hasRoom(nameOf(2)));
		bench.trial(nameOf(1), content(5000, 3));
		bench.state = states.idle;
		assert.deepEqual(bench.take()?.content, content(5000, 3));
		assert.deepEqual(bench.take()?.content, content(9000, 2));
	});

	it("are forgotten where the same attempt, made again, writes none", () => {
		const bench = new LogBench();
		bench.trial(nameOf(1), content(9000));
		bench.powerOn();
		bench.trial(nameOf(1), new Uint8Array(0));
		assert.equal(bench.offer(), undefined);
		assert.equal(bench.powerOn().waiting, 0);
	});

	it("survive a power cut at every byte that is written", () => {
		const others = content(6000, 9);
		const size = 9000;
		for (let cutAt = 0; ; cutAt += 157) {
			const bench = new LogBench();
			bench.trial(nameOf(1), others);
			const [, second] = bench.partitions as [MemoryPartition, MemoryPartition];
			second.bytesToPowerCut = cutAt;
			let isCut = false;
			try {
				bench.trial(nameOf(2), content(size), 700);
			} catch (error) {
				assert.ok(error instanceof PowerCut);
				isCut = true;
			}
			bench.powerOn();
			assert.equal(bench.logs.waiting, isCut ? 1 : 2);
			// The attempt is made again, or its log is whole.
			if (isCut) bench.trial(nameOf(2), content(size));
			assert.deepEqual(bench.take()?.content, others);
			assert.deepEqual(bench.take()?.content, content(size));
			if (!isCut) break;
		}
	});

	for (const losesLast of [false, true])
		it(`survive a power cut ${losesLast ? "before" : "after"} each record`, () => {
			for (let cutAt = 1; cutAt <= 2; cutAt++) {
				const bench = new LogBench(1);
				Object.assign(bench.store, { writesToPowerCut: cutAt, losesLast });
				bench.trial(nameOf(1), content(5000));
				const isRecorded = cutAt === 2 || !losesLast;
				if (cutAt === 2) bench.take();
				bench.powerOn();
				const isLeft = isRecorded && !(cutAt === 2 && !losesLast);
				assert.equal(bench.logs.waiting, isLeft ? 1 : 0);
				if (isLeft) assert.deepEqual(bench.take()?.content, content(5000));
				assert.ok(bench.trial(nameOf(2), content(5000, 2)));
				assert.deepEqual(bench.take()?.content, content(5000, 2));
			}
		});

	it("go on after a restart in the middle of a transfer", () => {
		const bench = new LogBench();
		bench.trial(nameOf(1), content(20_000));
		const { digest } = bench.offer() ?? assert.fail();
		bench.logs.pull({ type: "pull", digest, head: false, first: 0, count: 2 });
		assert.equal(bench.sent().length, 2);
		bench.powerOn();
		assert.deepEqual(bench.take()?.content, content(20_000));
	});

	it("are not read where the record is not one", () => {
		const bench = new LogBench();
		for (const bytes of [[0xff], [0x82, 1, 0x81, 0x81, 1], [0x82, 1, 5]]) {
			bench.store.values.set("logs", new Uint8Array(bytes));
			assert.throws(() => bench.powerOn(), JournalError);
		}
	});
});

function damage({ partitions }: LogBench, at: number): void {
	const [{ bytes }] = partitions as [MemoryPartition];
	bytes[at] = (bytes[at] as number) ^ 1;
}

describe("log on its way", () => {
	function offered(size = 20_000) {
		const bench = new LogBench();
		bench.trial(nameOf(1), content(size));
		const offer = bench.offer() ?? assert.fail();
		const pull = (change: object) =>
			bench.logs.pull({
				...{ type: "pull", digest: offer.digest, head: false, first: 0, count: 0 },
				...change,
			});
		return { bench, offer, pull };
	}

	it("is offered again, later each time, until something is pulled", () => {
		const { bench, pull } = offered();
		assert.equal(bench.offer(), undefined);
		for (let waitMs = LOG_MS; waitMs <= LOG_WAIT_MAX_MS; waitMs *= 2) {
			assert.equal(bench.logs.dueMs - bench.clock.nowMs(), waitMs);
			bench.clock.advance(waitMs);
			assert.ok(bench.offer());
		}
		pull({ count: 1 });
		assert.equal(bench.logs.dueMs - bench.clock.nowMs(), LOG_MS);
		bench.logs.onSession();
		assert.ok(bench.offer(), "at once in a new session");
	});

	it("waits long when the server says that it will ask later", () => {
		const { bench, pull } = offered();
		pull({});
		assert.equal(bench.logs.dueMs - bench.clock.nowMs(), LOG_WAIT_MAX_MS);
		assert.equal(bench.sent().length, 0);
		pull({ head: true });
		assert.equal(bench.sent().length, 1, "but answers at once when it does");
	});

	it("goes out a few blocks at a time, as the network takes them", () => {
		const { bench, pull } = offered();
		pull({ head: true, count: 5 });
		for (let i = 0; i < 10; i++) bench.clock.advance(0);
		assert.equal(bench.queue.length, QUEUED_BLOCKS_MAX);
		bench.queue.shift()?.done();
		bench.clock.advance(0);
		assert.equal(bench.queue.length, QUEUED_BLOCKS_MAX);
		assert.equal(bench.sent().length, 5, "the head and five segments, one of which had gone");
	});

	it("gives a pull up where there is no room for a block, and answers the next one", () => {
		const { bench, pull } = offered();
		bench.room = 0;
		pull({ count: 5 });
		for (let i = 0; i < 10; i++) bench.clock.advance(0);
		bench.room = 16;
		assert.equal(bench.sent().length, 0);
		pull({ count: 5 });
		assert.equal(bench.sent().length, 5);
	});

	it("answers a new pull in place of the old one, and nothing beyond the log's end", () => {
		const { bench, pull } = offered();
		pull({ count: 5 });
		pull({ first: 3, count: 8 });
		const indexes = bench.sent().map((block) => block.kind === "segment" && block.index);
		assert.deepEqual(indexes, [3, 4]);
		pull({ first: 5, count: 8 });
		pull({ first: 4_000_000_000, count: 8 });
		assert.equal(bench.sent().length, 0);
	});

	it("stays the one that is offered when another is complete before it", () => {
		const { bench, offer } = offered();
		bench.trial(nameOf(2), content(500, 2));
		bench.logs.kept(offer.digest);
		const second = bench.offer() ?? assert.fail();
		assert.equal(second.attempt, 2);
		bench.trial(nameOf(3), content(500, 3));
		assert.deepEqual(bench.fetch(second), content(500, 2));
	});

	it("is not another log", () => {
		const { bench, offer, pull } = offered();
		const other = new Uint8Array(32);
		pull({ digest: other, head: true, count: 5 });
		assert.equal(bench.sent().length, 0);
		bench.logs.kept(other);
		assert.deepEqual(bench.fetch(offer), content(20_000));
	});

	it("stops when it is kept, which is written once", () => {
		const { bench, offer, pull } = offered();
		pull({ count: 5 });
		bench.clock.advance(0);
		bench.logs.kept(offer.digest);
		bench.queue.length = 0;
		assert.equal(bench.sent().length, 0);
		bench.logs.kept(offer.digest);
		assert.equal(bench.store.writes, 2);
	});

	it("is given up where flash has lost its opening", () => {
		const { bench, pull } = offered();
		damage(bench, 40);
		pull({ head: true });
		assert.equal(bench.sent().length, 0);
		assert.deepEqual(bench.unreadable, ["the log of U-1, attempt 1"]);
		assert.equal(bench.logs.waiting, 0);
	});

	it("is given up where flash has lost a segment, once the same is asked for again and again", () => {
		const { bench, offer, pull } = offered();
		damage(bench, 9000);
		for (let i = 1; i < SAME_PULLS_MAX; i++) {
			pull({ first: 2, count: 2 });
			assert.equal(bench.sent().length, 2);
		}
		assert.equal(bench.unreadable.length, 0);
		pull({ first: 2, count: 2 });
		for (let i = 0; i < offer.segments; i++) bench.clock.advance(0);
		assert.equal(bench.unreadable.length, 1);
		assert.equal(bench.logs.waiting, 0);
	});

	it("is not given up where flash is sound and only blocks are lost or changed on the way", () => {
		const { bench, offer, pull } = offered();
		for (let i = 0; i < 3 * SAME_PULLS_MAX; i++) {
			pull({ first: 2, count: 2 });
			assert.equal(bench.sent().length, 2);
		}
		assert.equal(bench.unreadable.length, 0);
		assert.deepEqual(bench.fetch(offer), content(20_000));
	});
});
