import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { concat } from "../../modules/bytes/bytes.js";
import { encodeHeadBlock, encodeSegmentBlock } from "../../modules/envelope/block.js";
import { type LogHeader, LogSealer } from "../../modules/envelope/log.js";
import { SEGMENT_SIZE_MAX } from "../../modules/envelope/sizes.js";
import type { LogOffer, Pull, ServerMessage } from "../../modules/messages/types.js";
import { releasedUnit } from "../../server/core/unit.js";
import type { ServerEvent, Transfer } from "../../server/events.js";
import { IDLE_MS, Logs, UPLOADS_MAX } from "../../server/logs.js";
import { readLog } from "../../server/read-log.js";
import { openStore } from "../../server/store/sqlite.js";
import { PIECE_SIZE, type Store, StoreError } from "../../server/store/store.js";
import { crypto, privateKey, publicDer } from "../channel/support.js";
import { ManualClock } from "../station/clock.js";

const LINE = "line";
const STATIONS = Array.from({ length: UPLOADS_MAX + 2 }, (_, i) => `${LINE}.station-${i + 1}`);
const [ONE, TWO] = STATIONS as [string, string];
const PIECE_SEGMENTS = PIECE_SIZE / SEGMENT_SIZE_MAX;

interface Written {
	readonly offer: LogOffer;
	readonly content: Uint8Array;
	readonly opening: Uint8Array;
	readonly segments: readonly Uint8Array[];
}

/** Seals a log as a station does. */
function written(
	station: string,
	size: number,
	change: Partial<LogHeader> = {},
	key = "serverKem" as "serverKem" | "otherStation",
): Written {
	const serial = `U-${STATIONS.indexOf(station) + 1}`;
	const full = { sender: station, segmentSize: SEGMENT_SIZE_MAX, serverEpoch: 5, ...change };
	const serverKey = crypto.publicKey(publicDer(key), "wrap");
	const sealer = new LogSealer({ crypto, header: full, serverKey });
	const content = Uint8Array.from({ length: size }, (_, i) => (i * 7 + (i >> 9)) & 0xff);
	const segments: Uint8Array[] = [];
	for (let at = 0; at < size; at += full.segmentSize) {
		const part = content.subarray(at, at + full.segmentSize);
		const isLast = at + full.segmentSize >= size;
		segments.push(sealer.seal(part, isLast, new Uint8Array(part.length + 16)));
	}
	const name = { serial, visit: 1, step: 0, attempt: 1 };
	const said = { digest: sealer.digest, size, segments: segments.length, cut: false };
	const offer: LogOffer = { type: "log", ...name, ...said };
	return { offer, content, opening: sealer.opening, segments };
}

describe("logs at the server", () => {
	let directory: string;
	let store: Store;
	let fence: number;
	let clock: ManualClock;
	let logs: Logs;
	const events: ServerEvent[] = [];
	const moved: Transfer[] = [];
	const refused: [string, string][] = [];
	const failures: unknown[] = [];
	/** Said unasked, in order. */
	const said: { readonly station: string; readonly message: ServerMessage }[] = [];

	beforeEach(async () => {
		directory = mkdtempSync(join(tmpdir(), "interlock-logs-"));
		store = await openStore(join(directory, "interlock.db"));
		fence = await store.takeLease();
		for (const list of [events, moved, refused, failures, said]) list.length = 0;
		clock = new ManualClock();
		logs = started();
		await store.write(async (tx) => {
			for (const [i, station] of STATIONS.entries()) {
				const serial = `U-${i + 1}`;
				await tx.addUnit(releasedUnit(serial, LINE, new Uint8Array(16)), 0);
				await tx.addAttempt(
					{
						...{ serial, number: 1, visit: 1, step: 0, station, set: 0, durationMs: 1 },
						recipe: { id: "trim", version: 1, digest: new Uint8Array(32) },
						readings: [{ name: "q", value: 1 }],
						pass: true,
					},
					0,
				);
			}
		});
	});
	afterEach(async () => {
		await logs.close();
		await store.close();
		rmSync(directory, { recursive: true });
	});

	/** @param over - in place of the store. */
	function started(over: Store = store): Logs {
		return new Logs({
			store: over,
			fence,
			crypto,
			line: LINE,
			clock,
			timeMs: () => 77,
			kem: () => privateKey("serverKem", "unwrap"),
			send: (station, message) => said.push({ station, message }),
			onRefused: (station, reason) => refused.push([station, reason]),
			onMoved: (transfer) => moved.push(transfer),
			onEvent: (event) => events.push(event),
			onFailure: (error) => failures.push(error),
		});
	}

	/** What the server says next to a station: an answer, or what comes by itself. */
	async function next(station: string, answer?: ServerMessage): Promise<ServerMessage> {
		if (answer) return answer;
		for (let waited = 0; waited < 400; waited++) {
			const at = said.findIndex((each) => each.station === station);
			if (at >= 0) return said.splice(at, 1)[0]?.message as ServerMessage;
			await new Promise((resolve) => setTimeout(resolve, 5));
		}
		throw new Error(`nothing more is said to ${station}`);
	}

	function pulled(message: ServerMessage): Pull {
		assert.equal(message.type, "pull", JSON.stringify(message));
		return message as Pull;
	}

	function answer(station: string, { offer, opening, segments }: Written, pull: Pull): void {
		assert.deepEqual(pull.digest, offer.digest);
		const { digest, first, count, head } = pull;
		if (head) logs.block(station, encodeHeadBlock(digest, opening));
		for (let i = first; i < first + count; i++)
			logs.block(station, encodeSegmentBlock(digest, i, segments[i] as Uint8Array));
	}

	/** Serves a log until it is kept, or for so many pulls. @returns the segments that were pulled. */
	async function serve(station: string, log: Written, pullsMax = 1000): Promise<number[]> {
		const asked: number[] = [];
		let message = await next(station, await logs.offered(station, log.offer));
		for (let pulls = 0; pulls < pullsMax && message.type !== "kept"; pulls++) {
			const pull = pulled(message);
			for (let i = 0; i < pull.count; i++) asked.push(pull.first + i);
			answer(station, log, pull);
			message = await next(station);
		}
		return asked;
	}

	async function content(serial: string): Promise<Uint8Array> {
		const parts: Uint8Array[] = [];
		for await (const part of (await readLog(store, serial, 1)).bytes) parts.push(part);
		return concat(...parts);
	}

	for (const size of [1, SEGMENT_SIZE_MAX, PIECE_SIZE, PIECE_SIZE + 1, 5 * PIECE_SIZE + 12_345])
		it(`are pulled and kept: ${size} bytes`, async () => {
			const log = written(ONE, size);
			const asked = await serve(ONE, log);
			assert.deepEqual(
				asked,
				log.segments.map((_, i) => i),
				"each segment once, in order",
			);
			assert.deepEqual(await content("U-1"), log.content);
			const row = await store.read((tx) => tx.log(log.offer.digest));
			assert.equal(row?.keptMs, 77);
			assert.equal(row?.contentKey, undefined);
			const last = { event: "logged", station: ONE, serial: "U-1", attempt: 1 };
			assert.deepEqual(events.at(-1), { ...last, bytes: size, cut: false });
			assert.deepEqual(await logs.offered(ONE, log.offer), {
				type: "kept",
				digest: log.offer.digest,
			});
			assert.deepEqual(refused, []);
		});

	it("ask at once for what was lost before the end of a window, and only for that", async () => {
		const log = written(ONE, 10 * SEGMENT_SIZE_MAX);
		answer(ONE, log, pulled(await next(ONE, await logs.offered(ONE, log.offer))));
		const { first, count } = pulled(await next(ONE));
		assert.deepEqual([first, count], [0, 4]);
		for (const i of [0, 2, 3])
			logs.block(ONE, encodeSegmentBlock(log.offer.digest, i, log.segments[i] as Uint8Array));
		const again = pulled(await next(ONE));
		assert.deepEqual([again.first, again.count], [1, 1]);
	});

	it("ask for what was lost at the end when the station says again that it has a log", async () => {
		const log = written(ONE, 10 * SEGMENT_SIZE_MAX);
		answer(ONE, log, pulled(await next(ONE, await logs.offered(ONE, log.offer))));
		const pull = pulled(await next(ONE));
		answer(ONE, log, { ...pull, count: 2 });
		const again = pulled(await next(ONE, await logs.offered(ONE, log.offer)));
		assert.deepEqual([again.first, again.count], [2, 2]);
		answer(ONE, log, again);
		const onwards = pulled(await next(ONE));
		assert.deepEqual([onwards.first, onwards.count], [4, 4]);
	});

	it("go on after a restart with the first piece that is not stored", async () => {
		const log = written(ONE, 100 * SEGMENT_SIZE_MAX);
		const before = await serve(ONE, log, 5);
		const stored = (await store.read((tx) => tx.log(log.offer.digest)))?.received ?? 0;
		assert.ok(stored > 0 && stored % PIECE_SEGMENTS === 0 && stored <= before.length);
		await logs.close();
		said.length = 0;
		logs = started();
		const after = await serve(ONE, log);
		assert.equal(after[0], stored);
		assert.equal(after.length, 100 - stored);
		assert.deepEqual(await content("U-1"), log.content);
	});

	it("are read only when they are complete, and say how far they are until then", async () => {
		const log = written(ONE, 100 * SEGMENT_SIZE_MAX);
		await serve(ONE, log, 5);
		await assert.rejects(readLog(store, "U-1", 1), /196608 of 409600 bytes are here/);
		await assert.rejects(readLog(store, "U-1", 2), /no attempt 2/);
		await assert.rejects(readLog(store, "U-2", 1), /no log of attempt 1/);
		await assert.rejects(readLog(store, "U-99", 1), /no such unit/);
	});

	it("take no block that was not asked for or is not what it should be", async () => {
		const log = written(ONE, 10 * SEGMENT_SIZE_MAX);
		const other = written(ONE, 10 * SEGMENT_SIZE_MAX);
		const { digest } = log.offer;
		const segment = (i: number) => log.segments[i] as Uint8Array;
		const changed = segment(0).slice();
		changed[5] = (changed[5] as number) ^ 1;
		logs.block(ONE, encodeSegmentBlock(digest, 0, segment(0)));
		answer(ONE, log, pulled(await next(ONE, await logs.offered(ONE, log.offer))));
		const pull = pulled(await next(ONE));
		const hostile = [
			encodeSegmentBlock(digest, 0, changed),
			encodeSegmentBlock(digest, 0, segment(1)),
			encodeSegmentBlock(digest, 0, other.segments[0] as Uint8Array),
			encodeSegmentBlock(digest, 0, segment(0), segment(1)),
			encodeSegmentBlock(digest, 0, segment(0).subarray(0, 100)),
			encodeSegmentBlock(digest, 4, segment(4)),
			encodeSegmentBlock(digest, 4_000_000_000, segment(4)),
			encodeSegmentBlock(other.offer.digest, 0, segment(0)),
			encodeHeadBlock(digest, other.opening),
			new Uint8Array(0),
			new Uint8Array([0x31]),
			new Uint8Array(70_000).fill(0x31),
		];
		for (const bytes of hostile) logs.block(ONE, bytes);
		logs.block(TWO, encodeSegmentBlock(digest, 0, segment(0)));
		// The opening is there already: another one is not looked at.
		assert.equal(refused.length, hostile.length - 1 + 1 + 1);
		assert.ok(refused.every(([, reason]) => reason === "log-block"));
		answer(ONE, log, pull);
		answer(ONE, log, pull);
		let message = await next(ONE);
		for (; message.type === "pull"; message = await next(ONE)) answer(ONE, log, message);
		assert.deepEqual(await content("U-1"), log.content);
	});

	it("wait for a true opening, whatever else comes in its place", async () => {
		const log = written(ONE, 100);
		const pull = pulled(await next(ONE, await logs.offered(ONE, log.offer)));
		assert.deepEqual([pull.head, pull.count], [true, 0]);
		const { digest } = log.offer;
		for (const bytes of [new Uint8Array([1]), written(ONE, 100).opening, new Uint8Array(1331)])
			logs.block(ONE, encodeHeadBlock(digest, bytes));
		logs.block(ONE, encodeSegmentBlock(digest, 0, log.segments[0] as Uint8Array));
		assert.equal(refused.length, 4);
		await serve(ONE, log);
		assert.deepEqual(await content("U-1"), log.content);
	});

	it("let a station go that has one of an attempt which is not in the database, or not its own", async () => {
		const cases: [string, LogOffer, string][] = [
			[ONE, { ...written(ONE, 10).offer, attempt: 2 }, "log-attempt"],
			[ONE, { ...written(ONE, 10).offer, serial: "U-99" }, "log-attempt"],
			[ONE, { ...written(ONE, 10).offer, visit: 2 }, "log-attempt"],
			[ONE, { ...written(ONE, 10).offer, step: 1 }, "log-attempt"],
			[TWO, written(ONE, 10).offer, "log-attempt"],
		];
		const kept = written(ONE, 10);
		await serve(ONE, kept);
		cases.push([ONE, written(ONE, 20).offer, "log-other"], [TWO, kept.offer, "log-other"]);
		for (const [station, offer, reason] of cases) {
			refused.length = 0;
			assert.equal((await logs.offered(station, offer))?.type, "kept", reason);
			assert.deepEqual(refused, [[station, reason]]);
		}
		const found = await store.read((tx) => tx.logs("U-1"));
		assert.deepEqual(
			found.map(({ digest }) => digest),
			[kept.offer.digest],
		);
	});

	it("let a station go whose opening is not what it said", async () => {
		const lies: [Written, LogOffer][] = [];
		for (const change of [{ sender: TWO }, { segmentSize: 4095 }]) {
			const log = written(ONE, 10, change);
			lies.push([log, log.offer]);
		}
		const honest = written(ONE, 10);
		lies.push([honest, { ...honest.offer, segments: 2 }]);
		for (const [log, offer] of lies) {
			refused.length = 0;
			pulled((await logs.offered(ONE, offer)) as ServerMessage);
			logs.block(ONE, encodeHeadBlock(offer.digest, log.opening));
			assert.equal((await next(ONE)).type, "kept");
			assert.deepEqual(refused, [[ONE, "log-opening"]]);
		}
		const bytes = new Uint8Array([7, 7]);
		const offer = { ...honest.offer, digest: crypto.sha256(bytes) };
		await logs.offered(ONE, offer);
		logs.block(ONE, encodeHeadBlock(offer.digest, bytes));
		assert.equal((await next(ONE)).type, "kept");
		assert.deepEqual(await store.read((tx) => tx.logs("U-1")), []);
	});

	it("let a station go whose log is for a key that the server does not have", async () => {
		const log = written(ONE, 10, {}, "otherStation");
		await logs.offered(ONE, log.offer);
		logs.block(ONE, encodeHeadBlock(log.offer.digest, log.opening));
		assert.equal((await next(ONE)).type, "kept");
		assert.deepEqual(refused, [[ONE, "log-key"]]);
	});

	it("hold a station while the journal is behind: what is not there may be in what was lost", async () => {
		await store.write((tx) => tx.setMeta(`behind/${LINE}`, "9"));
		const unknown = { ...written(ONE, 10).offer, attempt: 2 };
		assert.deepEqual(await logs.offered(ONE, unknown), { type: "hold" });
		assert.deepEqual(refused, []);
		await serve(ONE, written(ONE, 10));
	});

	it("pull no more than their bound at once; the others are asked later, in their order", async () => {
		const all = STATIONS.map((station) => written(station, 3 * SEGMENT_SIZE_MAX));
		const messages: ServerMessage[] = [];
		for (const [i, station] of STATIONS.entries())
			messages.push((await logs.offered(station, (all[i] as Written).offer)) as ServerMessage);
		const isLater = (message: ServerMessage) => !pulled(message).head;
		assert.deepEqual(messages.map(isLater), [
			...Array.from({ length: UPLOADS_MAX }, () => false),
			true,
			true,
		]);
		await serve(ONE, all[0] as Written);
		const ninth = STATIONS[UPLOADS_MAX] as string;
		assert.ok(pulled(await next(ninth)).head, "unasked");
	});

	it("give the place of one that does not move to one that waits", async () => {
		for (const station of STATIONS.slice(0, UPLOADS_MAX))
			await logs.offered(station, written(station, 10).offer);
		const last = STATIONS.at(-1) as string;
		const log = written(last, 10);
		assert.ok(!pulled((await logs.offered(last, log.offer)) as ServerMessage).head);
		clock.advance(IDLE_MS);
		await serve(last, log);
		assert.equal((await readLog(store, log.offer.serial, 1)).log.size, 10);
	});

	it("drop what a station no longer speaks of when it offers another", async () => {
		const log = written(ONE, 10 * SEGMENT_SIZE_MAX);
		answer(ONE, log, pulled(await next(ONE, await logs.offered(ONE, log.offer))));
		const pull = pulled(await next(ONE));
		const later = { ...log.offer, digest: new Uint8Array(32).fill(9), attempt: 5 };
		assert.equal((await logs.offered(ONE, later))?.type, "kept");
		answer(ONE, log, pull);
		assert.equal(said.length, 0);
		await serve(ONE, log);
	});

	it("tell how far they are with each segment", async () => {
		const log = written(ONE, 20 * SEGMENT_SIZE_MAX);
		await serve(ONE, log);
		const { serial, attempt } = log.offer;
		const of = { station: ONE, direction: "up", serial, attempt, of: 20, bytes: 81_920 };
		assert.deepEqual(
			moved,
			Array.from({ length: 20 }, (_, i) => ({ ...of, done: i + 1 })),
		);
	});

	it("go on when the store has room again", async () => {
		let isFull = true;
		const over: Store = {
			...store,
			read: (work) => store.read(work),
			write: async (work, lease) => {
				if (isFull) throw new StoreError("full", "no room");
				return await store.write(work, lease);
			},
		};
		await logs.close();
		logs = started(over);
		const log = written(ONE, 10);
		answer(ONE, log, pulled(await next(ONE, await logs.offered(ONE, log.offer))));
		while (failures.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
		assert.ok(failures[0] instanceof StoreError);
		assert.equal(said.length, 0, "what cannot be stored is not answered");
		isFull = false;
		await serve(ONE, log);
		assert.deepEqual(await content("U-1"), log.content);
	});

	it("say nothing after they were closed", async () => {
		const log = written(ONE, 10);
		const pull = pulled(await next(ONE, await logs.offered(ONE, log.offer)));
		answer(ONE, log, pull);
		await logs.close();
		assert.equal(said.length, 0);
		answer(ONE, log, pull);
		assert.equal(refused.length, 0);
	});
});
