/** A server whose time of day jumps, and a station that has seen a time beyond its credentials. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { enrol, initPlant, KeysError, loadServerKeys, type ServerKeys } from "../../keys/keys.js";
import { encodeClaims } from "../../modules/channel/credential.js";
import { Journal } from "../../modules/station/journal.js";
import { Trust } from "../../modules/station/trust.js";
import { type Broker, startBroker } from "../../server/broker.js";
import { NodeCrypto } from "../../server/crypto.js";
import type { ServerEvent } from "../../server/events.js";
import { releaseRecipe, releaseUnits, showUnit } from "../../server/operations.js";
import { type Server, startServer } from "../../server/server.js";
import { openStore } from "../../server/store/sqlite.js";
import type { Store } from "../../server/store/store.js";
import * as channel from "../channel/support.js";
import { Inbox, ScriptedStation } from "../server/scripted-station.js";
import { MemoryKeyValue } from "../station/memory.js";
import { scratch } from "./support.js";

const DAY_MS = 86_400_000;

describe("hostile clock", function () {
	this.timeout(30_000);
	const room = scratch("hostile-clock");
	const plant = join(room.path, "plant");
	let keys: ServerKeys;
	let broker: Broker;
	let store: Store;
	let server: Server;
	let station: ScriptedStation;
	let events: Inbox<ServerEvent>;
	/** How wrong the server's time of day is. */
	let offMs = 0;

	before(async () => {
		await initPlant({ directory: plant, line: "line", rsaBits: 2048 });
		await enrol({ directory: plant, stations: ["one"], rsaBits: 2048 });
		keys = loadServerKeys(plant);
	});
	after(() => room.remove());
	beforeEach(async () => {
		offMs = 0;
		broker = await startBroker();
		store = await openStore(join(room.path, `${Math.random()}.sqlite`));
		await releaseRecipe(store, {
			station: "line.one",
			id: "r",
			text: "# R\nr1= 1\nr2= 2\n",
			limitsText: "# q\nmin= 1\n",
		});
		await releaseUnits(store, "line", ["U-1"]);
		events = new Inbox();
		server = await startServer({
			brokerUrl: broker.url,
			keys,
			store,
			timeMs: () => Date.now() + offMs,
			onEvent: (event) => events.push(event),
		});
		station = new ScriptedStation(plant, "line.one", { host: "127.0.0.1", port: broker.port });
	});
	afterEach(async () => {
		await station.close();
		await server.close();
		await store.close();
		await broker.close();
	});

	async function event<E extends ServerEvent["event"]>(kind: E) {
		for (;;) {
			const next = await events.next();
			if (next.event === kind) return next as Extract<ServerEvent, { event: E }>;
		}
	}

	it("answers nothing at a time beyond its own credential, and everything when the clock is right", async () => {
		await station.connect();
		const { serial, visit, step, proof } = await station.ticket();
		offMs = 40 * 365 * DAY_MS;
		station.say(station.ready());
		const { expiresS } = await event("expired");
		assert.equal(expiresS, keys.credential.expiresS);
		await sleep(50);
		assert.equal(station.replies.size, 0);
		offMs = 0;
		const start = await station.ask({ type: "arrived", serial, visit, step, proof });
		assert.equal(start.type, "start");
	});

	it("loses nothing to a clock that is set forward by a year and back by ten", async () => {
		await station.connect();
		const { serial, visit, step, proof } = await station.ticket();
		for (const days of [365, -3650, 0]) {
			offMs = days * DAY_MS;
			const start = await station.ask({ type: "arrived", serial, visit, step, proof });
			assert.equal(start.type, "start");
			assert.equal((await station.ask(station.ready())).type, "welcome-back");
		}
		assert.equal((await showUnit(store, "U-1"))?.attempts.length, 0);
	});

	it("says that a credential is not good at this time, and to look at the clock", () => {
		const nowS = Math.floor(Date.now() / 1000);
		for (const [at, what] of [
			[nowS - 1000 * 86_400, /clock behind/],
			[nowS + 10_000 * 86_400, /clock is right/],
		] as const)
			assert.throws(
				() => loadServerKeys(plant, new NodeCrypto(), at),
				(error) => error instanceof KeysError && what.test(error.message),
			);
	});

	it("starts a board whose renewed credential is over, so that it can be renewed again", () => {
		const kept = new MemoryKeyValue();
		const config = {
			station: channel.STATION,
			host: "127.0.0.1",
			port: 1883,
			username: "",
			password: "",
			credential: channel.station.bytes,
			server: channel.server.bytes,
			roots: [channel.publicDer("root"), channel.publicDer("nextRoot")],
		} as const;
		const open = () => {
			const journal = new Journal(kept);
			return { journal, trust: new Trust(channel.crypto, config, journal) };
		};
		const renewed = (epoch: number, expiresS: number) =>
			channel.sign(serverClaims(epoch, expiresS));
		const { expiresS } = channel.serverClaims;
		const first = open();
		assert.equal(first.trust.renew(renewed(6, expiresS)), "server");
		first.journal.noteTime(expiresS + 7 * 3600);
		const second = open();
		assert.equal(second.trust.server.epoch, 6);
		assert.ok(second.trust.isServerExpired);
		assert.equal(second.trust.renew(renewed(7, expiresS + DAY_MS / 1000)), "server");
		assert.ok(!open().trust.isServerExpired);
	});
});

function serverClaims(epoch: number, expiresS: number): Uint8Array {
	return encodeClaims({ ...channel.serverClaims, epoch, expiresS });
}
