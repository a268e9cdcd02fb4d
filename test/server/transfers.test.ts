import assert from "node:assert/strict";
import type { ServerEvent } from "../../server/events.js";
import type { DownloadRow } from "../../server/store/store.js";
import { Transfers } from "../../server/transfers.js";
import { ManualClock } from "../station/clock.js";

const file = { direction: "down", recipe: "trim", version: 3, of: 100, bytes: 400_000 } as const;

describe("transfers", () => {
	let clock: ManualClock;
	let events: ServerEvent[];
	let saved: DownloadRow[];
	let save: (row: DownloadRow) => Promise<void>;
	let transfers: Transfers;

	beforeEach(() => {
		clock = new ManualClock();
		events = [];
		saved = [];
		save = async (row) => void saved.push(row);
		transfers = new Transfers({
			clock,
			timeMs: () => 5,
			onEvent: (event) => events.push(event),
			save: (row) => save(row),
		});
	});

	const moved = (done: number, station = "line.one") => transfers.moved({ ...file, station, done });
	const told = () => events.map((event) => event.event === "transfer" && event.done);

	it("are told at most twice a second, and when they are complete", async () => {
		for (let done = 1; done <= 100; done++) {
			await moved(done);
			clock.advance(40);
		}
		assert.deepEqual(told(), [1, 14, 27, 40, 53, 66, 79, 92, 100]);
	});

	it("are told for each station by itself", async () => {
		await moved(8);
		await moved(16, "line.two");
		assert.deepEqual(told(), [8, 16]);
	});

	it("are stored about once a second, and when they are complete", async () => {
		for (let done = 1; done <= 100; done++) {
			await moved(done);
			clock.advance(40);
		}
		assert.deepEqual(
			saved.map(({ done }) => done),
			[1, 26, 51, 76, 100],
		);
		assert.deepEqual(saved[0], {
			...{ station: "line.one", recipe: "trim", version: 3 },
			...{ done: 1, of: 100, bytes: 400_000, atMs: 5 },
		});
	});

	it("are stored again after that failed", async () => {
		save = () => Promise.reject(new Error("full"));
		await assert.rejects(moved(1), /full/);
		save = async (row) => void saved.push(row);
		clock.advance(1000);
		await moved(2);
		assert.deepEqual(
			saved.map(({ done }) => done),
			[2],
		);
	});

	it("wait for a row that is being written", async () => {
		let written = () => {};
		save = (row) =>
			new Promise((resolve) => {
				saved.push(row);
				written = resolve;
			});
		const first = moved(1);
		clock.advance(5000);
		await moved(2);
		written();
		await first;
		assert.equal(saved.length, 1);
	});
});
