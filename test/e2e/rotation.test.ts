/**
 * Keys are replaced and revoked while a line runs (docs/protocol.md §4): nothing is restarted by hand, and the line
 * decides what an undisturbed one decides.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { LineEvent } from "../../host-sim/line/events.js";
import { listPlant, revoke, rotate } from "../../keys/keys.js";
import { openStore } from "../../server/store/sqlite.js";
import { decisions, runTestLine, temporaryDirectory } from "./support.js";

const PLAN = { stations: 2, units: 12, seed: 11 };
/** Slow trials, so that the line still runs when a busy machine has made the last key. */
const SETTLE_MS = 150;
const SMALL = { rsaBits: 2048 };

/** Something to do at a moment of the run; the next moment is looked for when it has been done. */
interface Moment {
	readonly when: (event: LineEvent) => boolean;
	readonly act: (keys: string) => Promise<unknown>;
}

function keysChanged(subject: string, change: string) {
	return (event: LineEvent) =>
		event.event === "keys" && event.subject === subject && event.change === change;
}

function verdictAt(station: string) {
	return (event: LineEvent) => event.event === "verdict" && event.station === station;
}

describe("rotation on Linux", function () {
	this.timeout(300_000);
	const calm = temporaryDirectory();
	const undisturbed: unknown[] = [];

	before(async () => {
		undisturbed.push(decisions(await runTestLine({ ...PLAN, data: calm.path })));
	});
	after(() => calm.remove());

	async function run(moments: readonly Moment[]) {
		const directory = temporaryDirectory();
		const keys = join(directory.path, "keys");
		const controller = new AbortController();
		const events: LineEvent[] = [];
		let next = 0;
		let acting = false;
		let failure: unknown;
		try {
			const report = await runTestLine({
				...PLAN,
				settleMs: SETTLE_MS,
				data: directory.path,
				signal: controller.signal,
				onEvent: (event) => {
					events.push(event);
					const moment = moments[next];
					if (acting || !moment?.when(event)) return;
					acting = true;
					next++;
					moment.act(keys).then(
						() => {
							acting = false;
						},
						(error: unknown) => {
							failure = error;
							controller.abort();
						},
					);
				},
			});
			if (failure) throw failure;
			assert.equal(next, moments.length, `moment ${next} did not come`);
			const store = await openStore(join(directory.path, "interlock.sqlite"));
			const journal = await store.read((tx) => tx.journal(0, 10_000));
			const floor = (subject: string) => store.read((tx) => tx.meta(`epoch/${subject}`));
			const epochs = {
				server: await floor("server"),
				one: await floor("line.station-1"),
				two: await floor("line.station-2"),
			};
			await store.close();
			return { report, events, journal, epochs, listed: listPlant(keys) };
		} finally {
			directory.remove();
		}
	}

	it("takes new keys of server and stations while units are tried", async () => {
		const { report, events, journal, epochs, listed } = await run([
			{
				when: verdictAt("station-1"),
				act: (directory) => rotate({ directory, subject: "server", ...SMALL }),
			},
			{
				when: verdictAt("station-2"),
				act: (directory) => rotate({ directory, subject: "station-1", ...SMALL }),
			},
			{
				when: verdictAt("station-1"),
				act: (directory) => rotate({ directory, subject: "station-2", keepKey: true }),
			},
			{
				when: verdictAt("station-2"),
				act: (directory) => rotate({ directory, subject: "server", ...SMALL }),
			},
		]);
		assert.equal(report.outcome, "complete");
		assert.deepEqual(decisions(report), undisturbed[0]);
		assert.deepEqual(epochs, { server: "3", one: "2", two: "2" });
		assert.equal(listed.server.epoch, 3);
		const changes = events.flatMap((event) =>
			event.event === "keys" ? [`${event.subject} ${event.change} ${event.epoch}`] : [],
		);
		assert.deepEqual(changes, [
			"server replaced 2",
			"line.station-1 replaced 2",
			"line.station-2 renewed 2",
			"server replaced 3",
		]);
		assert.equal(journal.filter(({ kind }) => kind === "keys").length, 4);
		// The board of the new private key, and no other, was started again, once.
		const restarts = events.flatMap((event) =>
			event.event === "process" && event.state === "ended" ? [event.process] : [],
		);
		assert.deepEqual(restarts, ["station-1"]);
		assert.ok(!events.some(({ event }) => event === "alarm"), "a station raised an alarm");
	});

	it("stops a revoked station at once, and takes it in again with new keys", async () => {
		const { report, events } = await run([
			{
				when: verdictAt("station-2"),
				act: (directory) => revoke({ directory, station: "station-2" }),
			},
			{
				// The broker has put it out, too, and does not let it in again.
				when: (event) =>
					event.event === "log" && event.line.includes('refused client "line.station-2"'),
				act: (directory) => rotate({ directory, subject: "station-2", ...SMALL }),
			},
		]);
		assert.equal(report.outcome, "complete");
		assert.deepEqual(decisions(report), undisturbed[0]);
		const revokedAt = events.findIndex(keysChanged("line.station-2", "revoked"));
		const acceptedAt = events.findIndex(keysChanged("line.station-2", "accepted"));
		assert.ok(revokedAt >= 0 && acceptedAt > revokedAt);
		const between = events.slice(revokedAt, acceptedAt).filter((event) => {
			const { station } = event as { station?: string };
			return station === "station-2" && /^(session|arrived|verdict|unit)$/.test(event.event);
		});
		assert.deepEqual(between, [], "the server served a revoked station");
	});
});
