import assert from "node:assert/strict";
import { open, seal } from "../../host-sim/suite-0/format.js";
import { PARTS_WAITING_MAX } from "../../host-sim/suite-0/station.js";
import { expected, recipes, STATIONS, TestLine, testKeys } from "./support.js";

const FIRST = "station-1";
/** Nothing resonates there. */
const IMPOSSIBLE = "# resonance\nmin= 1000\n";

function bring(test: TestLine, parts = 1): void {
	for (let part = 0; part < parts; part++) assert.ok(test.line.stations[0]?.bringPart());
}

describe("suite 0 line", function () {
	this.timeout(60_000);

	before(() => testKeys());

	it("tries value sets until one passes, at each of three stations", async () => {
		const test = await TestLine.started();
		const parts = 4;
		bring(test, parts);
		test.run();
		let came = parts;
		for (const station of STATIONS) {
			const wanted = Array.from({ length: came }, (_, i) => expected(station, i + 1));
			const finished = test.of("finished").filter((event) => event.station === station);
			assert.deepEqual(
				finished.map(({ part, passed }) => ({
					passed,
					tries: test.of("tried").filter((each) => each.station === station && each.part === part)
						.length,
				})),
				wanted,
			);
			came = wanted.filter(({ passed }) => passed).length;
		}
		assert.ok(came > 0);
		assert.deepEqual(test.of("dropped"), []);
	});

	it("says these messages for a part, in this order", async () => {
		const test = await TestLine.started();
		const first = test.topics().length;
		bring(test);
		test.run();
		const { tries } = expected(FIRST, 1);
		const wanted = [
			...Array.from({ length: tries }, () => [`${FIRST}/result`, `${FIRST}/verdict`]).flat(),
			`${FIRST}/done`,
			`${FIRST}/ack`,
			"station-2/arrival",
		];
		assert.deepEqual(test.topics(first).slice(0, wanted.length), wanted);
	});

	it("seals every message for its receiver, exactly once, and retains files only", async () => {
		const test = await TestLine.started();
		bring(test);
		test.run();
		const keys = await testKeys();
		const toServer = /\/(request|result|done)$/;
		for (const { topic, payload, retain, qos } of test.broker.published) {
			const receiver = toServer.test(topic) ? "server" : (topic.split("/")[1] as string);
			for (const [party, key] of keys)
				assert.equal(open(key, payload) !== undefined, party === receiver, `${topic}, ${party}`);
			assert.equal(retain, topic.endsWith("/file"), topic);
			assert.equal(qos, 2);
		}
	});

	it("takes a part off the line for which every value set fails, and goes on", async () => {
		const test = await TestLine.started({ [FIRST]: { limits: IMPOSSIBLE } });
		bring(test, 2);
		test.run();
		assert.deepEqual(
			test.of("finished").map(({ part, passed }) => ({ part, passed })),
			[
				{ part: 1, passed: false },
				{ part: 2, passed: false },
			],
		);
		const sets = test.of("tried").filter(({ part }) => part === 1);
		assert.deepEqual(
			sets.map(({ set }) => set),
			Array.from({ length: 5 * 4 * 3 * 3 }, (_, set) => set),
		);
		assert.ok(!test.topics().some((topic) => topic === `${FIRST}/done` || /arrival/.test(topic)));
	});

	it("gives a station its file while the server is away", async () => {
		const test = await TestLine.make();
		test.line.server.start();
		test.line.server.close();
		test.line.stations[0]?.start();
		bring(test);
		test.run();
		const text = Buffer.from(recipes.get(FIRST)?.text as Uint8Array).toString();
		assert.deepEqual(test.of("recipe"), [{ event: "recipe", station: FIRST, text }]);
		assert.deepEqual(test.of("request"), []);
		assert.equal(test.of("tried").length, 1);
	});

	it("lets a part wait for the file, and the file come on request", async () => {
		const test = await TestLine.make();
		test.line.stations[0]?.start();
		bring(test);
		test.run();
		assert.deepEqual(test.events, []);
		test.line.server.start();
		test.say(`${FIRST}/request`, "server", "request");
		assert.equal(test.of("request").length, 1);
		assert.equal(test.of("recipe").length, 2);
		assert.equal(test.of("finished")[0]?.passed, true);
	});

	it("takes a new file for the next part and finishes the present one with its own", async () => {
		const test = await TestLine.started({ [FIRST]: { limits: IMPOSSIBLE } });
		bring(test, 2);
		test.line.server.release(FIRST, "# Resistors\nr9= 1\nr8= 2\n");
		test.run();
		const tried = test.of("tried");
		assert.deepEqual(
			[tried.filter(({ part }) => part === 1), tried.filter(({ part }) => part === 2)].map(
				({ length }) => length,
			),
			[180, 2],
		);
		assert.equal(tried.at(-1)?.values[0]?.name, "r8");
	});

	it("drops a file that is none and keeps the one before", async () => {
		const test = await TestLine.started();
		test.line.server.release(FIRST, "no recipe");
		bring(test);
		test.run();
		const topic = `suite-0/${FIRST}/file`;
		assert.deepEqual(test.of("dropped"), [
			{ event: "dropped", party: FIRST, topic, why: "unexpected" },
		]);
		assert.equal(test.of("finished")[0]?.passed, true);
	});

	it("drops verdicts, acknowledgements, done and results that nobody waits for", async () => {
		const test = await TestLine.started();
		bring(test);
		test.run();
		const said = [
			[`${FIRST}/verdict`, FIRST, "pass"],
			[`${FIRST}/ack`, FIRST, "ack"],
			[`${FIRST}/done`, "server", "done"],
			[`${FIRST}/result`, "server", "fine"],
			[`${FIRST}/request`, "server", "pass"],
			["station-2/arrival", "station-2", "ack"],
		] as const;
		for (const [topic, to, text] of said) test.say(topic, to, text);
		assert.deepEqual(
			test.of("dropped"),
			said.map(([topic, party]) => ({
				event: "dropped",
				party,
				topic: `suite-0/${topic}`,
				why: "unexpected",
			})),
		);
		bring(test);
		test.run();
		const finished = test.of("finished").filter(({ station }) => station === FIRST);
		assert.equal(finished.length, 2);
	});

	it("answers a request with the newest file", async () => {
		const test = await TestLine.started();
		const text = "# Resistors\nr9= 1\n";
		test.line.server.release(FIRST, text);
		test.run();
		const before = test.of("recipe").length;
		test.say(`${FIRST}/request`, "server", "request");
		assert.deepEqual(test.of("recipe").slice(before), [{ event: "recipe", station: FIRST, text }]);
	});

	it("drops what does not open", async () => {
		const test = await TestLine.started();
		test.say(`${FIRST}/verdict`, "station-2", "pass");
		assert.deepEqual(test.of("dropped"), [
			{ event: "dropped", party: FIRST, topic: `suite-0/${FIRST}/verdict`, why: "unreadable" },
		]);
	});

	it("acknowledges done once for a pass", async () => {
		const test = await TestLine.started();
		bring(test);
		test.run();
		const before = test.of("done").length;
		test.say(`${FIRST}/done`, "server", "done");
		assert.equal(test.of("done").length, before);
		assert.equal(test.of("dropped").length, 1);
	});

	it("brings no part to the first station over the network", async () => {
		const test = await TestLine.started();
		test.say(`${FIRST}/arrival`, FIRST, "done");
		assert.deepEqual(test.of("started"), []);
	});

	it("believes whoever has the public keys, and whoever repeats a message", async () => {
		const test = await TestLine.started();
		const arrival = seal(test.publicKey("station-2"), "done");
		for (let time = 0; time < 2; time++)
			test.broker.publish("suite-0/station-2/arrival", arrival, { qos: 2, retain: false });
		test.run();
		assert.deepEqual(test.of("started").filter(({ station }) => station === "station-2").length, 2);
	});

	it("lets up to PARTS_WAITING_MAX parts wait", async () => {
		const test = await TestLine.make();
		const station = test.line.stations[0];
		bring(test, PARTS_WAITING_MAX);
		assert.equal(station?.bringPart(), false);
	});

	it("is silent once a station is closed", async () => {
		const test = await TestLine.started();
		bring(test);
		const [first, second] = test.line.stations;
		for (const station of [first, first, second]) station?.close();
		const before = test.broker.published.length;
		const started = test.of("started").length;
		test.line.server.release(FIRST, "# Resistors\nr9= 1\n");
		for (const station of [first, second]) station?.bringPart();
		test.run();
		assert.equal(test.broker.published.length, before + 1);
		assert.equal(test.of("recipe").length, 2 * STATIONS.length);
		assert.equal(test.of("started").length, started);
	});
});
