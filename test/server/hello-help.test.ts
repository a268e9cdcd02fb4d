/** What a refused HELLO brings about: the newest credentials, at a bounded rate. In simulated time. */
import assert from "node:assert/strict";
import { SERVER } from "../../host-sim/simulation/line.js";
import { SERVER_TOPIC, stationTopics } from "../../modules/station/topics.js";
import { Scenario } from "../simulation/scenario.js";

/** Between two times that a credential is published for it. */
const AGAIN_MS = 5000;
const EVERY_MS = 100;
const NO_HELLO = Uint8Array.of(0x80);

describe("a server that refuses a HELLO", () => {
	let scenario: Scenario;
	let stations: readonly string[];

	beforeEach(async () => {
		scenario = new Scenario(2);
		stations = scenario.line.plant.stations;
		await scenario.line.startServer();
		await scenario.pass(AGAIN_MS);
	});

	/** Says something on the stations' `up` again and again, and counts what the server has published meanwhile. */
	async function answers(from: readonly string[], durationMs: number): Promise<number[]> {
		scenario.seen.length = 0;
		for (let nowMs = 0; nowMs < durationMs; nowMs += EVERY_MS) {
			for (const name of from) {
				const { up } = stationTopics(name);
				const message = {
					topic: up,
					payload: NO_HELLO,
					qos: 1,
					retain: false,
					from: name,
				} as const;
				scenario.line.broker.publish(message);
			}
			await scenario.pass(EVERY_MS);
		}
		const topics = [SERVER_TOPIC, ...stations.map((name) => stationTopics(name).down)];
		return topics.map((topic) => scenario.published(SERVER, topic).length);
	}

	it("publishes its own credential and the station's, each once in five seconds", async () => {
		const [one] = stations;
		assert.ok(one);
		assert.deepEqual(await answers([one], AGAIN_MS), [1, 1, 0]);
		assert.deepEqual(await answers([one], 4 * AGAIN_MS), [4, 4, 0]);
	});

	it("keeps the count for each station by itself, and for its own credential over all", async () => {
		assert.deepEqual(await answers(stations, 4 * AGAIN_MS), [4, 4, 4]);
	});

	it("publishes what the plant has signed for that station, not retained", async () => {
		const [one] = stations;
		assert.ok(one);
		await answers([one], EVERY_MS);
		const { down } = stationTopics(one);
		const { stations: credentials, credential } = scenario.line.plant.serverKeys();
		assert.deepEqual(scenario.published(SERVER, down), [credentials.get(one)?.bytes]);
		assert.deepEqual(scenario.published(SERVER, SERVER_TOPIC), [credential.bytes]);
		const kept = scenario.seen.some(
			(each) => each.type === "published" && each.message.topic === down && each.message.retain,
		);
		assert.equal(kept, false);
	});
});
