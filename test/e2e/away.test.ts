/** The server goes away and comes back: stations on XS go on as far as they may, and nothing is lost or done twice. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { prepareStation } from "../../host-sim/line/station.js";
import { type StationProcess, spawnStation } from "../../host-sim/station-process.js";
import { enrol, initPlant, loadServerKeys, stationDirectory } from "../../keys/keys.js";
import { MqttClient } from "../../modules/mqtt/client.js";
import { recipeTopic, stationTopics } from "../../modules/station/topics.js";
import { type Broker, startBroker } from "../../server/broker.js";
import { systemClock, systemRandom } from "../../server/clock.js";
import type { ServerEvent } from "../../server/events.js";
import { releaseRecipe, releaseUnits, showUnit } from "../../server/operations.js";
import { type Server, startServer } from "../../server/server.js";
import { openStore } from "../../server/store/sqlite.js";
import type { Store } from "../../server/store/store.js";
import { TcpTransport } from "../../server/transport.js";
import { describeOnBoards } from "../support/boards.js";
import { temporaryDirectory } from "./support.js";

const LINE = "line";
const STATION = `${LINE}.one`;
const RECIPE =
	"# Resistors\nr1= 350\nr2= 450\n# Capacitors\nc1= 2\nc4= .5456\n# Inductors\nl1= 1\nl2= 2\n";
const SETTLE_MS = 150;
/** Enough for a chip, too. */
const PATIENCE_MS = 60_000;

async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
	const endMs = performance.now() + PATIENCE_MS;
	while (!(await isSo())) {
		assert.ok(performance.now() < endMs, what);
		await sleep(10);
	}
}

describeOnBoards("the server away from a station", 120_000, ({ kind: board }) => {
	let directory: ReturnType<typeof temporaryDirectory>;
	let keys: string;
	let broker: Broker;
	let store: Store;
	let server: Server | undefined;
	let station: StationProcess | undefined;
	let spy: MqttClient;
	/** What came on a topic, kept at the broker or not. */
	const seen = new Map<string, Uint8Array[]>();
	const console: string[] = [];
	const events: ServerEvent[] = [];

	const count = (line: string) => console.filter((each) => each === line).length;
	const said = (line: string, times = 1) => until(`${line} (${times})`, () => count(line) >= times);

	async function serve(): Promise<void> {
		server = await startServer({
			...{ brokerUrl: broker.url, keys: loadServerKeys(keys), store },
			onEvent: (event) => events.push(event),
		});
	}
	async function leave(): Promise<void> {
		await server?.close();
		server = undefined;
	}
	async function powerOn(): Promise<void> {
		const flash = join(directory.path, "one.flash");
		const bundle = stationDirectory(keys, STATION);
		await prepareStation({ bundle, url: broker.url, flash, board });
		station = spawnStation({
			...{ board, flash },
			options: { seed: "3", settleMs: String(SETTLE_MS) },
			onEvent: (event) => event.kind === "log" && console.push(event.line),
		});
	}
	async function cutPower(): Promise<void> {
		station?.kill();
		await station?.exited;
	}

	beforeEach(async () => {
		directory = temporaryDirectory();
		keys = join(directory.path, "keys");
		await initPlant({ directory: keys, line: LINE, rsaBits: 2048 });
		await enrol({ directory: keys, stations: ["one"], rsaBits: 2048 });
		broker = await startBroker({});
		store = await openStore(join(directory.path, "interlock.sqlite"));
		console.length = 0;
		events.length = 0;
		seen.clear();
		const { port } = new URL(broker.url);
		spy = new MqttClient({
			...{ host: "127.0.0.1", port: Number(port), clientId: "spy", protocol: 4 },
			...{ transport: new TcpTransport(), clock: systemClock, random: systemRandom },
			...{ cleanStart: true, keepAliveS: 30, onOnline: () => {}, onOffline: () => {} },
			onMessage: ({ topic, payload }) =>
				void seen.set(topic, [...(seen.get(topic) ?? []), payload.slice()]),
		});
		spy.subscribe([{ filter: "interlock/1/#", qos: 1 }]);
		spy.start();
	});

	afterEach(async () => {
		station?.stop();
		await station?.exited;
		await leave();
		await new Promise<void>((resolve) => spy.close(resolve));
		await broker.close();
		await store.close();
		directory.remove();
	});

	const isRetained = (topic: string) => (seen.get(topic) ?? []).some(({ length }) => length > 0);
	const isFinished = async () => (await showUnit(store, "U-1"))?.stage === "finished";

	it("a station that starts then fetches and verifies its file, and runs it when the server is back", async () => {
		await releaseRecipe(store, {
			...{ station: STATION, id: "trim", text: RECIPE },
			limitsText: "# q-factor\nmin= 0\n",
		});
		await serve();
		await until("a retained file", () => isRetained(recipeTopic(STATION, 0)));
		await leave();
		await powerOn();
		await said("file complete");
		assert.equal(count("session established"), 0);
		await releaseUnits(store, LINE, ["U-1"]);
		await serve();
		await until("the unit to finish", isFinished);
		assert.equal(seen.get(stationTopics(STATION).file), undefined, "blocks were fetched");
		assert.equal(count("state Execute"), 1);
	});

	it("a unit in progress ends its attempt and keeps the result, also through a power cut", async () => {
		// No value set passes: every one is tried, each once.
		await releaseRecipe(store, {
			...{ station: STATION, id: "trim", text: RECIPE },
			limitsText: "# q-factor\nmax= 0\n",
		});
		await releaseUnits(store, LINE, ["U-1"]);
		await serve();
		await powerOn();
		await said("state Execute", 2);
		await leave();
		const judged = (await showUnit(store, "U-1"))?.attempts.length ?? 0;
		// The attempt that was under way, or the one after a verdict that was on its way.
		await until("a result that waits", () => console.at(-1) === "state Suspended");
		const tried = count("state Execute");
		assert.equal(tried, judged + 1);
		await cutPower();
		await powerOn();
		await said("state Resetting", 2);
		await serve();
		await until("every set to be tried", async () => {
			const unit = await showUnit(store, "U-1");
			return unit?.stage === "rejected";
		});
		const attempts = (await showUnit(store, "U-1"))?.attempts ?? [];
		assert.deepEqual(
			attempts.map(({ number, set }) => [number, set]),
			Array.from({ length: 8 }, (_, i) => [i + 1, i]),
		);
		// Once for each, and once to find that there is no ninth set.
		assert.equal(count("state Execute"), 9, "a measured attempt was made again");
	});

	it("an old file that the broker still keeps is refused, and the server hears of it", async () => {
		const release = (text: string) =>
			releaseRecipe(store, {
				...{ station: STATION, id: "trim", text },
				limitsText: "# q-factor\nmin= 0\n",
			});
		const kept = recipeTopic(STATION, 0);
		await release(RECIPE);
		await serve();
		await until("a retained file", () => isRetained(kept));
		const old = seen.get(kept)?.at(-1) as Uint8Array;
		await release(`${RECIPE}l3= 3\n`);
		await releaseUnits(store, LINE, ["U-1"]);
		await powerOn();
		await until("the unit to finish", isFinished);
		const unit = await showUnit(store, "U-1");
		assert.equal(unit?.recipe?.version, 2);
		await leave();
		await cutPower();
		const complete = count("file complete");
		// What a broker may do that was restored from a backup, or means ill.
		await new Promise<void>((resolve) =>
			spy.publish(kept, old, { qos: 1, retain: true }, () => resolve()),
		);
		await powerOn();
		await said("alarm old-file");
		assert.equal(count("file complete"), complete, "the old file was taken");
		await serve();
		await until("the alarm", () =>
			events.some((event) => event.event === "alarm" && event.code === "old-file"),
		);
	});
});
