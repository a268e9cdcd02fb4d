/** What a station must never do, whatever a broker or a server's wrong word puts before it. */
import assert from "node:assert/strict";
import { concat } from "../../modules/bytes/bytes.js";
import { encodeHeadBlock, encodeSegmentBlock } from "../../modules/envelope/block.js";
import type { RecipeName, Start, Ticket } from "../../modules/messages/types.js";
import { stationTopics } from "../../modules/station/topics.js";
import { type Broker, startBroker } from "../../server/broker.js";
import { sealRecipe } from "../../server/seal.js";
import { Board, makePlant, TestFixture, type TestPlant } from "./line.js";
import { ScriptedServer } from "./scripted-server.js";

const ONE = "line-1.station-1";
const TWO = "line-1.station-2";
const unit = { serial: "U-1", visit: 1, step: 1 };
const ticket: Ticket = { ...unit, from: ONE, to: TWO, proof: new Uint8Array(16).fill(3) };
const RECIPE = new TextEncoder().encode("# R\nr1= 1\nr2= 2\n");

describe("what a station refuses", function () {
	this.timeout(20_000);
	let plant: TestPlant;
	let broker: Broker;
	let server: ScriptedServer;
	let board: Board;
	let recipe: RecipeName;
	let envelope: Uint8Array;
	let head: Uint8Array;
	const boards: Board[] = [];

	before(async () => {
		plant = await makePlant(2);
	});
	after(() => plant.remove());
	beforeEach(async () => {
		broker = await startBroker();
		server = new ScriptedServer(plant.keys, broker);
		await server.start();
		await sealFile(1);
		board = powered(TWO);
		await server.greet(TWO);
		await server.settle(TWO);
	});
	afterEach(async () => {
		for (const each of boards.splice(0)) each.powerOff();
		server.close();
		await broker.close();
	});

	function powered(name: string): Board {
		const fixture = new TestFixture(() => ({ readings: [{ name: "q", value: 1 }] }));
		const made = new Board(plant.directory, name, () => broker.port, fixture);
		boards.push(made);
		made.powerOn();
		return made;
	}

	async function sealFile(version: number): Promise<void> {
		const { crypto } = server;
		const { stations, credential, sign } = plant.keys;
		const sealing = sealRecipe({
			crypto,
			plaintext: RECIPE,
			size: RECIPE.length,
			recipient: TWO,
			recipientKey: crypto.publicKey(stations.get(TWO)?.kem as Uint8Array, "wrap"),
			recipeId: "trim",
			version,
			segmentSize: 1024,
			signerEpoch: credential.epoch,
			signKey: sign,
		});
		const first = await sealing.next();
		head = (await sealing.next()).value as Uint8Array;
		envelope = concat(head, (first.value as { bytes: Uint8Array }).bytes);
		recipe = { id: "trim", version, digest: crypto.sha256(head) };
	}

	/** The file, as the station asks for it. */
	async function giveFile(): Promise<void> {
		server.say(TWO, {
			type: "welcome-back",
			journal: 0,
			timeS: 1_800_000_000,
			recipes: [{ ...recipe, headSize: head.length, segments: 1 }],
		});
		await server.next(TWO, "blocks");
		const { file } = stationTopics(TWO);
		server.put(file, encodeHeadBlock(recipe.digest, head), { qos: 0 });
		const segment = envelope.subarray(head.length);
		server.put(file, encodeSegmentBlock(recipe.digest, 0, segment), { qos: 0 });
	}

	function start(replyTo: number, change: Partial<Start> = {}): Start {
		return { type: "start", ...unit, attempt: 1, set: 0, recipe, journal: 1, replyTo, ...change };
	}

	/** That nothing started, and nothing was written since. */
	async function assertUntouched(writes: number): Promise<void> {
		const ready = await server.settle(TWO);
		assert.equal(ready.unit, undefined);
		assert.equal(ready.state, "Idle");
		assert.equal(board.fixture.trials.length, 0);
		assert.equal(board.state.writes, writes);
	}

	it("starts with a ticket, a file and a fresh start: otherwise the tests below show nothing", async () => {
		await giveFile();
		server.ticket(ticket);
		const { message, seq } = await server.next(TWO, "arrived");
		assert.deepEqual(message, { type: "arrived", ...unit, proof: ticket.proof });
		server.say(TWO, start(seq));
		const result = await server.next(TWO, "result");
		assert.equal(result.message.attempt, 1);
		assert.equal(board.fixture.trials.length, 1);
	});

	it("does not start without a ticket", async () => {
		await giveFile();
		await server.settle(TWO);
		const { writes } = board.state;
		server.say(TWO, start(0));
		await assertUntouched(writes);
	});

	it("does not take a ticket meant for another station", async () => {
		const other = powered(ONE);
		await server.greet(ONE);
		const { writes } = board.state;
		// Sealed for the other station and put on this one's topic, as a broker can.
		server.ticket({ ...ticket, to: ONE, step: 0 }, ONE, TWO);
		// Sealed for this one, but naming the other: a server would have to be wrong.
		server.ticket({ ...ticket, to: ONE }, TWO, TWO);
		await assertUntouched(writes);
		assert.equal(other.fixture.trials.length, 0);
	});

	it("does not take an old ticket: of the session before, or from before a restart", async () => {
		const bytes = server.session(TWO).sealTicket(ticket);
		await server.settle(TWO);
		const { writes } = board.state;
		server.put(stationTopics(TWO).in, bytes);
		await assertUntouched(writes);
		const another = server.session(TWO).sealTicket(ticket);
		board.powerOff();
		board.powerOn();
		await server.greet(TWO);
		const { writes: later } = board.state;
		server.put(stationTopics(TWO).in, another);
		await assertUntouched(later);
	});

	it("does not take a ticket twice, nor one that was overtaken", async () => {
		const overtaken = server.session(TWO).sealTicket({ ...ticket, serial: "U-0" });
		const bytes = server.ticket(ticket);
		await server.next(TWO, "arrived");
		server.say(TWO, { type: "closed", ...unit, journal: 2 });
		const ready = await server.next(TWO, "ready");
		assert.equal(ready.message.unit, undefined);
		const { writes } = board.state;
		for (let i = 0; i < 5; i++) server.put(stationTopics(TWO).in, bytes);
		server.put(stationTopics(TWO).in, overtaken);
		await assertUntouched(writes);
	});

	it("does not take a ticket that was kept back until its unit had been tried and gone", async () => {
		await giveFile();
		server.ticket(ticket);
		const kept = [1, 2, 3].map(() => server.session(TWO).sealTicket(ticket));
		const { seq } = await server.next(TWO, "arrived");
		server.say(TWO, start(seq));
		await server.next(TWO, "result");
		server.say(TWO, { type: "reject", ...unit, journal: 2 });
		await server.next(TWO, "ready");
		const { writes } = board.state;
		for (const bytes of kept) server.put(stationTopics(TWO).in, bytes);
		const ready = await server.settle(TWO);
		assert.equal(ready.unit, undefined);
		assert.equal(board.state.writes, writes);
		// A board's own memory ends with the session: the server may send a unit again that it knows to be here.
		server.ticket(ticket);
		await server.next(TWO, "arrived");
	});

	it("takes a ticket again whose unit it had to send away untried", async () => {
		server.ticket(ticket);
		await server.next(TWO, "arrived");
		server.say(TWO, { type: "closed", ...unit, journal: 2 });
		await server.next(TWO, "ready");
		server.forget();
		server.ticket(ticket);
		await server.next(TWO, "arrived");
	});

	it("does not take a changed or a retained ticket", async () => {
		const { writes } = board.state;
		const bytes = server.session(TWO).sealTicket(ticket);
		for (const at of [0, 1, 9, 17, bytes.length - 1]) {
			const changed = bytes.slice();
			changed[at] = (changed[at] as number) ^ 1;
			server.put(stationTopics(TWO).in, changed);
		}
		server.put(stationTopics(TWO).in, bytes.subarray(0, 20));
		server.put(stationTopics(TWO).in, bytes, { retain: true });
		board.powerOff();
		board.powerOn();
		await server.greet(TWO);
		await assertUntouched(writes + 1);
	});

	it("does not start a unit that it has no ticket for, while it holds another", async () => {
		await giveFile();
		server.ticket(ticket);
		const { seq } = await server.next(TWO, "arrived");
		for (const change of [{ serial: "U-2" }, { visit: 2 }, { step: 0 }])
			server.say(TWO, start(seq, change));
		const ready = await server.settle(TWO);
		assert.deepEqual(ready.unit, { ...unit, attempt: 0 });
		assert.equal(board.fixture.trials.length, 0);
	});

	it("does not start on an answer to nothing it asked", async () => {
		await giveFile();
		server.ticket(ticket);
		const { seq } = await server.next(TWO, "arrived");
		server.say(TWO, start(seq + 1000));
		await server.settle(TWO);
		assert.equal(board.fixture.trials.length, 0);
		// A request of the session before is no better.
		await server.next(TWO, "arrived");
		server.say(TWO, start(seq + 1000));
		await server.settle(TWO);
		assert.equal(board.fixture.trials.length, 0);
	});

	it("does not act on a record twice", async () => {
		await giveFile();
		server.ticket(ticket);
		const { seq } = await server.next(TWO, "arrived");
		const bytes = server.say(TWO, start(seq));
		await server.next(TWO, "result");
		server.say(TWO, { type: "verdict", ...unit, attempt: 1, pass: true, journal: 3 });
		await server.next(TWO, "done");
		for (let i = 0; i < 3; i++) server.put(stationTopics(TWO).down, bytes);
		await server.settle(TWO);
		assert.equal(board.fixture.trials.length, 1);
	});

	it("does not go back to an older recipe", async () => {
		await sealFile(2);
		await giveFile();
		server.ticket(ticket);
		const { seq } = await server.next(TWO, "arrived");
		server.say(TWO, start(seq));
		await server.next(TWO, "result");
		server.say(TWO, { type: "closed", ...unit, journal: 3 });
		await server.settle(TWO);
		await sealFile(1);
		server.put(`interlock/1/line-1/station-2/recipe/0`, envelope, { retain: true });
		server.say(TWO, {
			type: "welcome-back",
			journal: 3,
			timeS: 1_800_000_000,
			recipes: [{ ...recipe, headSize: head.length, segments: 1 }],
		});
		server.ticket({ ...ticket, serial: "U-2", proof: new Uint8Array(16).fill(4) });
		const again = await server.next(TWO, "arrived");
		server.say(TWO, start(again.seq, { serial: "U-2" }));
		const ready = await server.settle(TWO);
		assert.deepEqual(
			ready.recipes.map(({ version }) => version),
			[2],
		);
		assert.equal(board.fixture.trials.length, 1);
	});

	it("refuses a file that the broker kept too long, and tells the server once", async () => {
		const old = envelope;
		await sealFile(2);
		await giveFile();
		await server.settle(TWO);
		const { writes } = board.state;
		for (let i = 0; i < 3; i++)
			server.put(`interlock/1/line-1/station-2/recipe/0`, old, { retain: true });
		const { message } = await server.next(TWO, "alarm");
		assert.deepEqual(message, {
			type: "alarm",
			code: "old-file",
			text: "trim version 1, older than what is here, was refused",
		});
		server.say(TWO, { type: "noted" });
		const ready = await server.settle(TWO);
		assert.deepEqual(
			ready.recipes.map(({ version }) => version),
			[2],
		);
		assert.equal(board.state.writes, writes);
	});

	it("writes nothing to flash, whatever is put on its topics", async () => {
		await giveFile();
		await server.settle(TWO);
		const flash = (): number =>
			board.slots.reduce((sum, { writes, erases }) => sum + writes + erases, 0);
		const { writes } = board.state;
		const flashed = flash();
		const { down, in: tickets, file } = stationTopics(TWO);
		const recorded = [
			server.session(TWO).seal({ type: "noted" }).bytes,
			plant.keys.credential.bytes,
			envelope,
			encodeHeadBlock(recipe.digest, head),
			encodeSegmentBlock(recipe.digest, 0, envelope.subarray(head.length)),
			new Uint8Array([0x83, 2, 0x40, 0x40]),
		];
		const topics = [
			down,
			tickets,
			file,
			"interlock/1/server",
			"interlock/1/line-1/station-2/recipe/0",
		];
		for (let i = 0; i < 40; i++) {
			for (const topic of topics) {
				const bytes = (recorded[i % recorded.length] as Uint8Array).slice();
				if (i >= recorded.length) bytes[(i * 37) % bytes.length] = i;
				server.put(topic, bytes);
			}
			if (i % 3 === 0) await new Promise((resolve) => setImmediate(resolve));
		}
		await assertUntouched(writes);
		assert.equal(flash(), flashed);
	});
});
