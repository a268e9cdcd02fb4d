/**
 * G7: what the keys of one station are good for in other hands. The thief speaks in a genuine session of the second
 * station of two; the first one is honest.
 */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { enrol, initPlant, loadServerKeys, type ServerKeys } from "../../keys/keys.js";
import { TICKET_KIND } from "../../modules/channel/session.js";
import type { ServerMessage, StationMessage, UnitName } from "../../modules/messages/types.js";
import { stationTopics } from "../../modules/station/topics.js";
import { type Broker, startBroker } from "../../server/broker.js";
import type { ServerEvent } from "../../server/events.js";
import { rejectUnit, releaseRecipe, releaseUnits, showUnit } from "../../server/operations.js";
import { type Server, startServer } from "../../server/server.js";
import { openStore } from "../../server/store/sqlite.js";
import type { Store } from "../../server/store/store.js";
import { ScriptedStation } from "./scripted-station.js";

const ONE = "line.one";
const TWO = "line.two";
const READINGS = [{ name: "q", value: 1.5 }];
const GUESS = new Uint8Array(16).fill(7);

describe("a stolen station", function () {
	this.timeout(20_000);
	let directory: string;
	let keys: ServerKeys;
	let broker: Broker;
	let store: Store;
	let server: Server;
	let one: ScriptedStation;
	let thief: ScriptedStation;
	let events: ServerEvent[];
	let unit: UnitName;
	let digest: Uint8Array;

	before(async () => {
		directory = mkdtempSync(join(tmpdir(), "interlock-stolen-"));
		const plant = join(directory, "plant");
		await initPlant({ directory: plant, line: "line", rsaBits: 2048 });
		await enrol({ directory: plant, stations: ["one", "two"], rsaBits: 2048 });
		keys = loadServerKeys(plant);
	});
	after(() => rmSync(directory, { recursive: true }));

	beforeEach(async () => {
		broker = await startBroker({});
		store = await openStore(join(directory, "interlock.db"));
		const limitsText = "# q\nmin= 1\nmax= 2\n";
		for (const station of [ONE, TWO])
			await releaseRecipe(store, { station, id: "trim", text: "# R\nr1= 1\n", limitsText });
		events = [];
		const onEvent = (event: ServerEvent) => events.push(event);
		server = await startServer({ brokerUrl: broker.url, keys, store, onEvent });
		const plant = join(directory, "plant");
		const address = { host: "127.0.0.1", port: broker.port };
		one = new ScriptedStation(plant, ONE, address);
		thief = new ScriptedStation(plant, TWO, address);
		await one.connect();
		await thief.connect();
		await releaseUnits(store, "line", ["A-1"]);
		await server.refresh();
		const ticket = await one.ticket();
		const { serial, visit, step, proof } = ticket;
		unit = { serial, visit, step };
		const start = await one.ask({ type: "arrived", ...unit, proof });
		assert.ok(start.type === "start");
		digest = start.recipe.digest;
	});
	afterEach(async () => {
		await thief.close();
		await one.close();
		await server.close();
		await store.close();
		await broker.close();
		for (const end of ["", "-wal", "-shm"])
			rmSync(join(directory, `interlock.db${end}`), { force: true });
	});

	async function isUntouched(): Promise<void> {
		const shown = await showUnit(store, unit.serial);
		assert.deepEqual([shown?.stage, shown?.step, shown?.attempts.length], ["working", 0, 0]);
	}

	/** Every request about a unit, under either step. */
	function requests(name: UnitName): StationMessage[] {
		const result = { attempt: 1, digest, set: 0, readings: READINGS, durationMs: 1 };
		return [0, 1].flatMap((step): StationMessage[] => [
			{ type: "arrived", ...name, step, proof: GUESS },
			{ type: "result", ...name, step, ...result },
			{ type: "exhausted", ...name, step, attempt: 0, digest },
			{ type: "done", ...name, step },
		]);
	}

	it("neither moves nor harms a unit of another station", async () => {
		for (const request of requests(unit))
			assert.equal((await thief.ask(request)).type, "closed", request.type);
		await isUntouched();
		await thief.ask(thief.ready({ unit: { ...unit, attempt: 9 } }));
		await isUntouched();
	});

	it("does not learn what became of other stations' units", async () => {
		await releaseUnits(store, "line", ["A-2", "A-3"]);
		await rejectUnit(store, "A-2");
		const answers = async (serial: string): Promise<ServerMessage["type"][]> => {
			const types: ServerMessage["type"][] = [];
			for (const request of requests({ serial, visit: 1, step: 0 }))
				types.push((await thief.ask(request)).type);
			return types;
		};
		const unknown = await answers("A-9");
		for (const serial of ["A-1", "A-2", "A-3"]) assert.deepEqual(await answers(serial), unknown);
	});

	it("cannot speak as another station", async () => {
		assert.ok(thief.session);
		const { bytes } = thief.session.seal({ type: "done", ...unit });
		thief.publish(stationTopics(ONE).up, bytes);
		// Its own next word is answered, and the first station has heard nothing.
		await thief.ask(thief.ready());
		assert.equal(one.replies.size, 0);
		await isUntouched();
	});

	it("cannot make a ticket, nor open another's", async () => {
		assert.ok(thief.session);
		const { bytes } = thief.session.seal({ type: "done", ...unit });
		bytes[0] = TICKET_KIND;
		assert.equal(one.session?.openTicket(bytes), undefined);
		const result = { attempt: 1, digest, set: 0, readings: READINGS, durationMs: 1 };
		const verdict = await one.ask({ type: "result", ...unit, ...result });
		assert.ok(verdict.type === "verdict" && verdict.pass);
		const handover = await one.ask({ type: "done", ...unit });
		assert.ok(handover.type === "handover");
		assert.equal(one.session?.openTicket(handover.ticket), undefined);
	});

	it("is given no other station's file", async () => {
		const reply = await thief.ask({ type: "blocks", digest, head: true, first: 0, count: 1 });
		assert.equal(reply.type, "welcome-back");
		assert.equal(thief.blocks.size, 0);
	});

	it("cannot fill the log: states and alarms are told at a bounded rate", async () => {
		for (let i = 0; i < 200; i++) await thief.ask({ type: "alarm", code: "no-room", text: `${i}` });
		const told = events.filter(({ event }) => event === "alarm").length;
		assert.ok(told >= 32 && told < 200, `${told} alarms told`);
	});
});
