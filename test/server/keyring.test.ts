/** Keys that change under a running server, and the floors that its database keeps (docs/protocol.md §4). */
import assert from "node:assert/strict";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
	enrol,
	initPlant,
	loadServerKeys,
	PlantWatch,
	revoke,
	rotate,
	type ServerKeys,
} from "../../keys/keys.js";
import { type Broker, startBroker } from "../../server/broker.js";
import type { ServerEvent } from "../../server/events.js";
import { Keyring } from "../../server/keyring.js";
import { releaseRecipe } from "../../server/operations.js";
import { type Server, ServerError, startServer } from "../../server/server.js";
import { openStore } from "../../server/store/sqlite.js";
import type { Store } from "../../server/store/store.js";
import { Inbox, ScriptedStation } from "./scripted-station.js";

const ONE = "line.one";
const TWO = "line.two";
const small = { rsaBits: 2048 };

describe("keyring", function () {
	this.timeout(60_000);
	let base: string;
	let made: string;
	let directory: string;
	let store: Store;

	before(async () => {
		base = mkdtempSync(join(tmpdir(), "interlock-keyring-"));
		made = join(base, "made");
		await initPlant({ directory: made, line: "line", ...small });
		await enrol({ directory: made, stations: ["one", "two"], ...small });
	});
	after(() => rmSync(base, { recursive: true }));
	beforeEach(async () => {
		directory = join(base, "plant");
		cpSync(made, directory, { recursive: true });
		store = await openStore(join(base, "interlock.db"));
	});
	afterEach(async () => {
		await store.close();
		for (const name of ["plant", "interlock.db", "interlock.db-wal", "interlock.db-shm"])
			rmSync(join(base, name), { recursive: true, force: true });
	});

	const keys = () => loadServerKeys(directory);
	async function opened(from: ServerKeys = keys()) {
		const fence = await store.takeLease();
		const timeMs = Date.now;
		return await Keyring.open({ store, fence, route: [ONE, TWO], timeMs }, from);
	}
	const floor = (subject: string) => store.read((tx) => tx.meta(`epoch/${subject}`));

	describe("floors", () => {
		it("are the highest epochs seen, and say nothing in the journal at first sight", async () => {
			const { keyring, problems } = await opened();
			assert.deepEqual(problems, []);
			assert.equal(keyring.station(ONE)?.epoch, 1);
			assert.deepEqual(
				[await floor("server"), await floor(ONE), await floor(TWO)],
				["1", "1", "1"],
			);
			assert.equal(await store.read((tx) => tx.journalNumber()), 0);
		});

		it("outlive a restored plant directory", async () => {
			await rotate({ directory, subject: "one", ...small });
			await opened();
			const { keyring, problems } = await opened(loadServerKeys(made));
			assert.equal(keyring.station(ONE), undefined);
			assert.equal(keyring.station(TWO)?.epoch, 1);
			assert.match(problems.join(), /line\.one: epoch 1 was replaced by 2/);
			await rotate({ directory, subject: "server", ...small });
			await opened();
			await assert.rejects(
				opened(loadServerKeys(made)),
				(error) => error instanceof ServerError && error.code === "keys",
			);
		});

		it("are the root's where the database is the one that was restored", async () => {
			await revoke({ directory, station: "one" });
			const { keyring } = await opened();
			assert.equal(keyring.station(ONE), undefined);
			assert.equal(await floor(ONE), "2");
		});
	});

	it("says what changed, and writes it down", async () => {
		const { keyring } = await opened();
		await rotate({ directory, subject: "server", ...small });
		await rotate({ directory, subject: "one", keepKey: true });
		await revoke({ directory, station: "two" });
		const { changes } = await keyring.take(keys());
		assert.deepEqual(changes, [
			{ subject: "server", change: "replaced", epoch: 2 },
			{ subject: ONE, change: "renewed", epoch: 2 },
			{ subject: TWO, change: "revoked", epoch: 2 },
		]);
		assert.equal(keyring.own.credential.epoch, 2);
		assert.equal(keyring.station(TWO), undefined);
		const journal = await store.read((tx) => tx.journal(0, 10));
		assert.deepEqual(
			journal.map(({ kind, data }) => [kind, data.subject, data.accepted]),
			[
				["keys", "server", true],
				["keys", ONE, true],
				["keys", TWO, false],
			],
		);
		await rotate({ directory, subject: "two", ...small });
		assert.deepEqual((await keyring.take(keys())).changes, [
			{ subject: TWO, change: "accepted", epoch: 2 },
		]);
		assert.deepEqual((await keyring.take(keys())).changes, []);
	});

	it("goes on with a credential whose file is gone, until the root's list ends it", async () => {
		const { keyring } = await opened();
		rmSync(join(directory, "stations", ONE, "credential.cose"));
		const taken = await keyring.take(keys());
		assert.deepEqual(taken.changes, []);
		assert.equal(taken.problems.length, 1);
		assert.equal(keyring.station(ONE)?.epoch, 1);
	});

	it("keeps the present keys where others are older or contradict them", async () => {
		await rotate({ directory, subject: "server", ...small });
		const { keyring } = await opened();
		const held = keyring.own.credential;
		await assert.rejects(keyring.take(loadServerKeys(made)), ServerError);
		const other = join(base, "other");
		cpSync(made, other, { recursive: true });
		await rotate({ directory: other, subject: "server", ...small });
		await rotate({ directory: other, subject: "one", ...small });
		await assert.rejects(keyring.take(loadServerKeys(other)), /two of epoch 2/);
		rmSync(other, { recursive: true });
		assert.equal(keyring.own.credential, held);
		assert.equal(keyring.station(ONE)?.epoch, 1);
	});

	describe("in a running server", () => {
		let broker: Broker;
		let server: Server;
		let events: Inbox<ServerEvent>;
		const stations: ScriptedStation[] = [];

		beforeEach(async () => {
			broker = await startBroker();
			for (const station of [ONE, TWO])
				await releaseRecipe(store, {
					station,
					id: "trim",
					text: "# R\nr1= 1\n",
					limitsText: "# q\nmin= 1\n",
				});
			events = new Inbox();
			const watch = new PlantWatch(directory);
			server = await startServer({
				brokerUrl: broker.url,
				keys: watch.keys,
				changedKeys: () => watch.changed(),
				store,
				onEvent: (event) => events.push(event),
			});
		});
		afterEach(async () => {
			for (const station of stations.splice(0)) await station.close();
			await server.close();
			await broker.close();
		});

		function station(name: string): ScriptedStation {
			const made = new ScriptedStation(directory, name, { host: "127.0.0.1", port: broker.port });
			stations.push(made);
			return made;
		}
		async function event(kind: ServerEvent["event"]): Promise<ServerEvent> {
			for (;;) {
				const next = await events.next();
				if (next.event === kind) return next;
			}
		}

		it("tells stations the server's new credential until they go by it, and seals anew", async () => {
			const one = station(ONE);
			const first = await one.connect();
			assert.equal(first.type, "welcome-back");
			await rotate({ directory, subject: "server", ...small });
			const told = await one.replies.next();
			assert.ok(told.type === "credential");
			assert.deepEqual(told.bytes, keys().credential.bytes);
			await event("sealed");
			await event("sealed");
			assert.equal((await one.replies.next()).type, "welcome-back");
			// It did not listen: the session is still good, and it is told again.
			const again = await one.ask(one.ready());
			assert.equal(again.type, "welcome-back");
			assert.equal((await one.replies.next()).type, "credential");
			const anew = station(ONE);
			const second = await anew.connect();
			assert.ok(first.type === "welcome-back" && second.type === "welcome-back");
			const [before, after] = [first.recipes[0], second.recipes[0]];
			assert.deepEqual([after?.id, after?.version], [before?.id, before?.version]);
			assert.notDeepEqual(after?.digest, before?.digest);
			assert.equal((await anew.ask({ type: "alarm", code: "x", text: "" })).type, "noted");
			assert.equal(anew.replies.size, 0);
		});

		it("tells a revoked station to hold, and then answers it no more", async () => {
			const two = station(TWO);
			await two.connect();
			await revoke({ directory, station: "two" });
			assert.equal((await two.replies.next()).type, "hold");
			two.say(two.ready());
			two.publish(`interlock/1/line/two/up`, Uint8Array.of(0x88));
			for (const reason of ["record", "hello"]) {
				const refused = await event("refused");
				assert.ok(refused.event === "refused");
				assert.deepEqual([refused.station, refused.reason], [TWO, reason]);
			}
			assert.equal(two.replies.size, 0);
			await rotate({ directory, subject: "two", ...small });
			await event("keys");
			assert.equal((await station(TWO).connect()).type, "welcome-back");
		});

		it("ends the sessions of a station whose key is replaced; renewed, it is told", async () => {
			const one = station(ONE);
			await one.connect();
			await rotate({ directory, subject: "one", keepKey: true });
			const told = await one.replies.next();
			assert.ok(told.type === "credential");
			assert.deepEqual(told.bytes, keys().stations.get(ONE)?.bytes);
			// Its file, sealed for the new epoch.
			assert.equal((await one.replies.next()).type, "welcome-back");
			await rotate({ directory, subject: "one", ...small });
			assert.equal((await one.replies.next()).type, "hold");
			assert.equal((await station(ONE).connect()).type, "welcome-back");
		});

		it("tells of keys that it cannot use, and goes on", async () => {
			const one = station(ONE);
			await one.connect();
			rmSync(join(directory, "server/sign.key.pem"));
			const problem = await event("keys-problem");
			assert.match(problem.event === "keys-problem" ? problem.message : "", /sign\.key\.pem/);
			assert.equal((await one.ask(one.ready())).type, "welcome-back");
		});
	});
});
