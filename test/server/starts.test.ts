import assert from "node:assert/strict";
import { MemoryStore } from "../../host-sim/simulation/store.js";
import { Tables } from "../../host-sim/simulation/tables.js";
import type { ServerEvent } from "../../server/events.js";
import { Starts } from "../../server/starts.js";
import { StoreError } from "../../server/store/store.js";
import { ManualClock } from "../station/clock.js";

const ONE = "line.one";

describe("starts", () => {
	let clock: ManualClock;
	let tables: Tables;
	let told: ServerEvent[];
	let commit: () => void;
	let starts: Starts;

	beforeEach(async () => {
		clock = new ManualClock();
		tables = new Tables();
		told = [];
		commit = () => undefined;
		starts = await newServer();
	});

	/** Another server at the same database. */
	async function newServer(): Promise<Starts> {
		const store = new MemoryStore(tables, { beforeCommit: async () => commit() });
		const fence = await store.takeLease();
		const onEvent = (event: ServerEvent) => void told.push(event);
		return new Starts({ store, fence, clock, timeMs: () => 5, onEvent });
	}

	const boots = () => told.map((event) => event.event === "started" && event.boot);

	it("are stored, and told with their reason", async () => {
		await starts.reported(ONE, { boot: 3, reset: "watchdog" });
		const row = { station: ONE, boot: 3, reset: "watchdog" };
		assert.deepEqual(tables.starts.get(ONE), { ...row, atMs: 5 });
		assert.deepEqual(told, [{ event: "started", ...row }]);
	});

	it("are told once, however often the station says so and the server starts", async () => {
		for (let i = 0; i < 3; i++) await starts.reported(ONE, { boot: 3, reset: "watchdog" });
		starts = await newServer();
		const commits = tables.commits;
		for (let i = 0; i < 3; i++) await starts.reported(ONE, { boot: 3, reset: "watchdog" });
		assert.deepEqual(boots(), [3]);
		assert.equal(tables.commits, commits, "nothing is written again");
	});

	it("are told again with another boot count, a smaller one too: the board was replaced", async () => {
		await starts.reported(ONE, { boot: 7, reset: "power-on" });
		await starts.reported(ONE, { boot: 8, reset: "power-on" });
		await starts.reported(ONE, { boot: 1, reset: "power-on" });
		assert.deepEqual(boots(), [7, 8, 1]);
		assert.equal(tables.starts.get(ONE)?.boot, 1);
	});

	it("are told of each station by itself", async () => {
		await starts.reported(ONE, { boot: 2, reset: "power-on" });
		await starts.reported("line.two", { boot: 2, reset: "power-on" });
		assert.deepEqual(boots(), [2, 2]);
	});

	it("are known without a reason where an older station gives none", async () => {
		await starts.reported(ONE, { boot: 2, reset: "watchdog" });
		await starts.reported(ONE, { boot: 3 });
		assert.deepEqual(told.at(-1), { event: "started", station: ONE, boot: 3 });
		assert.deepEqual(tables.starts.get(ONE), { station: ONE, boot: 3, reset: undefined, atMs: 5 });
		starts = await newServer();
		await starts.reported(ONE, { boot: 3 });
		assert.equal(told.length, 2);
	});

	it("are told when they could be stored after all", async () => {
		commit = () => {
			throw new StoreError("full", "no room");
		};
		await assert.rejects(starts.reported(ONE, { boot: 2, reset: "fault" }), /no room/);
		assert.deepEqual(told, []);
		commit = () => undefined;
		await starts.reported(ONE, { boot: 2, reset: "fault" });
		assert.deepEqual(boots(), [2]);
	});

	it("of a station that makes up new ones cost a few writes a second at most", async () => {
		const before = tables.commits;
		for (let boot = 1; boot <= 1000; boot++) {
			await starts.reported(ONE, { boot });
			clock.advance(10);
		}
		const written = tables.commits - before;
		assert.ok(written <= 16 + 10, `${written} in 10 s`);
		assert.equal(told.length, written);
	});
});
