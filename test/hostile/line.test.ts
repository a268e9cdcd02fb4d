/** What a line's data directory holds, damaged; directories that cannot be used; a port that is taken. */
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { DataDirectory, LineError } from "../../host-sim/line/prepare.js";
import { Dice, damaged, interlock, SEED, scratch } from "./support.js";

const PLAN = { seed: 7, stations: 2, units: 3 };

describe("hostile data directory", function () {
	this.timeout(60_000);
	const room = scratch("hostile-line");
	after(() => room.remove());

	/** @returns the error of taking the directory and its plan up again. */
	function taken(path: string, asked = {}): LineError | undefined {
		let directory: DataDirectory | undefined;
		try {
			directory = DataDirectory.take(path);
			directory.plan(asked, PLAN);
			return undefined;
		} catch (error) {
			assert.ok(error instanceof LineError, `seed ${SEED}: ${(error as Error).stack}`);
			assert.ok(error.message.includes(path));
			return error;
		} finally {
			directory?.release();
		}
	}

	it("refuses a plan that is damaged, by name, and leaves it as it is", () => {
		const path = join(room.path, "run");
		assert.equal(taken(path), undefined);
		const file = join(path, "line.json");
		const good = readFileSync(file);
		const dice = new Dice(SEED);
		let refused = 0;
		const texts = ["", "null", "[]", "3", '"x"', "{", "{}", '{"format":2}'].map((text) =>
			Buffer.from(text),
		);
		for (let round = 0; round < 200; round++) {
			const bytes = texts[round] ?? damaged(new Uint8Array(good), dice);
			writeFileSync(file, bytes);
			const error = taken(path);
			if (!error) continue;
			refused++;
			assert.equal(error.code, "data");
			assert.match(error.message, /restore it, or name another directory/);
			assert.deepEqual(readFileSync(file), Buffer.from(bytes));
		}
		assert.ok(refused > texts.length, `${refused}`);
		writeFileSync(file, good);
		assert.equal(taken(path), undefined);
	});

	it("goes on after it was cut off while the plan was written", () => {
		const path = join(room.path, "cut");
		mkdirSync(path);
		writeFileSync(join(path, "line.json.new"), '{"format":1,');
		assert.equal(taken(path), undefined);
		assert.deepEqual(JSON.parse(readFileSync(join(path, "line.json"), "utf8")), {
			format: 1,
			...PLAN,
		});
	});

	it("says that a directory is none, or holds something else", () => {
		const file = join(room.path, "file");
		writeFileSync(file, "x");
		assert.equal(taken(join(file, "data"))?.code, "data");
		assert.equal(taken(file)?.code, "data");
		const other = join(room.path, "other");
		mkdirSync(other);
		writeFileSync(join(other, "letter.txt"), "dear");
		assert.equal(taken(other)?.code, "data");
		assert.ok(!existsSync(join(other, "line.json")));
	});

	it("ends by name where keys, database or a flash image of the run are damaged", () => {
		const path = join(room.path, "whole");
		const args = ["line", "--stations", "1", "--units", "1", "--settle", "0", "--data", path];
		assert.equal(interlock([...args, "--json"]).status, 0);
		for (const [name, code] of [
			["keys/plant.json", "invalid"],
			["interlock.sqlite", "corrupt"],
			["flash/station-1.flash", "corrupt"],
			["line.json", "data"],
		] as const) {
			const copy = room.copy(path, "copy");
			writeFileSync(join(copy, name), "damaged by the test");
			const ran = interlock([...args.slice(0, -1), copy, "--units", "2", "--json"]);
			assert.equal(ran.status, 3, `${name}: ${ran.stderr}`);
			const last = JSON.parse(ran.stdout.trim().split("\n").at(-1) as string);
			assert.equal(last.error.code, code, name);
			assert.match(last.error.message, new RegExp(name.split("/").at(-1) as string));
		}
	});

	it("says that a port is taken", async () => {
		const other = createServer();
		await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
		const { port } = other.address() as { port: number };
		const ran = interlock(["broker", "--port", String(port), "--json"]);
		other.close();
		assert.equal(ran.status, 4);
		assert.equal(JSON.parse(ran.stdout).error.code, "port-in-use");
		assert.match(ran.stdout, /stop what uses it or choose another/);
	});
});
