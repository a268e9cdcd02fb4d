import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
	mayPublish,
	maySubscribe,
	mosquittoRules,
	nextStations,
} from "../../server/broker-rules.js";
import {
	closed,
	Mosquitto,
	online,
	published,
	type Recorded,
	subscribed,
} from "../mqtt/support.js";

const next = nextStations("demo", ["s1", "s2", "s3"]);
const USERS = [
	"server",
	"demo.s1",
	"demo.s2",
	"demo.s3",
	"other.s1",
	"nobody",
	"demo",
	"demo.s1.x",
	"",
];
const topics = (line: string, station: string): string[] =>
	["up", "down", "in", "file", "log", "recipe/7", "state", "more"].map(
		(last) => `interlock/1/${line}/${station}/${last}`,
	);
const TOPICS = [
	...["s1", "s2", "s3"].flatMap((station) => topics("demo", station)),
	...topics("other", "s1"),
	"interlock/1/server",
	"interlock/2/demo/s1/up",
	"interlock/1/demo/s1",
	"interlock/1/demo/s1/recipe/x",
	"interlock/1/demo/S1/down",
	"elsewhere",
];

function allowed(user: string, check: (user: string, topic: string) => boolean): string[] {
	return TOPICS.filter((topic) => check(user, topic)).map((topic) =>
		topic.replace("interlock/1/", ""),
	);
}

describe("broker rules", () => {
	const publishes: Record<string, string[]> = {
		server: [
			...["demo/s1", "demo/s2", "demo/s3", "other/s1"].flatMap((own) =>
				["down", "in", "file", "recipe/7"].map((last) => `${own}/${last}`),
			),
			"server",
		],
		"demo.s1": ["demo/s1/up", "demo/s1/log", "demo/s1/state", "demo/s2/in"],
		"demo.s2": ["demo/s2/up", "demo/s2/log", "demo/s2/state", "demo/s3/in"],
		"demo.s3": ["demo/s3/up", "demo/s3/log", "demo/s3/state"],
		"other.s1": ["other/s1/up", "other/s1/log", "other/s1/state"],
	};
	const subscribes: Record<string, string[]> = {
		server: TOPICS.filter((topic) => topic.startsWith("interlock/1/")).map((topic) =>
			topic.replace("interlock/1/", ""),
		),
	};
	for (const [line, station] of [
		["demo", "s1"],
		["demo", "s2"],
		["demo", "s3"],
		["other", "s1"],
	])
		subscribes[`${line}.${station}`] = [
			...["down", "in", "file", "recipe/7"].map((last) => `${line}/${station}/${last}`),
			"server",
		];

	for (const user of USERS)
		it(`are as written for ${JSON.stringify(user)} and every topic`, () => {
			const publish = allowed(user, (name, topic) => mayPublish(name, topic, next));
			assert.deepEqual(publish.sort(), (publishes[user] ?? []).sort());
			assert.deepEqual(allowed(user, maySubscribe).sort(), (subscribes[user] ?? []).sort());
		});

	it("let a station subscribe to no other's topics by wildcard", () => {
		for (const filter of [
			"#",
			"+/#",
			"interlock/1/#",
			"interlock/1/demo/+/in",
			"interlock/1/demo/s1/#",
		])
			assert.ok(!maySubscribe("demo.s1", filter), filter);
		assert.ok(maySubscribe("demo.s1", "interlock/1/demo/s1/recipe/+"));
		assert.ok(maySubscribe("server", "interlock/1/+/+/up"));
		assert.ok(!maySubscribe("server", "#"));
	});

	it("mean the same to Mosquitto", async () => {
		const folder = mkdtempSync(join(tmpdir(), "interlock-acl-"));
		const file = join(folder, "acl");
		writeFileSync(file, mosquittoRules(["demo.s1", "demo.s2", "demo.s3"], next));
		const broker = await Mosquitto.start(`acl_file ${file}`);
		const members = new Map<string, Recorded>();
		for (const user of ["server", "demo.s1", "demo.s2", "demo.s3"])
			members.set(user, await online(broker.port, { clientId: user, username: user, protocol: 5 }));
		for (const topic of topics("demo", "s2"))
			for (const [user, { client }] of members) {
				// MQTT 5 says by its reason whether it was taken.
				const taken = await published(client, topic, "x", { qos: 1 }).then(
					() => true,
					() => false,
				);
				assert.equal(taken, mayPublish(user, topic, next), `${user} → ${topic}`);
				// Mosquitto grants every subscription and checks at delivery: only what may be is asked.
				if (maySubscribe(user, topic)) assert.deepEqual(await subscribed(client, [topic, 1]), [1]);
			}
		for (const { client } of members.values()) await closed(client);
		await broker.stop();
		rmSync(folder, { recursive: true });
	}).timeout(20_000);
});
