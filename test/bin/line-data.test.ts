/** `line status`, `line accept` and `unit reject`, on a database that no server has open. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Unit } from "../../server/core/unit.js";
import { releaseUnits } from "../../server/operations.js";
import { openStore } from "../../server/store/sqlite.js";
import type { StoreWriter } from "../../server/store/store.js";
import { interlock } from "./support.js";

const ROUTE = ["press.drill", "press.mill"];

describe("line status, line accept, unit reject", function () {
	this.timeout(60_000);
	let data = "";

	beforeEach(async () => {
		data = join(mkdtempSync(join(tmpdir(), "interlock-status-")), "data");
		mkdirSync(data);
		await change(async (tx) => {
			await tx.setMeta("route/press", JSON.stringify(ROUTE));
		});
	});
	afterEach(() => rmSync(join(data, ".."), { recursive: true, force: true }));

	async function change(work: (tx: StoreWriter) => Promise<void>): Promise<void> {
		const store = await openStore(join(data, "interlock.sqlite"));
		await store.write(work);
		await store.close();
	}

	/** Six units: finished, rejected, held at drill, at mill after two attempts, two to come. */
	async function fill(): Promise<void> {
		const store = await openStore(join(data, "interlock.sqlite"));
		await releaseUnits(store, "press", ["A", "B", "C", "D", "E", "F"]);
		await store.write(async (tx) => {
			const put = async (serial: string, changes: Partial<Unit>) => {
				const unit = await tx.unit(serial);
				assert.ok(unit !== undefined);
				const { releasedMs: _released, endedMs: _ended, ...before } = unit;
				await tx.putUnit({ ...before, ...changes });
			};
			await put("A", { stage: "finished", step: 1 });
			await put("B", { stage: "rejected", reason: "exhausted" });
			await put("C", { stage: "held", reason: "contradiction" });
			await put("D", { stage: "working", step: 1, attempt: 2, nextSet: 2 });
			for (const [number, pass] of [
				[1, false],
				[2, false],
			] as const)
				await tx.addAttempt(
					{
						serial: "D",
						number,
						visit: 1,
						step: 1,
						station: "press.mill",
						recipe: { id: "coil", version: 1, digest: new Uint8Array(32) },
						set: number - 1,
						readings: [{ name: "q", value: 1 }],
						durationMs: 5,
						pass,
					},
					1_700_000_000_000 + number,
				);
		});
		await store.close();
	}

	it("tells stations, units and the journal, as JSON", async () => {
		await fill();
		const { status, stdout } = interlock("line", "status", "--data", data, "--json");
		assert.equal(status, 0);
		const { line, journal, units, stations, held } = JSON.parse(stdout);
		assert.equal(line, "press");
		assert.equal(journal, 6);
		assert.deepEqual(units, {
			total: 6,
			finished: 1,
			rejected: 1,
			held: 1,
			working: 1,
			toCome: 2,
		});
		assert.deepEqual(held, [{ serial: "C", station: "press.drill", reason: "contradiction" }]);
		assert.deepEqual(
			stations.map(({ station, unit, attempts }: Record<string, unknown>) => [
				station,
				unit,
				attempts,
			]),
			[
				["press.drill", { serial: "C", stage: "held", attempts: 0 }, 0],
				[
					"press.mill",
					{
						serial: "D",
						stage: "working",
						attempts: 2,
						last: { attempt: 2, pass: false, atMs: 1_700_000_000_002 },
					},
					2,
				],
			],
		);
	});

	it("is printed once where there is no terminal, and says how to free what is held", async () => {
		await fill();
		const { status, stdout } = interlock("line", "status", "--data", data);
		assert.equal(status, 0);
		assert.match(stdout, /^line press {2}journal 6\n/);
		assert.match(stdout, /\ndrill +held +C +0 /);
		assert.match(stdout, /\nmill +trying +D +2 +fail +\d+ d +2 +0 +none\n/);
		assert.match(stdout, /2 of 6\n +1 finished · 1 rejected · 1 on the line · 2 to come · 1 held/);
		assert.match(stdout, /C is held at drill \(contradiction\)\n.*unit reject SERIAL/);
		assert.ok(stdout.split("\n").every((line) => line.length <= 110));
	});

	it("tells how far a station is with the file it fetches, until it has it", async () => {
		const row = { station: "press.mill", recipe: "coil", version: 2, of: 64, bytes: 260_000 };
		await change((tx) => tx.putDownload({ ...row, done: 31, atMs: 1_700_000_000_000 }));
		assert.match(interlock("line", "status", "--data", data).stdout, /\nmill .*↓ {2}48 %\n/);
		const { stdout } = interlock("line", "status", "--data", data, "--json");
		assert.deepEqual(JSON.parse(stdout).stations[1].download, {
			...row,
			...{ done: 31, atMs: 1_700_000_000_000 },
		});
		await change((tx) => tx.putDownload({ ...row, done: 64, atMs: 1_700_000_000_001 }));
		assert.doesNotMatch(interlock("line", "status", "--data", data).stdout, /%/);
	});

	it("says why each board last started", async () => {
		const atMs = 1_700_000_000_000;
		await change(async (tx) => {
			await tx.putLastStart({ station: "press.drill", boot: 3, reset: "watchdog", atMs });
			await tx.putLastStart({ station: "press.mill", boot: 9, reset: undefined, atMs });
		});
		const { stdout } = interlock("line", "status", "--data", data);
		assert.match(stdout, /^station .*passed +started +recipe/m);
		assert.match(stdout, /\ndrill .* watchdog +none\nmill .* unknown +none\n/);
		const json = interlock("line", "status", "--data", data, "--json");
		const { stations } = JSON.parse(json.stdout);
		assert.deepEqual(stations[0].started, { boot: 3, reset: "watchdog", atMs });
		assert.deepEqual(stations[1].started, { boot: 9, atMs });
	});

	it("frees a held unit's station", async () => {
		await fill();
		const rejected = interlock("unit", "reject", "C", "--data", data);
		assert.equal(rejected.stdout, "C: was held, now rejected\n");
		assert.equal(rejected.status, 0);
		const { stations, units } = JSON.parse(
			interlock("line", "status", "--data", data, "--json").stdout,
		);
		assert.equal(stations[0].unit, undefined);
		assert.equal(units.held, 0);
		const shown = JSON.parse(interlock("unit", "show", "C", "--data", data, "--json").stdout);
		assert.equal(shown.reason, "removed");
		const again = interlock("unit", "reject", "C", "--data", data, "--json");
		assert.equal(again.status, 3);
		assert.equal(JSON.parse(again.stdout).error.code, "state");
		assert.equal(interlock("unit", "reject", "Z", "--data", data).status, 1);
	});

	it("lets a line go on whose journal is behind, above every number seen", async () => {
		await fill();
		const early = interlock("line", "accept", "--data", data);
		assert.equal(early.status, 3);
		assert.match(early.stderr, /line press is not held/);
		await change((tx) => tx.setMeta("behind/press", "41"));
		const held = interlock("line", "status", "--data", data);
		assert.match(held.stdout, /a station has seen journal number 41, this database ends at 6/);
		const { status, stdout } = interlock("line", "accept", "--data", data, "--json");
		assert.equal(status, 0);
		assert.deepEqual(JSON.parse(stdout), { line: "press", journal: 42 });
		const { behind, journal } = JSON.parse(
			interlock("line", "status", "--data", data, "--json").stdout,
		);
		assert.deepEqual([behind, journal], [undefined, 42]);
	});

	it("asks which line is meant where there are several, and knows no other", async () => {
		await change((tx) => tx.setMeta("route/paint", "[]"));
		const which = interlock("line", "status", "--data", data);
		assert.equal(which.status, 3);
		assert.match(which.stderr, /several lines, name one: paint, press/);
		assert.equal(interlock("line", "status", "--data", data, "--line", "paint").status, 0);
		const other = interlock("line", "status", "--data", data, "--line", "glue");
		assert.equal(other.status, 3);
		assert.match(other.stderr, /no line glue in this database/);
	});

	it("makes no database where there is none", () => {
		const none = join(data, "none");
		for (const command of [
			["line", "status"],
			["line", "accept"],
			["unit", "reject", "A"],
		]) {
			const { status, stderr } = interlock(...command, "--data", none);
			assert.equal(status, 3);
			assert.match(stderr, /none\/interlock\.sqlite is not there: name the server's --data/);
		}
		assert.throws(() => rmSync(none));
	});

	it("tells an unknown subcommand from the line itself", () => {
		const { status, stderr } = interlock("line", "statsu");
		assert.equal(status, 2);
		assert.match(stderr, /unknown command 'statsu' \(there are status and accept\)/);
	});
});
