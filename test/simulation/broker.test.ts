import assert from "node:assert/strict";
import { matches } from "../../host-sim/simulation/broker.js";
import { utf8 } from "../../modules/bytes/bytes.js";
import { Bench, Party } from "./support.js";

const will = { topic: "w", payload: utf8("gone"), qos: 1, retain: false } as const;

describe("simulated broker", () => {
	const cases: [string, string, boolean][] = [
		["a/b", "a/b", true],
		["a/b", "a/c", false],
		["a/+/c", "a/b/c", true],
		["a/+/c", "a/b/d", false],
		["a/+", "a/b/c", false],
		["a/+", "a", false],
		["a/#", "a", true],
		["a/#", "a/b/c", true],
		["a/#", "b/a", false],
		["#", "a/b", true],
	];
	for (const [filter, topic, isMatch] of cases)
		it(`${isMatch ? "gives" : "does not give"} ${topic} to who asked for ${filter}`, () => {
			assert.equal(matches(filter, topic), isMatch);
		});

	it("gives a message to whoever has subscribed, in the order of publication, and says who it was", async () => {
		const bench = new Bench();
		const [one, two] = [new Party(bench, "one"), new Party(bench, "two").subscribe("t/+")];
		await bench.pass(100);
		for (const text of ["1", "2", "3"]) one.say("t/a", text);
		one.say("u/a", "4");
		await bench.pass(100);
		assert.deepEqual(two.received, ["t/a: 1", "t/a: 2", "t/a: 3"]);
		assert.deepEqual(one.received, []);
		assert.equal(one.client.queued, 0, "acknowledged");
		assert.deepEqual([...new Set(bench.published.map(({ from }) => from))], ["one"]);
	});

	it("takes a message of any quality of service once, and gives it on as at most 1", async () => {
		const bench = new Bench();
		const one = new Party(bench, "one");
		const two = new Party(bench, "two").subscribe("t");
		await bench.pass(100);
		for (const qos of [0, 1, 2] as const) one.client.publish("t", utf8(`${qos}`), { qos });
		await bench.pass(100);
		assert.deepEqual(two.received, ["t: 0", "t: 1", "t: 2"]);
		assert.deepEqual(
			bench.published.map(({ qos }) => qos),
			[0, 1, 1],
		);
		assert.equal(one.client.queued, 0, "acknowledged");
	});

	it("keeps the last retained message for later subscribers until it is cleared", async () => {
		const bench = new Bench();
		const one = new Party(bench, "one").subscribe("t");
		await bench.pass(100);
		one.say("t", "old", true);
		one.say("t", "new", true);
		await bench.pass(100);
		const two = new Party(bench, "two").subscribe("t");
		await bench.pass(100);
		one.say("t", "", true);
		await bench.pass(100);
		const three = new Party(bench, "three").subscribe("t");
		await bench.pass(100);
		assert.deepEqual(one.received, ["t: old", "t: new", "t: "]);
		assert.deepEqual(two.received, ["t: new (retained)", "t: "]);
		assert.deepEqual(three.received, []);
	});

	it("publishes a will where a connection is lost, and not after a DISCONNECT", async () => {
		const bench = new Bench();
		const watcher = new Party(bench, "watcher").subscribe("w");
		const lost = new Party(bench, "lost", { will });
		const leaving = new Party(bench, "leaving", { will: { ...will, payload: utf8("left") } });
		await bench.pass(100);
		leaving.client.close();
		await bench.pass(100);
		assert.deepEqual(watcher.received, []);
		bench.broker.drop("lost", true);
		await bench.pass(100);
		assert.deepEqual(watcher.received, ["w: gone"]);
		assert.equal(lost.offline, 1);
	});

	it("lets a second connection of a client id take the first one's place", async () => {
		const bench = new Bench();
		const first = new Party(bench, "first", { clientId: "same", reconnectMinMs: 30_000 });
		first.subscribe("t");
		await bench.pass(100);
		const second = new Party(bench, "second", { clientId: "same" }).subscribe("t");
		await bench.pass(100);
		second.say("t", "x");
		await bench.pass(100);
		assert.deepEqual([first.received, second.received], [[], ["t: x"]]);
		assert.deepEqual([first.client.online, first.offline, second.client.online], [false, 1, true]);
	});

	it("gives a client up that it has not heard for one and a half times its keep-alive", async () => {
		const bench = new Bench();
		const watcher = new Party(bench, "watcher").subscribe("w");
		const living = new Party(bench, "living", { keepAliveS: 10, will });
		const dead = new Party(bench, "dead", { keepAliveS: 10, will: { ...will, topic: "w" } });
		await bench.pass(100);
		dead.process.kill();
		await bench.pass(14_000);
		assert.deepEqual(watcher.received, []);
		await bench.pass(1500);
		assert.deepEqual(watcher.received, ["w: gone"]);
		await bench.pass(60_000);
		assert.deepEqual([watcher.received.length, living.offline], [1, 0]);
	});

	for (const keeps of [true, false]) {
		it(`${keeps ? "delivers" : "has lost"} after a restart what was queued, where it ${keeps ? "keeps" : "does not keep"} it`, async () => {
			const bench = new Bench();
			const two = new Party(bench, "two", { reconnectMinMs: 100, reconnectMaxMs: 200 });
			two.subscribe("t");
			await bench.pass(100);
			bench.courier = { deliveries: () => [300] };
			bench.broker.publish({ topic: "t", payload: utf8("x"), qos: 1, retain: false, from: "one" });
			bench.broker.stop(() => true, keeps);
			await bench.pass(1000);
			assert.deepEqual([two.received, two.client.online], [[], false]);
			bench.broker.start(true);
			await bench.pass(4000);
			assert.deepEqual([two.received, two.client.online], [keeps ? ["t: x"] : [], true]);
		});

		it(`${keeps ? "still has" : "has lost"} what it retained after a start ${keeps ? "with" : "without"} it`, async () => {
			const bench = new Bench();
			const one = new Party(bench, "one");
			await bench.pass(100);
			one.say("t", "x", true);
			await bench.pass(100);
			bench.broker.stop(() => true, true);
			bench.broker.start(keeps);
			const two = new Party(bench, "two").subscribe("t");
			await bench.pass(100);
			assert.deepEqual(two.received, keeps ? ["t: x (retained)"] : []);
		});
	}

	it("delivers as its courier says: not at all, late, several times", async () => {
		const bench = new Bench();
		const two = new Party(bench, "two").subscribe("t");
		await bench.pass(100);
		const plans = [[], [500], [0, 700]];
		bench.courier = { deliveries: () => plans.shift() ?? [0] };
		for (const text of ["lost", "late", "twice"])
			bench.broker.publish({ topic: "t", payload: utf8(text), qos: 1, retain: false, from: "x" });
		await bench.pass(100);
		assert.deepEqual(two.received.splice(0), ["t: twice"]);
		await bench.pass(1000);
		assert.deepEqual(two.received, ["t: late", "t: twice"]);
	});
});
