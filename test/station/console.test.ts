import assert from "node:assert/strict";
import { Console, SHOW_MS, type Shown } from "../../modules/station/console.js";
import type { Progress } from "../../modules/station/library.js";
import { ManualClock } from "./clock.js";

function setUp() {
	const clock = new ManualClock();
	const lines: string[] = [];
	const published: string[] = [];
	const station = { state: "Idle" };
	const shown = {
		messages: 0,
		bytesSealed: 0,
		isOnline: true,
		publishState: (state: string) => published.push(state),
	};
	const log = (line: string): unknown => lines.push(line);
	const coming: { progress: Progress | undefined } = { progress: undefined };
	const it = new Console(
		clock,
		log,
		shown as Shown,
		() => station.state,
		() => coming.progress,
	);
	return { clock, lines, published, station, shown, coming, console: it };
}

describe("station console", () => {
	it("shows each change of state, and publishes the last one, at most once a second", () => {
		const { clock, lines, published, station, console } = setUp();
		for (let i = 0; i < 100; i++) {
			station.state = i % 2 === 0 ? "Execute" : "Suspended";
			console.changed();
			clock.advance(SHOW_MS / 20);
		}
		assert.equal(lines.filter((line) => line.startsWith("state ")).length, 100);
		assert.ok(published.length <= 6, `${published.length} in five seconds`);
		clock.advance(SHOW_MS);
		assert.equal(published.at(-1), "Suspended");
	});

	it("shows refusals in one line a second, however many there are", () => {
		const { clock, lines, console } = setUp();
		for (let i = 0; i < 10_000; i++) {
			console.refused("stale");
			if (i % 1000 === 0) clock.advance(SHOW_MS / 5);
		}
		clock.advance(SHOW_MS);
		const refusals = lines.filter((line) => line.startsWith("refused"));
		assert.ok(refusals.length <= 4, `${refusals.length} in three seconds`);
		assert.equal(refusals.at(-1), "refused: stale (10000 refusals since the start)");
	});

	it("prints how far a file has come, twice a second and at the end", () => {
		const { clock, lines, coming, console } = setUp();
		const of = 1000;
		for (let done = 1; done <= of; done++) {
			coming.progress = { id: "trim", version: 3, done, of, bytes: 4112 * done };
			console.transfer(done === of);
			clock.advance(2);
		}
		assert.equal(
			lines[0],
			'@transfer {"direction":"down","file":"trim","version":3,"done":1,"of":1000,"bytes":4112}',
		);
		const counts = lines.map((line) => JSON.parse(line.slice("@transfer ".length)).done);
		assert.deepEqual(counts, [1, 251, 501, 751, 1000]);
	});

	it("prints counters when they have changed, and when a unit leaves", () => {
		const { clock, lines, shown, console } = setUp();
		shown.messages = 3;
		console.changed();
		clock.advance(0);
		shown.bytesSealed = 700;
		console.unitLeft();
		console.changed();
		clock.advance(10 * SHOW_MS);
		assert.deepEqual(
			lines.filter((line) => line.startsWith("@")),
			['@counters {"messages":3,"bytesSealed":0}', '@counters {"messages":3,"bytesSealed":700}'],
		);
	});

	it("publishes again after the broker was out of reach, and nothing meanwhile", () => {
		const { clock, published, shown, console } = setUp();
		shown.isOnline = false;
		console.changed();
		clock.advance(SHOW_MS);
		assert.deepEqual(published, []);
		shown.isOnline = true;
		console.online();
		clock.advance(SHOW_MS);
		assert.deepEqual(published, ["Idle"]);
	});
});
