/**
 * The whole server over a real broker and a real database, against stations played by the test with the real
 * channel. Nothing is waited for but answers.
 */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { enrol, initPlant, loadServerKeys, type ServerKeys } from "../../keys/keys.js";
import { concat, fromUtf8, sameBytes } from "../../modules/bytes/bytes.js";
import { parseBlock } from "../../modules/envelope/block.js";
import { parseHead } from "../../modules/envelope/head.js";
import { openHead } from "../../modules/envelope/open.js";
import type {
	Result,
	ServerMessage,
	Start,
	Ticket,
	UnitName,
	WelcomeBack,
} from "../../modules/messages/types.js";
import { stationTopics } from "../../modules/station/topics.js";
import { type Broker, startBroker } from "../../server/broker.js";
import type { ServerEvent } from "../../server/events.js";
import {
	acceptJournal,
	lineReport,
	rejectUnit,
	releaseRecipe,
	releaseUnits,
	showUnit,
} from "../../server/operations.js";
import { type Server, ServerError, startServer } from "../../server/server.js";
import { openStore } from "../../server/store/sqlite.js";
import { type Store, StoreError } from "../../server/store/store.js";
import { Inbox, ScriptedStation } from "./scripted-station.js";

const LINE = "line";
const ONE = "line.one";
const TWO = "line.two";
const RECIPE = "# R\nr1= 1\nr2= 2\n\n# C\nc1= .5\n";
const LIMITS = "# q\nmin= 1\nmax= 2\n";
const PASS = [{ name: "q", value: 1.5 }];
const FAIL = [{ name: "q", value: 3 }];

function as<T extends ServerMessage["type"]>(
	type: T,
	message: ServerMessage,
): Extract<ServerMessage, { type: T }> {
	assert.equal(message.type, type, JSON.stringify(message));
	return message as Extract<ServerMessage, { type: T }>;
}

function nameOf({ serial, visit, step }: UnitName): UnitName {
	return { serial, visit, step };
}

function resultOf(start: Start, readings: Result["readings"], offset = 0): Result {
	return {
		type: "result",
		...nameOf(start),
		attempt: start.attempt + offset,
		digest: start.recipe.digest,
		set: start.set + offset,
		readings,
		durationMs: 10,
	};
}

describe("server", function () {
	this.timeout(20_000);
	let plant: string;
	let keys: ServerKeys;
	let directory: string;
	let broker: Broker;
	let store: Store;
	let server: Server | undefined;
	let events: Inbox<ServerEvent>;
	const stations: ScriptedStation[] = [];
	const stores: Store[] = [];

	before(async () => {
		plant = join(mkdtempSync(join(tmpdir(), "interlock-plant-")), "plant");
		await initPlant({ directory: plant, line: LINE, rsaBits: 2048 });
		await enrol({ directory: plant, stations: ["one", "two"], rsaBits: 2048 });
		keys = loadServerKeys(plant);
	});
	after(() => rmSync(join(plant, ".."), { recursive: true }));

	beforeEach(async () => {
		directory = mkdtempSync(join(tmpdir(), "interlock-server-"));
		broker = await startBroker({});
		store = await openedStore();
		for (const station of [ONE, TWO])
			await releaseRecipe(store, { station, id: "trim", text: RECIPE, limitsText: LIMITS });
		await start();
	});
	afterEach(async () => {
		for (const station of stations.splice(0)) await station.close();
		await server?.close();
		for (const each of stores.splice(0)) await each.close();
		await broker.close();
		rmSync(directory, { recursive: true });
	});

	async function openedStore(): Promise<Store> {
		const opened = await openStore(join(directory, "interlock.db"));
		stores.push(opened);
		return opened;
	}

	async function start(): Promise<Server> {
		events = new Inbox();
		server = await startServer({
			brokerUrl: broker.url,
			keys,
			store,
			onEvent: (event) => events.push(event),
		});
		return server;
	}

	/** As a crash would: the process's sessions are gone, the database stays. */
	async function restart(): Promise<void> {
		await server?.close();
		await store.close();
		store = await openedStore();
		await start();
	}

	function station(name: string): ScriptedStation {
		const made = new ScriptedStation(plant, name, { host: "127.0.0.1", port: broker.port });
		stations.push(made);
		return made;
	}

	async function event<E extends ServerEvent["event"]>(
		kind: E,
	): Promise<Extract<ServerEvent, { event: E }>> {
		for (;;) {
			const next = await events.next();
			if (next.event === kind) return next as Extract<ServerEvent, { event: E }>;
		}
	}

	async function release(...serials: string[]): Promise<void> {
		await releaseUnits(store, LINE, serials);
		await server?.refresh();
	}

	/** The first station, with a unit started. */
	async function started(
		serial = "A-1",
	): Promise<{ one: ScriptedStation; start: Start; ticket: Ticket }> {
		const one = station(ONE);
		await one.connect();
		await release(serial);
		const ticket = await one.ticket();
		const start = as(
			"start",
			await one.ask({ type: "arrived", ...nameOf(ticket), proof: ticket.proof }),
		);
		return { one, start, ticket };
	}

	/** A unit that has passed at the first station, and the second one in session. */
	async function passed(): Promise<{ one: ScriptedStation; two: ScriptedStation; unit: UnitName }> {
		const { one, start } = await started();
		as("verdict", await one.ask(resultOf(start, PASS)));
		const two = station(TWO);
		await two.connect();
		return { one, two, unit: nameOf(start) };
	}

	it("takes a unit through two stations and keeps every attempt with its readings", async () => {
		const { one, start } = await started();
		assert.deepEqual([start.serial, start.attempt, start.set, start.step], ["A-1", 1, 0, 0]);
		assert.equal(start.replyTo, one.lastSeq);
		const first = as("verdict", await one.ask(resultOf(start, FAIL)));
		assert.deepEqual([first.attempt, first.pass], [1, false]);
		const second = as("verdict", await one.ask(resultOf(start, PASS, 1)));
		assert.deepEqual([second.attempt, second.pass], [2, true]);

		const unit = nameOf(start);
		as("wait", await one.ask({ type: "done", ...unit }));
		const two = station(TWO);
		await two.connect();
		const handover = as("handover", await one.ask({ type: "done", ...unit }));
		assert.equal(handover.to, TWO);
		one.publish(stationTopics(TWO).in, handover.ticket);
		const ticket = await two.ticket();
		assert.deepEqual([ticket.from, ticket.to, ticket.step], [ONE, TWO, 1]);
		const arrived = { type: "arrived", ...nameOf(ticket), proof: ticket.proof } as const;
		const next = as("start", await two.ask(arrived));
		assert.deepEqual([next.attempt, next.set], [3, 0]);
		as("closed", await one.ask({ type: "done", ...unit }));
		as("verdict", await two.ask(resultOf(next, PASS)));
		as("closed", await two.ask({ type: "done", ...nameOf(next) }));

		const shown = await showUnit(store, "A-1");
		assert.equal(shown?.stage, "finished");
		assert.deepEqual(
			shown?.attempts.map(({ station, number, pass, readings }) => [
				station,
				number,
				pass,
				readings,
			]),
			[
				[ONE, 1, false, FAIL],
				[ONE, 2, true, PASS],
				[TWO, 3, true, PASS],
			],
		);
		const report = await lineReport(store, LINE);
		assert.deepEqual(report.route, [ONE, TWO]);
		assert.deepEqual(
			[...(report.units[0]?.attempts ?? [])],
			[
				[ONE, 2],
				[TWO, 1],
			],
		);
		const { outcome } = await event("unit");
		assert.equal(outcome, "passed");
	});

	it("tells what happened in order, after it was stored", async () => {
		const { one, start } = await started();
		await one.ask(resultOf(start, FAIL));
		await one.ask(resultOf(start, FAIL, 1));
		as(
			"reject",
			await one.ask({
				type: "exhausted",
				...nameOf(start),
				attempt: 2,
				digest: start.recipe.digest,
			}),
		);
		const told: string[] = [];
		for (;;) {
			const next = await events.next();
			if (next.event === "unit") {
				assert.deepEqual([next.outcome, next.reason], ["rejected", "exhausted"]);
				break;
			}
			told.push(next.event);
		}
		const flow = ["session", "state", "released", "arrived", "verdict", "verdict"];
		assert.deepEqual(
			told.filter((kind) => flow.includes(kind)),
			flow,
		);
		assert.equal((await showUnit(store, "A-1"))?.reason, "exhausted");
	});

	it("starts no unit at a station that was not handed it", async () => {
		const { one, two, unit } = await passed();
		const at = { ...unit, step: 1 };
		// By guessing; with the proof of the first handover; before the ticket was ever given out.
		as("closed", await two.ask({ type: "arrived", ...at, proof: new Uint8Array(16) }));
		const shown = await showUnit(store, unit.serial);
		as(
			"closed",
			await two.ask({ type: "arrived", ...at, proof: shown?.arrivalProof as Uint8Array }),
		);
		// A ticket for another station, or for an older session, does not open.
		const handover = as("handover", await one.ask({ type: "done", ...unit }));
		assert.equal(one.session?.openTicket(handover.ticket), undefined);
		await two.connect();
		assert.equal(two.session?.openTicket(handover.ticket), undefined);
		// One not yet passed.
		await release("A-2");
		as(
			"closed",
			await two.ask({ type: "arrived", ...at, serial: "A-2", proof: new Uint8Array(16) }),
		);
		assert.equal((await showUnit(store, unit.serial))?.stage, "passed");
	});

	it("tells a station at once, unasked and only once, that its unit has arrived at the next one", async () => {
		const { one, start } = await started();
		as("verdict", await one.ask(resultOf(start, PASS)));
		const two = station(TWO);
		await two.connect();
		const handover = as("handover", await one.ask({ type: "done", ...nameOf(start) }));
		one.publish(stationTopics(TWO).in, handover.ticket);
		const ticket = await two.ticket();
		assert.equal(one.replies.size, 0);
		const arrived = { type: "arrived", ...nameOf(ticket), proof: ticket.proof } as const;
		as("start", await two.ask(arrived));
		const closed = as("closed", await one.replies.next());
		assert.deepEqual(nameOf(closed), nameOf(start));
		as("start", await two.ask(arrived));
		as("welcome-back", await one.ask(one.ready()));
		assert.equal(one.replies.size, 0);
	});

	it("takes a ticket once: used again after the unit has gone on, it only frees the place", async () => {
		const { one, start, ticket } = await started();
		const arrived = { type: "arrived", ...nameOf(ticket), proof: ticket.proof } as const;
		const again = as("start", await one.ask(arrived));
		assert.deepEqual([again.attempt, again.set], [start.attempt, start.set]);
		as("verdict", await one.ask(resultOf(start, PASS)));
		const two = station(TWO);
		await two.connect();
		const handover = as("handover", await one.ask({ type: "done", ...nameOf(start) }));
		one.publish(stationTopics(TWO).in, handover.ticket);
		const onward = await two.ticket();
		as("start", await two.ask({ type: "arrived", ...nameOf(onward), proof: onward.proof }));
		as("closed", await one.ask(arrived));
	});

	it("answers a repeated request from what is stored, whatever was lost in between", async () => {
		const { one, start } = await started();
		for (let i = 0; i < 3; i++) as("verdict", await one.ask(resultOf(start, FAIL)));
		assert.equal((await showUnit(store, "A-1"))?.attempts.length, 1);
		as("hold", await one.ask({ ...resultOf(start, FAIL), durationMs: 11 }));
		assert.equal((await event("refused")).reason, "content");
		assert.equal((await event("unit")).outcome, "held");
		as("hold", await one.ask({ type: "done", ...nameOf(start) }));
		// A person takes it off; the station learns of it by its poll.
		await rejectUnit(store, "A-1");
		const unit = { ...nameOf(start), attempt: 1 };
		as("welcome-back", await one.ask(one.ready({ state: "Held", unit })));
		as("reject", await one.replies.next());
	});

	it("loses nothing when it is restarted at any point of a unit's way", async () => {
		const { one, start, ticket } = await started();
		const unit = nameOf(start);
		const back = async (who: ScriptedStation): Promise<void> => {
			await restart();
			as("welcome-back", await who.connect());
			who.replies.clear();
		};
		await back(one);
		const resent = await one.ticket();
		assert.ok(sameBytes(resent.proof, ticket.proof));
		const arrived = { type: "arrived", ...unit, proof: ticket.proof } as const;
		as("start", await one.ask(arrived));
		const failed = as("verdict", await one.ask(resultOf(start, FAIL)));
		await back(one);
		assert.deepEqual(as("verdict", await one.ask(resultOf(start, FAIL))), failed);
		as("verdict", await one.ask(resultOf(start, PASS, 1)));
		await back(one);
		as("verdict", await one.ask(resultOf(start, PASS, 1)));
		const two = station(TWO);
		await two.connect();
		const before = as("handover", await one.ask({ type: "done", ...unit }));
		await back(one);
		as("welcome-back", await two.connect());
		assert.equal(two.session?.openTicket(before.ticket), undefined);
		const handover = as("handover", await one.ask({ type: "done", ...unit }));
		one.publish(stationTopics(TWO).in, handover.ticket);
		const onward = await two.ticket();
		const next = as(
			"start",
			await two.ask({ type: "arrived", ...nameOf(onward), proof: onward.proof }),
		);
		as("verdict", await two.ask(resultOf(next, PASS)));
		await back(two);
		as("closed", await two.ask({ type: "done", ...nameOf(next) }));
		await back(two);
		as("closed", await two.ask({ type: "done", ...nameOf(next) }));
		assert.equal((await showUnit(store, "A-1"))?.attempts.length, 3);
	});

	it("sends the ticket again to a board that was replaced with a unit in front of it", async () => {
		const { one, start, ticket } = await started();
		as("verdict", await one.ask(resultOf(start, FAIL)));
		as("welcome-back", await one.connect({ boot: 1, journal: 0 }));
		const again = await one.ticket();
		assert.deepEqual(
			{ ...again, proof: [...again.proof] },
			{ ...ticket, proof: [...ticket.proof] },
		);
		const on = as(
			"start",
			await one.ask({ type: "arrived", ...nameOf(again), proof: again.proof }),
		);
		assert.deepEqual([on.attempt, on.set], [2, 1]);
	});

	it("gives a station's file out by blocks, and retained, so that only that station opens it", async () => {
		const one = station(ONE);
		const { recipes } = as("welcome-back", await one.connect());
		const [offer] = recipes as [WelcomeBack["recipes"][number]];
		assert.deepEqual([recipes.length, offer.id, offer.version, offer.segments], [1, "trim", 1, 1]);
		one.say({ type: "blocks", digest: offer.digest, head: true, first: 0, count: 8 });
		const head = parseBlock(await one.blocks.next());
		const segment = parseBlock(await one.blocks.next());
		assert.ok(head?.kind === "head" && segment?.kind === "segment");
		assert.equal(head.head.length, offer.headSize);
		assert.deepEqual(new Uint8Array(one.crypto.sha256(head.head)), new Uint8Array(offer.digest));
		const verify = one.crypto.publicKey(one.bundle.server.sign as Uint8Array, "verify");
		const options = { crypto: one.crypto, verify, unwrap: one.key, versionFloor: 1 };
		const opener = openHead({ ...options, head: parseHead(head.head), recipient: ONE });
		assert.ok(typeof opener === "object");
		const plain = opener.open(0, segment.sealed);
		assert.equal(fromUtf8(plain as Uint8Array), RECIPE);
		assert.deepEqual(new Uint8Array(await one.envelopes.next()), concat(head.head, segment.sealed));
		// Another station's file is not given out, and its request is answered.
		const two = station(TWO);
		await two.connect();
		const answer = await two.ask({
			type: "blocks",
			digest: offer.digest,
			head: true,
			first: 0,
			count: 1,
		});
		assert.equal(as("welcome-back", answer).recipes.length, 1);
		assert.equal(two.blocks.size, 0);
	});

	it("uses a new version from the next unit on", async () => {
		const { one, start } = await started();
		const text = `${RECIPE}\n# X\nx1= 4\n`;
		const other = await openedStore();
		await releaseRecipe(other, { station: ONE, id: "trim", text, limitsText: "# q\nmin= 10\n" });
		assert.equal((await event("sealed")).version, 1);
		while ((await event("sealed")).version !== 2);
		const versions = (message: ServerMessage) =>
			as("welcome-back", message).recipes.map(({ version }) => version);
		// Told unasked, and with each `ready`.
		assert.deepEqual(versions(await one.replies.next()), [1, 2]);
		const unit = { ...nameOf(start), attempt: 0 };
		assert.deepEqual(versions(await one.ask(one.ready({ unit }))), [1, 2]);
		const arrived = as("verdict", await one.ask(resultOf(start, PASS)));
		assert.equal(arrived.pass, true);
		const two = station(TWO);
		await two.connect();
		const handover = as("handover", await one.ask({ type: "done", ...nameOf(start) }));
		one.publish(stationTopics(TWO).in, handover.ticket);
		const onward = await two.ticket();
		await two.ask({ type: "arrived", ...nameOf(onward), proof: onward.proof });
		// Told unasked, and again.
		as("closed", await one.replies.next());
		as("closed", await one.ask({ type: "done", ...nameOf(start) }));
		await release("A-2");
		const ticket = await one.ticket();
		const next = as(
			"start",
			await one.ask({ type: "arrived", ...nameOf(ticket), proof: ticket.proof }),
		);
		assert.deepEqual([next.serial, next.recipe.version], ["A-2", 2]);
		assert.equal(as("verdict", await one.ask(resultOf(next, PASS))).pass, false);
	});

	it("rejects at the recipe's attempt limit", async () => {
		await releaseRecipe(store, {
			station: ONE,
			id: "trim",
			text: RECIPE,
			limitsText: LIMITS,
			attemptsMax: 1,
		});
		await server?.refresh();
		const { one, start } = await started();
		as("reject", await one.ask(resultOf(start, FAIL)));
		const shown = await showUnit(store, "A-1");
		assert.deepEqual([shown?.reason, shown?.attempts.length], ["attempts", 1]);
	});

	it("notices units that another process released, and offers them in order, one at a time", async () => {
		const one = station(ONE);
		await one.connect();
		const other = await openedStore();
		await releaseUnits(other, LINE, ["B-2", "B-1"]);
		const ticket = await one.ticket();
		assert.equal(ticket.serial, "B-2");
		const start = as(
			"start",
			await one.ask({ type: "arrived", ...nameOf(ticket), proof: ticket.proof }),
		);
		await server?.refresh();
		as("welcome-back", await one.ask(one.ready({ unit: { ...nameOf(start), attempt: 0 } })));
		assert.equal(one.tickets.size, 0);
		const digest = start.recipe.digest;
		await one.ask(resultOf(start, FAIL));
		await one.ask(resultOf(start, FAIL, 1));
		await one.ask({ type: "exhausted", ...nameOf(start), attempt: 2, digest });
		await one.ask(one.ready());
		assert.equal((await one.ticket()).serial, "B-1");
	});

	it("resumes a held station, by an answer that names the request", async () => {
		const one = station(ONE);
		await one.connect();
		as("welcome-back", await one.ask(one.ready({ state: "Held" })));
		assert.deepEqual(await one.replies.next(), { type: "resume", replyTo: one.lastSeq });
	});

	it("holds the line when a station has seen a later journal, until a person accepts that", async () => {
		const { one, start } = await started();
		as("welcome-back", await one.ask(one.ready({ journal: 1_000_000 })));
		as("hold", await one.replies.next());
		assert.equal((await event("behind")).journal, 1_000_000);
		as("hold", await one.ask(resultOf(start, PASS)));
		await restart();
		as("welcome-back", await one.connect({ state: "Held" }));
		as("hold", await one.replies.next());
		assert.equal((await lineReport(store, LINE)).held, true);
		await acceptJournal(store, LINE);
		const unit = { ...nameOf(start), attempt: 0 };
		const ready = one.ready({ state: "Held", journal: 1_000_000, unit });
		assert.ok(as("welcome-back", await one.ask(ready)).journal > 1_000_000);
		as("resume", await one.replies.next());
		as("verdict", await one.ask(resultOf(start, PASS)));
	});

	it("holds a station that names an impossible journal number, and lets the line go on", async () => {
		const { one, start } = await started();
		const two = station(TWO);
		as("welcome-back", await two.connect({ journal: Number.MAX_SAFE_INTEGER }));
		as("hold", await two.replies.next());
		assert.equal((await event("refused")).reason, "journal");
		as("verdict", await one.ask(resultOf(start, PASS)));
		assert.equal((await lineReport(store, LINE)).held, false);
	});

	it("drops what does not open, and says so", async () => {
		const one = station(ONE);
		await one.connect();
		one.publish(stationTopics(ONE).up, new Uint8Array([0x10, 1, 2]));
		assert.equal((await event("refused")).reason, "record");
		one.publish(stationTopics(ONE).up, new Uint8Array([0x80]));
		assert.equal((await event("refused")).reason, "hello");
		as("welcome-back", await one.ask(one.ready()));
	});

	it("drops a HELLO that the broker had kept", async () => {
		await server?.close();
		const one = station(ONE);
		await one.sayHelloRetained();
		await start();
		assert.equal((await event("refused")).reason, "retained");
	});

	it("answers in the order of the requests", async () => {
		const { one, start } = await started();
		const unit = nameOf(start);
		for (let visit = 2; visit < 12; visit++) one.say({ type: "done", ...unit, visit });
		one.say(resultOf(start, PASS));
		for (let visit = 2; visit < 12; visit++)
			assert.equal(as("closed", await one.replies.next()).visit, visit);
		as("verdict", await one.replies.next());
	});

	it("notes an alarm", async () => {
		const one = station(ONE);
		await one.connect();
		as("noted", await one.ask({ type: "alarm", code: "jam", text: "door open" }));
		const { code, text } = await event("alarm");
		assert.deepEqual([code, text], ["jam", "door open"]);
	});

	it("ends when another server takes the database over", async () => {
		const { one, start } = await started();
		const deposed = server as Server;
		const other = await openedStore();
		const successor = await startServer({ brokerUrl: broker.url, keys, store: other });
		const reason = await deposed.ended;
		assert.ok(reason instanceof StoreError && reason.code === "deposed", String(reason));
		await one.connect({ unit: { ...nameOf(start), attempt: 0 } });
		as("verdict", await one.ask(resultOf(start, PASS)));
		await successor.close();
	});

	it("refuses a broker's address that is none, and a route that moves under units", async () => {
		for (const brokerUrl of ["nonsense", "http://x", "mqtt://", "mqtt://x/path"])
			await assert.rejects(startServer({ brokerUrl, keys, store }), (error) => {
				assert.ok(error instanceof ServerError);
				return error.code === "url";
			});
		await release("A-1");
		const turned = { ...keys, plant: { ...keys.plant, stations: [TWO, ONE] } };
		await assert.rejects(
			startServer({ brokerUrl: broker.url, keys: turned, store }),
			/on the line/,
		);
	});
});
