/** Databases that are damaged, another's, newer, read-only or locked; and disks that are full, for a running server. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import Database from "better-sqlite3";
import { enrol, initPlant, loadServerKeys, type ServerKeys } from "../../keys/keys.js";
import type { Result, Start } from "../../modules/messages/types.js";
import { type Broker, startBroker } from "../../server/broker.js";
import type { ServerEvent } from "../../server/events.js";
import { lineReport, releaseRecipe, releaseUnits, showUnit } from "../../server/operations.js";
import { type Server, startServer } from "../../server/server.js";
import { openStore } from "../../server/store/sqlite.js";
import { type Store, StoreError } from "../../server/store/store.js";
import { Inbox, ScriptedStation } from "../server/scripted-station.js";
import { Dice, damaged, interlock, RUN, SEED, scratch } from "./support.js";

const RECIPE = "# R\nr1= 1\nr2= 2\nr3= 3\n";
const LIMITS = "# q\nmin= 1\nmax= 2\n";
const FAIL = [{ name: "q", value: 9 }];
const ROUNDS = 150;

function code(expected: StoreError["code"]) {
	return (error: unknown): boolean => {
		assert.ok(error instanceof StoreError, String(error));
		assert.equal(error.code, expected, error.message);
		return true;
	};
}

describe("hostile database", function () {
	this.timeout(120_000);
	const room = scratch("hostile-database");
	const file = join(room.path, "interlock.sqlite");
	const plant = join(room.path, "plant");
	let keys: ServerKeys;
	/** Ended after the test, however that ends. */
	let running: ChildProcess | undefined;

	before(async () => {
		await initPlant({ directory: plant, line: "line", rsaBits: 2048 });
		await enrol({ directory: plant, stations: ["one"], rsaBits: 2048 });
		keys = loadServerKeys(plant);
	});
	afterEach(() => {
		running?.kill("SIGKILL");
		running = undefined;
	});
	after(() => room.remove());

	beforeEach(async () => {
		for (const end of ["", "-wal", "-shm"]) rmSync(`${file}${end}`, { force: true });
		const store = await openStore(file);
		await releaseRecipe(store, { station: "line.one", id: "r", text: RECIPE, limitsText: LIMITS });
		await releaseUnits(
			store,
			"line",
			Array.from({ length: 200 }, (_, i) => `U-${i}`),
		);
		await store.close();
	});

	it("is opened whole or refused by name, however it is damaged", async () => {
		const dice = new Dice(SEED);
		const bytes = new Uint8Array(readFileSync(file));
		let refused = 0;
		for (let round = 0; round < ROUNDS; round++) {
			for (const end of ["-wal", "-shm"]) rmSync(`${file}${end}`, { force: true });
			writeFileSync(file, damaged(bytes, dice));
			let store: Store | undefined;
			try {
				store = await openStore(file);
				await lineReport(store, "line");
				await releaseUnits(store, "line", ["U-new"]);
				await showUnit(store, "U-7");
			} catch (error) {
				const isOurs = error instanceof StoreError && error.message.includes(file);
				assert.ok(isOurs, `seed ${SEED}, round ${round}: ${(error as Error).stack}`);
				assert.ok(["corrupt", "version", "io"].includes(error.code), error.code);
				refused++;
			} finally {
				await store?.close();
			}
		}
		assert.ok(refused > ROUNDS / 10, `${refused} refused`);
	});

	it("loses at most what was not whole in a damaged log, and keeps what is before", async () => {
		const store = await openStore(file);
		for (let i = 0; i < 5; i++) await releaseUnits(store, "line", [`W-${i}`]);
		const log = new Uint8Array(readFileSync(`${file}-wal`));
		const bytes = new Uint8Array(readFileSync(file));
		await store.close();
		const dice = new Dice(SEED);
		for (let round = 0; round < 30; round++) {
			const copy = join(room.path, "copy.sqlite");
			rmSync(`${copy}-shm`, { force: true });
			writeFileSync(copy, bytes);
			writeFileSync(`${copy}-wal`, log.subarray(0, dice.whole(log.length)));
			const opened = await openStore(copy);
			const { units } = await lineReport(opened, "line");
			await opened.close();
			const late = units.map(({ serial }) => serial).filter((serial) => serial.startsWith("W"));
			assert.deepEqual(late, ["W-0", "W-1", "W-2", "W-3", "W-4"].slice(0, late.length));
			assert.equal(units.length - late.length, 200);
		}
	});

	it("says what to do about a damaged, foreign, newer or missing one, on the command line", () => {
		const data = join(room.path, "data");
		const database = join(data, "interlock.sqlite");
		const show = () => {
			const { status, stdout } = interlock(["unit", "show", "U-1", "--data", data, "--json"]);
			return { status, ...(JSON.parse(stdout).error as { code: string; message: string }) };
		};
		mkdirSync(data);
		assert.deepEqual([show().status, show().code], [3, "no-data"]);
		writeFileSync(database, "this is not a database, but it is as long as one could be".repeat(90));
		assert.deepEqual([show().status, show().code], [3, "corrupt"]);
		assert.match(show().message, /restore a backup/);
		writeFileSync(database, readFileSync(file));
		const newer = new Database(database);
		newer.pragma("user_version = 99");
		newer.close();
		assert.deepEqual([show().status, show().code], [3, "version"]);
		assert.match(show().message, /newer Interlock/);
		rmSync(database);
		mkdirSync(database);
		assert.deepEqual([show().status, show().code], [3, "no-data"]);
	});

	it("says that it may not be written", async function () {
		// To root no permission applies, so another user asks; a copy of what is needed is theirs to read.
		const other = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
		const readOnly = join(room.path, "read-only");
		mkdirSync(readOnly, { mode: 0o755 });
		writeFileSync(join(readOnly, "interlock.sqlite"), readFileSync(file), { mode: 0o444 });
		spawnSync("chmod", ["755", room.path]);
		spawnSync("chmod", ["555", readOnly]);
		const argv = [RUN, "unit", "release", "U-1", "--data", readOnly, "--json"];
		const ran = spawnSync(process.execPath, argv, { encoding: "utf8", ...other });
		spawnSync("chmod", ["755", readOnly]);
		// The project itself may be out of that user's reach.
		if (ran.status === 1 && /Cannot find module|EACCES.*build/.test(ran.stderr)) this.skip();
		assert.equal(ran.status, 4, ran.stderr);
		assert.equal(JSON.parse(ran.stdout).error.code, "io");
		assert.match(ran.stdout, /this user's to write/);
	});

	it("lets the process go on with other things while it waits for another one's lock", async () => {
		const store = await openStore(file, { busyWaitMs: 400 });
		const other = new Database(file);
		other.exec("begin immediate");
		let turns = 0;
		const timer = setInterval(() => turns++, 5);
		await assert.rejects(releaseUnits(store, "line", ["L-1"]), code("locked"));
		assert.ok(turns > 10, `${turns} turns of the event loop`);
		const waiting = releaseUnits(store, "line", ["L-2"]);
		await sleep(30);
		other.exec("rollback");
		other.close();
		assert.deepEqual((await waiting).released, ["L-2"]);
		clearInterval(timer);
		assert.equal(await showUnit(store, "L-1"), undefined);
		await store.close();
	});

	describe("with a full disk", () => {
		let broker: Broker;
		let store: Store;
		let server: Server;
		let station: ScriptedStation;
		let filler: Database.Database;
		let events: Inbox<ServerEvent>;
		beforeEach(async () => {
			broker = await startBroker();
			// SQLite's limit of pages for one connection stands for the disk's.
			filler = new Database(file);
			const pages = filler.pragma("page_count", { simple: true }) as number;
			store = await openStore(file, { pagesMax: pages + 40 });
			events = new Inbox();
			server = await startServer({
				brokerUrl: broker.url,
				keys,
				store,
				onEvent: (event) => events.push(event),
			});
			station = new ScriptedStation(plant, "line.one", { host: "127.0.0.1", port: broker.port });
			await station.connect();
		});
		afterEach(async () => {
			await station.close();
			await server.close();
			await store.close();
			filler.close();
			await broker.close();
		});

		function fill(): void {
			filler.exec("create table filler (a blob)");
			for (let i = 0; i < 100; i++) filler.exec("insert into filler values (zeroblob(4000))");
		}

		async function event<E extends ServerEvent["event"]>(...kinds: E[]) {
			for (;;) {
				const next = await events.next();
				if ((kinds as string[]).includes(next.event))
					return next as Extract<ServerEvent, { event: E }>;
			}
		}

		it("answers nothing it could not store, and goes on when there is room", async () => {
			const ticket = await station.ticket();
			const { serial, visit, step, proof } = ticket;
			const unit = { serial, visit, step };
			const start = (await station.ask({ type: "arrived", ...unit, proof })) as Start;
			fill();
			const result = (offset: number): Result => ({
				type: "result",
				...unit,
				attempt: start.attempt + offset,
				digest: start.recipe.digest,
				set: start.set + offset,
				readings: FAIL,
				durationMs: 1,
			});
			let stored = 0;
			for (; ; stored++) {
				assert.ok(stored < 2, "the disk was never full");
				const answer = await Promise.race([station.ask(result(stored)), event("store")]);
				if (!("type" in answer)) {
					assert.equal(answer.code, "full");
					assert.match(answer.message, /make room/);
					break;
				}
			}
			station.say(result(stored));
			await event("store");
			assert.equal(station.replies.size, 0);
			assert.equal((await showUnit(store, serial))?.attempts.length, stored);

			filler.exec("drop table filler");
			// An `ask` that went without an answer is still first in line for the next one.
			station.say(result(stored));
			const verdict = await event("verdict");
			assert.deepEqual(
				[verdict.serial, verdict.attempt, verdict.pass],
				[serial, start.attempt + stored, false],
			);
			const shown = await showUnit(store, serial);
			assert.equal(shown?.attempts.length, stored + 1);
		});

		it("seals what it had no room for when there is room, without being told", async () => {
			fill();
			const other = await openStore(file);
			let last = "";
			// An envelope takes so little that a few still find room in a page that is begun.
			for (let i = 0; ; i++) {
				assert.ok(i < 20, "the disk was never full");
				last = `more-${i}`;
				const release = { station: "line.one", id: last, text: RECIPE, limitsText: LIMITS };
				await releaseRecipe(other, release);
				const next = await event("sealed", "store");
				if (next.event === "sealed") continue;
				assert.equal(next.code, "full");
				break;
			}
			await other.close();
			filler.exec("drop table filler");
			const { recipe } = await event("sealed");
			assert.equal(recipe, last);
		});
	});

	it("keeps a server on a full disk running until there is room", async function () {
		const disk = join(room.path, "disk");
		mkdirSync(disk, { recursive: true });
		const script = `mount -t tmpfs -o size=3m tmpfs "${disk}" && exec "$@"`;
		const probe = spawnSync("unshare", ["-rm", "sh", "-c", script, "sh", "true"]);
		// A disk of one's own takes a user namespace, which some machines do not grant.
		if (probe.status !== 0) this.skip();
		const broker = await startBroker();
		const argv = ["server", "--broker", broker.url, "--keys", plant, "--data", disk, "--json"];
		const child = spawn(
			"unshare",
			["-rm", "sh", "-c", script, "sh", process.execPath, RUN, ...argv],
			{
				stdio: ["ignore", "pipe", "inherit"],
			},
		);
		running = child;
		const exited = new Promise<number | null>((resolve) => child.once("exit", resolve));
		const events = new Inbox<{ event: string; code?: string }>();
		createInterface({ input: child.stdout }).on("line", (line) => events.push(JSON.parse(line)));
		const until = async (kind: string) => {
			for (;;) {
				const next = await events.next();
				if (next.event === kind) return next;
			}
		};
		await until("online");
		// The process sees the disk where it is mounted, and so does what enters its namespaces.
		const inside = `/proc/${child.pid}/root${disk}`;
		const within = (...args: string[]) => {
			const enter = ["-t", String(child.pid), "-U", "-m", "--preserve-credentials"];
			const argv = [...enter, process.execPath, ...args];
			const { status, stdout, stderr } = spawnSync("nsenter", argv, { encoding: "utf8" });
			return { status, stdout, stderr };
		};
		const recipe = join(room.path, "r.params");
		const limits = join(room.path, "r.limits");
		writeFileSync(recipe, RECIPE);
		writeFileSync(limits, LIMITS);
		const about = ["--station", "one", "--limits", limits, "--data", disk];
		assert.equal(within(RUN, "recipe", "release", recipe, ...about).status, 0);
		assert.equal(within(RUN, "unit", "release", "U-1", "--data", disk).status, 0);
		await until("sealed");
		const address = { host: "127.0.0.1", port: broker.port };
		const station = new ScriptedStation(plant, "line.one", address);
		await station.connect();
		const { serial, visit, step, proof } = await station.ticket();
		const arrived = { type: "arrived", serial, visit, step, proof } as const;
		assert.throws(() => writeFileSync(join(inside, "filler"), new Uint8Array(4 << 20)), /ENOSPC/);
		// What the database's files have of room left is used up, too, by small transactions.
		const build = new URL("../../", import.meta.url).href;
		const fill = `
			const { openStore } = await import("${build}server/store/sqlite.js");
			const { releaseUnits } = await import("${build}server/operations.js");
			const store = await openStore(${JSON.stringify(join(disk, "interlock.sqlite"))});
			try { for (let i = 0; i < 5000; i++) await releaseUnits(store, "line", ["F-" + i]); }
			catch (error) { console.log(error.code); }`;
		const filled = within("--input-type=module", "-e", fill);
		assert.equal(filled.stdout, "full\n", filled.stderr);
		station.say(arrived);
		assert.equal((await until("store")).code, "full");
		assert.equal(station.replies.size, 0);
		rmSync(join(inside, "filler"));
		station.say(arrived);
		await until("arrived");
		assert.equal((await station.replies.next()).type, "start");
		await station.close();
		child.kill("SIGTERM");
		assert.equal(await exited, 0);
		await broker.close();
	});
});
