/** Damaged plant files and bundles, wrong passphrases, interrupted and full disks while keys are made. */
import assert from "node:assert/strict";
import fs, { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import {
	enrol,
	initPlant,
	KeysError,
	listPlant,
	loadBundle,
	loadServerKeys,
	parseUsers,
	stationDirectory,
} from "../../keys/keys.js";
import { Dice, damaged, interlock, RUN, SEED, scratch, start } from "./support.js";

const LINE = "demo";
const ROUNDS = 12;

function filesOf(directory: string): string[] {
	return readdirSync(directory, { recursive: true, encoding: "utf8" })
		.filter((name) => statSync(join(directory, name)).isFile())
		.sort();
}

function isLeftOver(name: string): boolean {
	return /\.new|\.change/.test(name);
}

/** Every way a plant is read. */
function readAll(plant: string): void {
	for (const work of [
		() => listPlant(plant),
		() => loadServerKeys(plant),
		() => loadBundle(stationDirectory(plant, `${LINE}.one`)),
		() => parseUsers(readFileSync(join(plant, "broker/passwd"), "utf8"), "passwd"),
	]) {
		try {
			work();
		} catch (error) {
			if (!(error instanceof KeysError)) throw error;
			assert.ok(error.message.length > 20, error.message);
		}
	}
}

/** Lets file operations fail from the `nth` on. @returns what undoes it. */
function failingFrom(nth: number, operation: "writeFileSync" | "renameSync", code: string) {
	const real = fs[operation];
	let calls = 0;
	const failing = (...args: unknown[]): unknown => {
		calls++;
		if (calls < nth) return (real as (...args: unknown[]) => unknown)(...args);
		throw Object.assign(new Error(`${code}: refused by the test`), { code });
	};
	(fs as unknown as Record<string, unknown>)[operation] = failing;
	syncBuiltinESMExports();
	return () => {
		(fs as unknown as Record<string, unknown>)[operation] = real;
		syncBuiltinESMExports();
		return calls;
	};
}

describe("hostile keys", function () {
	this.timeout(120_000);
	const room = scratch("hostile-keys");
	const plant = join(room.path, "plant");
	const small = { rsaBits: 2048 };

	before(async () => {
		await initPlant({ directory: plant, line: LINE, passphrase: "right", ...small });
		await enrol({ directory: plant, stations: ["one"], passphrase: "right", ...small });
	});
	after(() => room.remove());

	it("names what is wrong with every damaged file, and never fails otherwise", () => {
		const dice = new Dice(SEED);
		for (const file of filesOf(plant)) {
			const copy = room.copy(plant, "copy");
			const bytes = new Uint8Array(readFileSync(join(copy, file)));
			for (let round = 0; round < ROUNDS; round++) {
				writeFileSync(join(copy, file), round === 0 ? "" : damaged(bytes, dice));
				try {
					readAll(copy);
				} catch (error) {
					throw new Error(`seed ${SEED}: ${file}, round ${round}`, { cause: error });
				}
			}
		}
	});

	it("refuses a JSON file that is another kind of value", () => {
		const wrong = ["null", "[]", "3", '"x"', "{}", '{"format":1}', "{", "\u0000", "[[[[[[[["];
		for (const file of ["plant.json", "server/broker.json", `stations/${LINE}.one/broker.json`]) {
			const copy = room.copy(plant, "copy");
			for (const text of wrong) {
				writeFileSync(join(copy, file), text);
				const read = () =>
					file.startsWith("stations")
						? loadBundle(stationDirectory(copy, `${LINE}.one`))
						: loadServerKeys(copy);
				assert.throws(read, (error) => {
					assert.ok(error instanceof KeysError, String(error));
					assert.equal(error.code, "invalid");
					assert.ok(error.message.includes(file.split("/").at(-1) as string));
					return true;
				});
			}
		}
	});

	it("refuses a file that is larger than any of them", () => {
		const copy = room.copy(plant, "copy");
		writeFileSync(join(copy, "plant.json"), " ".repeat(1024 * 1024 + 1));
		assert.throws(() => loadServerKeys(copy), /larger than 1048576 bytes/);
	});

	it("says that a passphrase is missing, wrong or empty, and changes nothing", async () => {
		const before = filesOf(plant);
		const stations = ["two"];
		for (const wrong of [{}, { passphrase: "wrong" }, { passphrase: "" }])
			await assert.rejects(enrol({ directory: plant, stations, ...small, ...wrong }), {
				name: "KeysError",
				code: "passphrase",
			});
		const other = join(room.path, "other");
		await assert.rejects(
			initPlant({ directory: other, line: LINE, passphrase: "", ...small }),
			/an empty passphrase/,
		);
		assert.deepEqual(filesOf(plant), before);
		assert.ok(!existsSync(other));
	});

	it("leaves nothing behind where the disk is full, and does it all when there is room", async () => {
		for (const operation of ["writeFileSync", "renameSync"] as const) {
			let calls = 0;
			for (let nth = 1; ; nth++) {
				const copy = room.copy(plant, "copy");
				const before = filesOf(copy);
				const undo = failingFrom(nth, operation, "ENOSPC");
				const work = enrol({ directory: copy, stations: ["two"], passphrase: "right", ...small });
				const failure = await work.then(
					() => undefined,
					(error: unknown) => error,
				);
				calls = undo();
				if (failure === undefined) break;
				assert.ok(failure instanceof KeysError, String(failure));
				assert.equal(failure.code, "io");
				assert.match(failure.message, /make room and try again/);
				// Either it does not count, or it does and whoever comes next finishes it.
				const counts = listPlant(copy).stations.length === 2;
				if (!counts) {
					assert.deepEqual(filesOf(copy), before, `${operation} ${nth}`);
					if (nth === 1)
						await enrol({ directory: copy, stations: ["two"], passphrase: "right", ...small });
				}
				assert.equal(loadServerKeys(copy).stations.size, counts || nth === 1 ? 2 : 1);
				for (const { directory } of listPlant(copy).stations) loadBundle(directory);
				assert.deepEqual(filesOf(copy).filter(isLeftOver), [], `${operation} ${nth}`);
			}
			assert.ok(calls >= 4, `${operation} ${calls}`);
		}
		const fresh = join(room.path, "fresh");
		const undo = failingFrom(3, "writeFileSync", "ENOSPC");
		await assert.rejects(initPlant({ directory: fresh, line: LINE, ...small }), { code: "io" });
		undo();
		assert.ok(readdirSync(room.path).every((name) => !name.includes("fresh")));
	});

	/** Runs `keys ...` and cuts it off before or after its `nth` renaming, which is what commits each step. */
	async function killed(nth: number, when: "before" | "after", args: string[]): Promise<boolean> {
		const preload = join(room.path, "preload.mjs");
		writeFileSync(
			preload,
			`import fs from "node:fs"; import { syncBuiltinESMExports } from "node:module";
			const real = fs.renameSync; let calls = 0;
			fs.renameSync = (...args) => {
				calls++;
				if (calls === ${nth} && "${when}" === "before") process.kill(process.pid, "SIGKILL");
				real(...args);
				if (calls === ${nth} && "${when}" === "after") process.kill(process.pid, "SIGKILL");
			};
			syncBuiltinESMExports();`,
		);
		const run = start(args, {}, ["--import", preload, RUN]);
		return await new Promise((resolve) =>
			run.once("exit", (_code, by) => resolve(by === "SIGKILL")),
		);
	}

	it("completes or repeats an enrolment that was cut off at any step", async () => {
		const secret = join(room.path, "pass");
		writeFileSync(secret, "right\n");
		const more = ["--bits", "2048", "--passphrase-file", secret];
		// Right after one step is right before the next one, but for the last.
		let cuts = 0;
		for (let nth = 1; ; nth++) {
			const copy = room.copy(plant, "copy");
			if (!(await killed(nth, "before", ["keys", "enrol", "two", "--keys", copy, ...more]))) break;
			cuts++;
			const enrolled = listPlant(copy).stations.length;
			assert.ok(enrolled === 1 || enrolled === 2, `${nth}: ${enrolled}`);
			assert.equal(loadServerKeys(copy).problems.length, 0);
			// Another station first: it must not matter who comes after the interrupted one.
			const stations = enrolled === 1 ? ["three", "two"] : ["three"];
			await enrol({ directory: copy, stations, passphrase: "right", ...small });
			assert.equal(loadServerKeys(copy).stations.size, 3);
			for (const { directory } of listPlant(copy).stations) loadBundle(directory);
			assert.deepEqual(filesOf(copy).filter(isLeftOver), [], `${nth}`);
		}
		assert.ok(cuts >= 5, `${cuts}`);
	});

	it("makes a plant anew where that was cut off", async () => {
		for (const when of ["before", "after"] as const) {
			const directory = join(room.path, `cut-${when}`);
			const args = ["keys", "init", "--line", LINE, "--keys", directory, "--bits", "2048"];
			assert.ok(await killed(1, when, args));
			const again = interlock(args);
			assert.equal(again.status, when === "before" ? 0 : 3, again.stderr);
			assert.equal(loadServerKeys(directory).stations.size, 0);
		}
	});

	it("says what to do where a directory cannot be written, or the passphrase's file is not there", () => {
		const file = join(room.path, "a-file");
		writeFileSync(file, "");
		const init = interlock(["keys", "init", "--keys", join(file, "plant"), "--json"]);
		assert.equal(init.status, 3);
		const { error } = JSON.parse(init.stdout);
		assert.equal(error.code, "io");
		assert.match(error.message, /a file is in the place of a directory/);
		const missing = ["keys", "enrol", "x", "--keys", plant, "--passphrase-file", `${file}.no`];
		const ran = interlock(missing);
		assert.notEqual(ran.status, 70);
		assert.match(ran.stderr, /a-file\.no/);
	});
});
