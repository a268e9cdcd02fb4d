import assert from "node:assert/strict";
import { RECEIVED_MAX } from "../../modules/mqtt/inflight-store.js";
import type { PacketIn } from "../../modules/mqtt/mqtt-packet.js";
import { FILTERS_MAX, REQUESTS_MAX, SUBSCRIPTIONS_MAX } from "../../modules/mqtt/requests.js";
import { CONNECT_TIMEOUT_MS } from "../../modules/mqtt/session.js";
import { type Phase, RECEIVES } from "../../modules/mqtt/session-types.js";
import { brief, Play, type Sent } from "./session-support.js";

const PROTOCOLS = [4, 5] as const;

/** A session in each phase. */
const PHASES: Record<Phase, (play: Play) => void> = {
	down: () => undefined,
	opening: (play) => play.session.opening(0),
	connect: (play) => {
		play.session.opening(0);
		play.session.opened();
	},
	connack: (play) => play.connecting(),
	online: (play) => play.online(),
	leaving: (play) => {
		play.online();
		play.session.leave();
	},
	left: (play) => {
		play.online();
		play.session.leave();
		play.sent();
	},
};

/** Each packet that a broker can send in the shape of one that the codec takes. */
const PACKETS: Partial<Record<PacketIn["cmd"], object>> = {
	connack: { cmd: "connack", returnCode: 0, reasonCode: 0, sessionPresent: false },
	publish: { cmd: "publish", topic: "t", payload: "x", qos: 1, messageId: 1 },
	puback: { cmd: "puback", messageId: 1, reasonCode: 0 },
	pubrec: { cmd: "pubrec", messageId: 1, reasonCode: 0 },
	pubrel: { cmd: "pubrel", messageId: 1, reasonCode: 0 },
	pubcomp: { cmd: "pubcomp", messageId: 1, reasonCode: 0 },
	pingresp: { cmd: "pingresp" },
	disconnect: { cmd: "disconnect", reasonCode: 0 },
	connect: { cmd: "connect", clientId: "x", clean: true },
	subscribe: { cmd: "subscribe", messageId: 1, subscriptions: [{ topic: "x", qos: 0 }] },
	unsubscribe: { cmd: "unsubscribe", messageId: 1, unsubscriptions: ["x"] },
	pingreq: { cmd: "pingreq" },
	auth: { cmd: "auth", reasonCode: 0 },
};

describe("session: what is accepted when", () => {
	for (const [phase, reach] of Object.entries(PHASES) as [Phase, (play: Play) => void][])
		for (const [cmd, packet] of Object.entries(PACKETS) as [PacketIn["cmd"], object][]) {
			const accepted = RECEIVES[cmd].includes(phase);
			const expected = phase === "left" ? "ignores" : accepted ? "takes" : "refuses";
			it(`${expected} ${cmd} when ${phase}`, () => {
				const play = new Play({ protocol: 5 });
				reach(play);
				assert.equal(play.session.phase, phase);
				play.happened();
				if (expected === "refuses")
					assert.throws(() => play.receive(packet), { name: "MqttError", code: "protocol" });
				else play.receive(packet);
				if (expected === "ignores") assert.deepEqual(play.happened(), []);
			});
		}
});

for (const protocol of PROTOCOLS)
	describe(`session of MQTT ${protocol}: connecting`, () => {
		it("says who it is, and its will", () => {
			const will = { topic: "w", payload: Buffer.from("gone"), qos: 1, retain: true } as const;
			const connect = new Play({
				protocol,
				username: "u",
				password: Buffer.from("p"),
				keepAliveS: 7,
				will,
			}).connecting();
			assert.equal(connect.cmd, "connect");
			assert.equal(connect.protocolVersion, protocol);
			assert.equal(connect.clientId, "me");
			assert.equal(connect.clean, false);
			assert.equal(connect.keepalive, 7);
			assert.equal(connect.username, "u");
			assert.deepEqual(connect.password, Buffer.from("p"));
			assert.deepEqual({ ...(connect.will as object) }, will);
			if (protocol === 5)
				assert.deepEqual(connect.properties, {
					sessionExpiryInterval: 86_400,
					receiveMaximum: RECEIVED_MAX,
					maximumPacketSize: 16_384,
				});
		});

		it("tells the application of a session that was resumed", () => {
			const play = new Play({ protocol }).online();
			assert.deepEqual(play.of("online"), [{ type: "online", sessionPresent: false }]);
			play.lost().online(true);
			assert.deepEqual(play.of("online"), [{ type: "online", sessionPresent: true }]);
		});

		it("notes that it has a session", () => {
			assert.equal(new Play({ protocol }).online().of("known").length, 1);
			assert.equal(new Play({ protocol, cleanStart: true }).online().of("known").length, 0);
		});

		it("does not take a session where it asked for none", () => {
			const play = new Play({ protocol, cleanStart: true });
			play.connecting();
			assert.throws(
				() => play.receive({ cmd: "connack", returnCode: 0, reasonCode: 0, sessionPresent: true }),
				{ code: "protocol" },
			);
		});

		it("clears away a session that it does not know, then keeps its own", () => {
			const play = new Play({ protocol }).online(true);
			const [drop] = play.of("drop");
			assert.equal(drop?.again, "now");
			assert.equal((drop?.farewell?.[0] ?? 0) >> 4, 14, "DISCONNECT, or the will is published");
			const second = play.lost().connecting();
			assert.equal(second.clean, true);
			play.receive({ cmd: "connack", returnCode: 0, reasonCode: 0, sessionPresent: false });
			if (protocol === 4) {
				assert.deepEqual(
					play.of("drop").map(({ again }) => again),
					["now"],
				);
				play.lost().online();
			}
			assert.equal(play.of("online").length, 1);
			assert.equal(play.lost().connecting().clean, false);
		});

		it("takes up a session that storage knows", () => {
			const restored = { known: true, entries: [], received: [], unreadable: 0 };
			const play = new Play({ protocol }, restored).online(true);
			assert.deepEqual(play.of("online"), [{ type: "online", sessionPresent: true }]);
		});

		it("says why the broker refused", () => {
			const play = new Play({ protocol });
			play.connecting();
			play.receive({ cmd: "connack", returnCode: 4, reasonCode: 134, sessionPresent: false });
			const [drop] = play.of("drop");
			assert.match(drop?.reason ?? "", /bad user name or password/);
			assert.equal(drop?.again, "later");
			assert.notEqual(play.session.phase, "online");
		});

		it("gives up a broker that does not answer", () => {
			const play = new Play({ protocol });
			play.connecting();
			assert.equal(play.session.dueAtMs, 1000 + CONNECT_TIMEOUT_MS);
			play.session.tick(999 + CONNECT_TIMEOUT_MS);
			play.sent();
			assert.deepEqual(play.happened(), []);
			play.session.tick(1000 + CONNECT_TIMEOUT_MS);
			play.sent();
			assert.equal(play.of("drop").length, 1);
		});
	});

for (const protocol of PROTOCOLS)
	describe(`session of MQTT ${protocol}: to the broker`, () => {
		it("is done with QoS 0 when written", () => {
			const play = new Play({ protocol }).online();
			play.publish("x", 0, 7);
			assert.deepEqual(play.of("published"), []);
			assert.deepEqual(brief(play.sent()), ["publish"]);
			assert.deepEqual(play.of("published"), [{ type: "published", handle: 7 }]);
		});

		it("is done with QoS 1 when acknowledged", () => {
			const play = new Play({ protocol }).online();
			play.publish("x", 1, 7);
			assert.deepEqual(brief(play.sent()), ["publish 1"]);
			assert.deepEqual(play.of("published"), []);
			play.ack("puback", 1);
			assert.deepEqual(
				play.happened().map(({ type }) => type),
				["forget", "published"],
			);
			assert.equal(play.session.queued, 0);
		});

		it("is done with QoS 2 when released and completed", () => {
			const play = new Play({ protocol }).online();
			play.publish("x", 2, 7);
			assert.deepEqual(brief(play.sent()), ["publish 1"]);
			play.happened();
			play.ack("pubrec", 1);
			assert.deepEqual(
				play.happened().map(({ type }) => type),
				["save"],
			);
			assert.deepEqual(brief(play.sent()), ["pubrel 1"]);
			play.ack("pubcomp", 1);
			assert.deepEqual(
				play.happened().map(({ type }) => type),
				["forget", "published"],
			);
		});

		it("answers PUBREC again, however often it comes", () => {
			const play = new Play({ protocol }).online();
			play.publish("x", 2);
			play.sent();
			for (let i = 0; i < 3; i++) {
				play.ack("pubrec", 1);
				assert.deepEqual(brief(play.sent()), ["pubrel 1"]);
			}
		});

		it("sends again in order on the next connection of the session", () => {
			const play = new Play({ protocol }).online();
			for (const qos of [1, 2, 2, 1] as const) play.publish("x", qos);
			play.sent();
			play.ack("pubrec", 2);
			assert.deepEqual(brief(play.sent()), ["pubrel 2"]);
			play.publish("new", 1);
			play.lost().online(true);
			assert.deepEqual(brief(play.sent()), [
				"pubrel 2",
				"publish 1 again",
				"publish 3 again",
				"publish 4 again",
				"publish 5",
			]);
		});

		it("sends anew, not again, where the broker lost the session", () => {
			const play = new Play({ protocol }).online();
			for (const qos of [1, 2, 2] as const) play.publish("x", qos, 9);
			play.sent();
			play.ack("pubrec", 3);
			play.happened();
			play.lost().online(false);
			assert.deepEqual(play.of("published"), [{ type: "published", handle: 9 }]);
			assert.deepEqual(brief(play.sent()), ["publish 1", "publish 2"]);
		});

		it("keeps to its window", () => {
			const play = new Play({ protocol, inflightMax: 2 }).online();
			for (let i = 0; i < 4; i++) play.publish("x", 1);
			assert.deepEqual(brief(play.sent()), ["publish 1", "publish 2"]);
			play.ack("puback", 1);
			assert.deepEqual(brief(play.sent()), ["publish 3"]);
		});

		it("refuses above its queue, and says when there is room", () => {
			const play = new Play({ protocol, queueMax: 2 }).online();
			assert.ok(play.publish("x", 1) && play.publish("x", 1));
			assert.ok(!play.publish("x", 1) && !play.publish("x", 0));
			play.sent();
			play.ack("puback", 2);
			assert.equal(play.of("writable").length, 1);
			assert.ok(play.publish("x", 1));
			play.ack("puback", 1);
			assert.equal(play.of("writable").length, 0);
		});

		it("gives no id twice at a time, across the wrap", () => {
			const play = new Play({ protocol }).online();
			play.publish("stays", 1);
			play.sent();
			const seen: number[] = [];
			for (let i = 0; i < 65_536; i++) {
				play.publish("x", 1);
				const [{ messageId } = { messageId: 0 }] = play.sent();
				if (i > 65_530) seen.push(messageId ?? 0);
				play.ack("puback", messageId);
				play.happened();
			}
			assert.deepEqual(seen, [65533, 65534, 65535, 2, 3]);
		}).timeout(20_000);

		const wrong: [string, 1 | 2, string[], string][] = [
			["PUBREC for QoS 1", 1, [], "pubrec"],
			["PUBCOMP for QoS 1", 1, [], "pubcomp"],
			["PUBACK for QoS 2", 2, [], "puback"],
			["PUBCOMP before PUBREC", 2, [], "pubcomp"],
			["PUBACK after PUBREC", 2, ["pubrec"], "puback"],
		];
		for (const [name, qos, before, cmd] of wrong)
			it(`refuses ${name}`, () => {
				const play = new Play({ protocol }).online();
				play.publish("x", qos);
				play.sent();
				for (const packet of before) play.ack(packet, 1);
				assert.throws(() => play.ack(cmd, 1), { code: "protocol" });
			});

		it("refuses an acknowledgement of what it has not sent", () => {
			const play = new Play({ protocol, inflightMax: 1 }).online();
			play.publish("x", 1);
			play.publish("x", 2);
			play.sent();
			assert.throws(() => play.ack("pubrec", 2), { code: "protocol" });
		});

		it("counts acknowledgements of nothing and lets the broker be done", () => {
			const play = new Play({ protocol }).online();
			play.ack("puback", 9);
			play.ack("pubcomp", 9);
			assert.deepEqual(play.sent(), []);
			play.ack("pubrec", 9);
			const [answer] = play.sent();
			assert.deepEqual(brief([answer ?? { cmd: "" }]), ["pubrel 9"]);
			if (protocol === 5) assert.equal(answer?.reasonCode, 0x92);
			assert.equal(play.session.counters.unmatched, 3);
		});
	});

for (const protocol of PROTOCOLS)
	describe(`session of MQTT ${protocol}: from the broker`, () => {
		const publish = (qos: number, messageId?: number, dup = false): object => ({
			cmd: "publish",
			topic: "t",
			payload: "x",
			qos,
			dup,
			messageId,
		});

		it("hands over each message, and acknowledges in order", () => {
			const play = new Play({ protocol }).online();
			play.receive(publish(0));
			play.receive(publish(2, 5));
			play.receive(publish(1, 6));
			assert.deepEqual(
				play.of("message").map(({ message }) => message.qos),
				[0, 2, 1],
			);
			assert.deepEqual(brief(play.sent()), ["pubrec 5", "puback 6"]);
		});

		it("hands QoS 1 over again when it comes again", () => {
			const play = new Play({ protocol }).online();
			play.receive(publish(1, 5));
			play.receive(publish(1, 5, true));
			assert.deepEqual(
				play.of("message").map(({ message }) => message.duplicate),
				[false, true],
			);
		});

		it("hands QoS 2 over once, however often it comes", () => {
			const play = new Play({ protocol }).online();
			play.receive(publish(2, 5));
			play.receive(publish(2, 5, true));
			play.lost().online(true);
			play.receive(publish(2, 5, true));
			assert.equal(play.of("message").length, 1);
			play.ack("pubrel", 5);
			play.receive(publish(2, 5));
			assert.equal(play.of("message").length, 1);
			assert.deepEqual(brief(play.sent()), ["pubrec 5", "pubcomp 5", "pubrec 5"]);
		});

		it("stores an id after its message is handed over", () => {
			const play = new Play({ protocol }).online();
			play.happened();
			play.receive(publish(2, 5));
			assert.deepEqual(
				play.happened().map(({ type }) => type),
				["message", "received"],
			);
		});

		it("hands QoS 2 over once across a restart", () => {
			const restored = { known: true, entries: [], received: [5], unreadable: 0 };
			const play = new Play({ protocol }, restored).online(true);
			play.receive(publish(2, 5, true));
			assert.equal(play.of("message").length, 0);
		});

		it("forgets the ids of a session that the broker lost", () => {
			const play = new Play({ protocol }).online();
			play.receive(publish(2, 5));
			play.lost().online(false);
			play.receive(publish(2, 5));
			assert.equal(play.of("message").length, 2);
		});

		it("completes a release of what it does not know", () => {
			const play = new Play({ protocol }).online();
			play.ack("pubrel", 8);
			const [answer] = play.sent();
			assert.equal(answer?.cmd, "pubcomp");
			if (protocol === 5) assert.equal(answer?.reasonCode, 0x92);
		});

		it("ends the connection above its number of open QoS 2 messages", () => {
			const play = new Play({ protocol }).online();
			for (let id = 1; id <= RECEIVED_MAX; id++) {
				play.receive(publish(2, id));
				play.sent();
			}
			assert.throws(() => play.receive(publish(2, RECEIVED_MAX + 1)), { code: "quota" });
		});

		it("ends the connection of a broker that does not read its answers", () => {
			const play = new Play({ protocol }).online();
			for (let id = 1; id <= 256; id++) play.receive(publish(1, id));
			assert.throws(() => play.receive(publish(1, 257)), { code: "quota" });
		});

		it("neither hands over nor acknowledges while it leaves", () => {
			const play = new Play({ protocol }).online();
			play.session.leave();
			play.receive(publish(1, 5));
			assert.deepEqual(play.of("message"), []);
			assert.deepEqual(brief(play.sent()), ["disconnect"]);
		});
	});

for (const protocol of PROTOCOLS)
	describe(`session of MQTT ${protocol}: subscriptions`, () => {
		const suback = (messageId: unknown, ...granted: number[]): object => ({
			cmd: "suback",
			messageId,
			granted,
		});

		const topics = (packet: Sent | undefined): string[] =>
			((packet?.subscriptions ?? []) as { topic: string }[]).map(({ topic }) => topic);

		it("subscribes when online and gives the answer", () => {
			const play = new Play({ protocol });
			play.subscribe("a", 3);
			play.online();
			const [request] = play.sent();
			assert.equal(request?.cmd, "subscribe");
			play.receive(suback(request?.messageId, 1));
			assert.deepEqual(play.of("granted"), [{ type: "granted", handle: 3, codes: [1] }]);
		});

		it("asks one thing at a time, in order", () => {
			const play = new Play({ protocol }).online();
			play.subscribe("a");
			play.session.request("unsubscribe", [{ filter: "a", qos: 0 }], 2);
			assert.deepEqual(brief(play.sent()), ["subscribe 1"]);
			play.receive(suback(1, 1));
			assert.deepEqual(brief(play.sent()), ["unsubscribe 2"]);
			play.receive({ cmd: "unsuback", messageId: 2, granted: [0] });
			assert.deepEqual(
				play.of("granted").map(({ codes }) => codes),
				[[1], [0]],
			);
		});

		it("asks again for what is not answered, and for all where the session is lost", () => {
			const play = new Play({ protocol }).online();
			play.subscribe("a");
			play.subscribe("b");
			play.sent();
			play.receive(suback(1, 1));
			play.sent();
			play.lost().online(false);
			const [renewal] = play.sent();
			assert.deepEqual(topics(renewal), ["a"]);
			play.lost().online(true);
			assert.deepEqual(
				topics(play.sent()[0]),
				["a"],
				"a renewal that was cut off is not forgotten",
			);
		});

		it("does not ask again where the session is there, nor for what was refused", () => {
			const play = new Play({ protocol }).online();
			play.subscribe("a");
			play.subscribe("b");
			play.sent();
			play.receive(suback(1, 1));
			play.sent();
			play.receive(suback(2, 0x80));
			play.lost().online(true);
			assert.deepEqual(play.sent(), []);
			play.lost().online(false);
			assert.deepEqual(topics(play.sent()[0]), ["a"]);
		});

		it("does not ask again for what was unsubscribed", () => {
			const play = new Play({ protocol }).online();
			play.subscribe("a");
			play.sent();
			play.receive(suback(1, 1));
			play.session.request("unsubscribe", [{ filter: "a", qos: 0 }], 2);
			play.sent();
			play.receive({ cmd: "unsuback", messageId: 2, granted: [0] });
			play.lost().online(false);
			assert.deepEqual(play.sent(), []);
		});

		it("refuses answers that nothing asked for or of another length", () => {
			const play = new Play({ protocol }).online();
			assert.throws(() => play.receive(suback(1, 0)), { code: "protocol" });
			play.subscribe("a");
			play.sent();
			assert.throws(() => play.receive(suback(2, 0)), { code: "protocol" });
			assert.throws(() => play.receive(suback(1, 0, 0)), { code: "protocol" });
		});

		it("bounds requests and subscriptions", () => {
			const play = new Play({ protocol });
			for (let i = 0; i < REQUESTS_MAX; i++) play.subscribe("a");
			assert.throws(() => play.subscribe("a"), { code: "quota" });
			const other = new Play({ protocol });
			const names = Array.from({ length: FILTERS_MAX }, (_, i) => ({
				filter: `${i}`,
				qos: 0 as const,
			}));
			assert.equal(names.length, SUBSCRIPTIONS_MAX);
			other.session.request("subscribe", names, 1);
			other.subscribe("7");
			assert.throws(() => other.subscribe("more"), { code: "quota" });
		});
	});

describe("session of MQTT 5: the broker's limits", () => {
	it("keeps to its receive maximum", () => {
		const play = new Play({ protocol: 5 }).online(false, { receiveMaximum: 1 });
		play.publish("x", 1);
		play.publish("x", 2);
		assert.deepEqual(brief(play.sent()), ["publish 1"]);
	});

	it("fails a message above its packet size, and sends the next", () => {
		const play = new Play({ protocol: 5 }).online(false, { maximumPacketSize: 50 });
		play.publish("x".repeat(50), 1, 7);
		play.publish("y", 1, 8);
		assert.deepEqual(brief(play.sent()), ["publish 2"]);
		const [failed] = play.of("published");
		assert.equal(failed?.handle, 7);
		assert.equal(failed?.error?.code, "too-large");
	});

	it("fails a message of a QoS that it does not have", () => {
		const play = new Play({ protocol: 5 }).online(false, { maximumQoS: 1 });
		play.publish("x", 2, 7);
		assert.deepEqual(play.sent(), []);
		assert.equal(play.of("published")[0]?.error?.code, "unsupported");
	});

	it("fails a retained message where it keeps none", () => {
		const play = new Play({ protocol: 5 }).online(false, { retainAvailable: false });
		play.publish("x", 1, 7, true);
		assert.deepEqual(play.sent(), []);
		assert.equal(play.of("published")[0]?.error?.code, "unsupported");
	});

	for (const cmd of ["puback", "pubrec", "pubcomp"])
		it(`fails a message that it refuses by ${cmd}`, () => {
			const play = new Play({ protocol: 5 }).online();
			play.publish("x", cmd === "puback" ? 1 : 2, 7);
			play.sent();
			if (cmd === "pubcomp") play.ack("pubrec", 1);
			play.ack(cmd, 1, cmd === "pubcomp" ? 0x92 : 0x97);
			const [failed] = play.of("published");
			assert.equal(failed?.error?.code, "refused");
			assert.equal(failed?.error?.reason, cmd === "pubcomp" ? 0x92 : 0x97);
			assert.equal(play.session.queued, 0);
		});

	it("takes 'no matching subscribers' for success", () => {
		const play = new Play({ protocol: 5 }).online();
		play.publish("x", 1, 7);
		play.sent();
		play.ack("puback", 1, 0x10);
		assert.equal(play.of("published")[0]?.error, undefined);
	});

	it("refuses a topic alias, having offered none", () => {
		const play = new Play({ protocol: 5 }).online();
		const packet = {
			cmd: "publish",
			topic: "t",
			payload: "",
			qos: 0,
			properties: { topicAlias: 1 },
		};
		assert.throws(() => play.receive(packet), { code: "protocol", reason: 0x94 });
	});

	it("says why the broker closed", () => {
		const play = new Play({ protocol: 5 }).online();
		play.receive({ cmd: "disconnect", reasonCode: 0x8e });
		assert.match(play.of("drop")[0]?.reason ?? "", /taken over/);
	});
});

describe("session: keep-alive", () => {
	const tick = (play: Play, nowMs: number): string[] => {
		play.nowMs = nowMs;
		play.session.tick(nowMs);
		return brief(play.sent());
	};

	it("pings after three quarters of its interval without traffic", () => {
		const play = new Play({ keepAliveS: 20 }).online();
		assert.equal(play.session.dueAtMs, 16_000);
		assert.deepEqual(tick(play, 15_999), []);
		assert.deepEqual(tick(play, 16_000), ["pingreq"]);
		play.nowMs = 16_500;
		play.receive({ cmd: "pingresp" });
		assert.equal(play.session.dueAtMs, 31_000);
	});

	it("gives up a broker that does not answer a ping", () => {
		const play = new Play({ keepAliveS: 20 }).online();
		tick(play, 16_000);
		assert.equal(play.session.dueAtMs, 26_000);
		tick(play, 26_000);
		assert.match(play.of("drop")[0]?.reason ?? "", /no longer answers/);
	});

	it("takes any packet as a sign of life", () => {
		const play = new Play({ keepAliveS: 20 }).online();
		tick(play, 16_000);
		play.nowMs = 17_000;
		play.receive({ cmd: "publish", topic: "t", payload: "", qos: 0 });
		tick(play, 26_000);
		assert.deepEqual(play.of("drop"), []);
	});

	it("pings while it only sends", () => {
		const play = new Play({ keepAliveS: 20 }).online();
		for (let nowMs = 2000; nowMs < 16_000; nowMs += 1000) {
			play.nowMs = nowMs;
			play.publish("x", 0);
			play.sent();
		}
		assert.deepEqual(tick(play, 16_000), ["pingreq"]);
	});

	it("keeps to the interval that an MQTT 5 broker orders", () => {
		const play = new Play({ protocol: 5, keepAliveS: 20 }).online(false, { serverKeepAlive: 4 });
		assert.equal(play.session.dueAtMs, 4000);
	});

	it("is off at 0", () => {
		assert.equal(new Play({ keepAliveS: 0 }).online().session.dueAtMs, undefined);
	});
});

describe("session: leaving", () => {
	it("sends what is due before DISCONNECT, within its window", () => {
		const play = new Play({ inflightMax: 1 }).online();
		play.receive({ cmd: "publish", topic: "t", payload: "", qos: 1, messageId: 3 });
		play.publish("x", 1);
		play.publish("x", 1);
		play.session.leave();
		assert.deepEqual(brief(play.sent()), ["puback 3", "publish 1", "disconnect"]);
		assert.equal(play.session.phase, "left");
		assert.equal(play.session.queued, 2);
	});
});
