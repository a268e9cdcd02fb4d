import assert from "node:assert/strict";
import { connect } from "node:net";
import type { MqttClient } from "../../modules/mqtt/client.js";
import { type Broker, BrokerError, startBroker } from "../../server/broker.js";
import { mayPublish, maySubscribe, nextStations } from "../../server/broker-rules.js";
import { closed, online, published, recorded, subscribed, text, until } from "../mqtt/support.js";

const CONNECT = Buffer.from("100d00044d51545404020000000178", "hex");
const PINGREQ = Buffer.from("c000", "hex");
/** Bytes of CONNACK and PINGRESP. */
const ANSWERS_SIZE = 6;

/**
 * Sends bytes to the broker, then a ping. @returns whether it closed the connection instead of
 * answering.
 */
function cutOff(port: number, ...pieces: Uint8Array[]): Promise<boolean> {
	return new Promise((resolve) => {
		const socket = connect(port, "127.0.0.1", () => {
			for (const piece of [...pieces, PINGREQ]) socket.write(piece);
		});
		let received = 0;
		socket.on("data", (bytes) => {
			received += bytes.length;
			if (received < ANSWERS_SIZE) return;
			resolve(false);
			socket.destroy();
		});
		socket.on("error", () => undefined);
		socket.on("close", () => resolve(true));
	});
}

function publishOf(size: number): Uint8Array {
	const packet = Buffer.alloc(size);
	const remaining = size - 4;
	packet.set([
		0x30,
		(remaining & 127) | 128,
		((remaining >> 7) & 127) | 128,
		remaining >> 14,
		0,
		1,
		0x74,
	]);
	return packet;
}

describe("embedded broker", function () {
	this.timeout(10_000);
	let broker: Broker | undefined;
	const clients: MqttClient[] = [];

	afterEach(async () => {
		for (const client of clients.splice(0)) await closed(client);
		await broker?.close();
		broker = undefined;
	});

	it("says where it is, and that a port is in use", async () => {
		broker = await startBroker();
		assert.equal(broker.url, `mqtt://127.0.0.1:${broker.port}`);
		const { port } = broker;
		await assert.rejects(startBroker({ port }), (error) => {
			assert.ok(error instanceof BrokerError && error.code === "port-in-use");
			assert.match(error.message, new RegExp(`port ${port} .* in use`));
			return true;
		});
	});

	it("says that an address is not its own", async () => {
		await assert.rejects(startBroker({ host: "192.0.2.1" }), { code: "listen" });
	});

	it("can be closed twice with clients connected, and started on the port again", async () => {
		broker = await startBroker();
		const { port } = broker;
		const { client, onlines } = await online(port);
		clients.push(client);
		await Promise.all([broker.close(), broker.close()]);
		await until(() => !client.online, "the loss to be noticed");
		broker = await startBroker({ port });
		await until(() => onlines.length === 2, "the client to be back");
	});

	it("takes packets up to its limit and cuts off a larger one", async () => {
		broker = await startBroker({ packetSizeMax: 20_000 });
		assert.equal(await cutOff(broker.port, CONNECT, publishOf(20_000)), false);
		assert.equal(await cutOff(broker.port, CONNECT, publishOf(20_001).subarray(0, 4)), true);
		assert.equal(await cutOff(broker.port, Buffer.from("10ffffff7f", "hex")), true);
		assert.equal(await cutOff(broker.port, Buffer.from("10ffffffff01", "hex")), true);
	});

	it("finds packet borders wherever they fall", async () => {
		broker = await startBroker({ packetSizeMax: 20_000 });
		const good = Buffer.concat([CONNECT, publishOf(20_000), publishOf(17_000)]);
		const bad = Buffer.concat([good, publishOf(20_001)]);
		for (const step of [999, 4096, bad.length])
			for (const [stream, expected] of [
				[good, false],
				[bad, true],
			] as const) {
				const pieces: Buffer[] = [];
				for (let offset = 0; offset < stream.length; offset += step)
					pieces.push(stream.subarray(offset, offset + step));
				assert.equal(await cutOff(broker.port, ...pieces), expected);
			}
	});

	it("lets in who has the password, under the own name only", async () => {
		const said: string[] = [];
		broker = await startBroker({
			users: (name, password) => Buffer.from(password).toString() === `of ${name}`,
			log: (line) => said.push(line),
		});
		const { port } = broker;
		const attempt = (clientId: string, username?: string, password?: string) =>
			recorded(port, {
				clientId,
				...(username === undefined ? {} : { username }),
				...(password === undefined ? {} : { password: Buffer.from(password) }),
			});
		const good = attempt("a.b", "a.b", "of a.b");
		const bad = [
			attempt("x"),
			attempt("y", "y", "wrong"),
			attempt("a.b", "z", "of z"),
			attempt("q", "q"),
		];
		for (const { client } of [good, ...bad]) {
			clients.push(client);
			client.start();
		}
		await until(
			() => good.client.online && bad.every(({ offlines }) => offlines.length > 0),
			"all",
		);
		for (const { offlines, onlines } of bad) {
			assert.match(offlines[0] ?? "", /not authorised/);
			assert.deepEqual(onlines, []);
		}
		assert.ok(said.every((line) => !line.includes("wrong")));
	});

	it("keeps stations to their topics", async () => {
		const next = nextStations("l", ["s1", "s2"]);
		broker = await startBroker({
			users: () => true,
			mayPublish: ({ user = "" }, topic) => mayPublish(user, topic, next),
			maySubscribe: ({ user = "" }, filter) => maySubscribe(user, filter),
		});
		const join = async (name: string) => {
			const made = await online(broker?.port ?? 0, {
				clientId: name,
				username: name,
				password: Buffer.from("x"),
			});
			clients.push(made.client);
			return made;
		};
		const [server, first, second] = [await join("server"), await join("l.s1"), await join("l.s2")];
		assert.deepEqual(
			await subscribed(
				first.client,
				["interlock/1/l/s1/down", 1],
				["interlock/1/l/s2/in", 1],
				["#", 0],
			),
			[1, 128, 128],
		);
		assert.deepEqual(await subscribed(second.client, ["interlock/1/l/s2/in", 1]), [1]);
		assert.deepEqual(await subscribed(server.client, ["interlock/1/+/+/up", 1]), [1]);
		await published(first.client, "interlock/1/l/s1/up", "hello", { qos: 1 });
		await published(first.client, "interlock/1/l/s2/in", "ticket", { qos: 1 });
		await published(server.client, "interlock/1/l/s1/down", "answer", { qos: 1 });
		await until(
			() => [server, first, second].every(({ messages }) => messages.length === 1),
			"each its message",
		);
		assert.deepEqual(
			[server, first, second].map(({ messages }) => messages.map(text)),
			[["hello"], ["answer"], ["ticket"]],
		);
		second.client.publish("interlock/1/l/s1/in", Buffer.from("back"), { qos: 1 });
		await until(() => second.offlines.length > 0, "the trespasser to be cut off");
		assert.equal(first.messages.length, 1);
	});

	it("does not grant shared subscriptions, which it would not serve", async () => {
		broker = await startBroker();
		const { client } = await online(broker.port);
		clients.push(client);
		assert.deepEqual(await subscribed(client, ["$share/g/t", 1]), [128]);
	});

	it("refuses MQTT 5, saying so", async () => {
		broker = await startBroker();
		const { client, offlines } = recorded(broker.port, { protocol: 5 });
		clients.push(client);
		client.start();
		await until(() => offlines.length > 0, "the refusal");
	});
});
