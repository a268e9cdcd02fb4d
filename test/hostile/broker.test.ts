/** The embedded broker past its bounds: connections, readers that do not read, retained messages, descriptors. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { appendFileSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { enrol, initPlant } from "../../keys/keys.js";
import { type Broker, startBroker } from "../../server/broker.js";
import { RetainedBound } from "../../server/broker-bounds.js";
import { scratch, start } from "./support.js";

const CONNACK = Buffer.from([0x20, 2, 0, 0]);

function text(value: string): Buffer {
	const bytes = Buffer.from(value);
	return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 0xff]), bytes]);
}

function packet(first: number, ...parts: Buffer[]): Buffer {
	const body = Buffer.concat(parts);
	const size: number[] = [];
	for (let left = body.length; ; left >>= 7) {
		size.push((left & 0x7f) | (left > 0x7f ? 0x80 : 0));
		if (left <= 0x7f) break;
	}
	return Buffer.concat([Buffer.from([first, ...size]), body]);
}

function connectPacket(
	id: string,
	options: { clean?: boolean; user?: string; password?: string } = {},
) {
	const { clean = true, user, password } = options;
	const flags = (clean ? 2 : 0) | (user === undefined ? 0 : 0xc0);
	const login = user === undefined ? [] : [text(user), text(password ?? "")];
	return packet(0x10, text("MQTT"), Buffer.from([4, flags, 0, 0]), text(id), ...login);
}

function publish(topic: string, payload: Buffer, retain = false): Buffer {
	return packet(0x30 | (retain ? 1 : 0), text(topic), payload);
}

function subscribe(filter: string): Buffer {
	return packet(0x82, Buffer.from([0, 1]), text(filter), Buffer.from([0]));
}

/** A client in bytes. @returns the socket, and what it was first answered: empty where it was hung up on. */
async function client(port: number, hello: Buffer): Promise<{ socket: Socket; answer: Buffer }> {
	const socket = connect({ port, host: "127.0.0.1", noDelay: true });
	socket.on("error", () => undefined);
	socket.write(hello);
	const answer = await new Promise<Buffer>((resolve) => {
		socket.once("data", resolve);
		socket.once("close", () => resolve(Buffer.alloc(0)));
	});
	return { socket, answer };
}

describe("hostile clients of the embedded broker", function () {
	this.timeout(60_000);
	let broker: Broker | undefined;
	const sockets: Socket[] = [];

	async function joined(port: number, hello: Buffer): Promise<Buffer> {
		const { socket, answer } = await client(port, hello);
		sockets.push(socket);
		return answer;
	}
	afterEach(async () => {
		for (const socket of sockets.splice(0)) socket.destroy();
		await broker?.close();
		broker = undefined;
	});

	it("takes so many connections and hangs up on the next, until there is room", async () => {
		const lines: string[] = [];
		broker = await startBroker({ connectionsMax: 5, log: (line) => lines.push(line) });
		for (let i = 0; i < 5; i++)
			assert.deepEqual(await joined(broker.port, connectPacket(`c${i}`)), CONNACK);
		assert.equal((await joined(broker.port, connectPacket("c5"))).length, 0);
		assert.match(lines.join("\n"), /more than 5 connections/);
		const first = sockets[0] as Socket;
		first.destroy();
		await once(first, "close");
		for (let tries = 0; ; tries++) {
			assert.ok(tries < 100, "there never was room again");
			if ((await joined(broker.port, connectPacket("c6"))).length > 0) break;
			await sleep(20);
		}
	});

	it("drops a client that does not read, and serves the others", async () => {
		broker = await startBroker({ drainTimeoutMs: 200 });
		const deaf = await client(broker.port, connectPacket("deaf"));
		const good = await client(broker.port, connectPacket("good"));
		sockets.push(deaf.socket, good.socket);
		let heard = 0;
		good.socket.on("data", (bytes) => {
			heard += bytes.length;
		});
		deaf.socket.write(subscribe("flood"));
		good.socket.write(subscribe("flood"));
		await sleep(100);
		deaf.socket.pause();
		const gone = new Promise<void>((resolve) => {
			good.socket.on("close", () => assert.fail("the good client was dropped"));
			const sender = connect({ port: broker?.port ?? 0, host: "127.0.0.1" });
			sockets.push(sender);
			sender.on("error", () => undefined);
			sender.write(connectPacket("sender"));
			const piece = publish("flood", Buffer.alloc(60_000));
			let sent = 0;
			const more = () => {
				if (sender.destroyed) return;
				while (sent < 400 && sender.write(piece)) sent++;
				if (sent < 400) sender.once("drain", more);
				else resolve();
			};
			sender.once("data", more);
		});
		await gone;
		// All of it reaches who reads: that waits for whoever does not, but no longer than it may.
		for (let tries = 0; heard < 400 * 60_000; tries++) {
			assert.ok(tries < 500, `${heard} bytes`);
			await sleep(50);
		}
		assert.equal(good.socket.destroyed, false);
		deaf.socket.resume();
		await new Promise<void>((resolve) => {
			if (deaf.socket.destroyed) resolve();
			else deaf.socket.once("close", () => resolve());
		});
		good.socket.removeAllListeners("close");
	});

	it("retains so many messages; who brings more is disconnected, who replaces or deletes is not", async () => {
		broker = await startBroker({ retainedMax: 3 });
		const { socket } = await client(broker.port, connectPacket("keeper"));
		sockets.push(socket);
		const ping = async (): Promise<boolean> => {
			socket.write(Buffer.from([0xc0, 0]));
			return await new Promise((resolve) => {
				socket.once("data", () => resolve(true));
				socket.once("close", () => resolve(false));
			});
		};
		for (const topic of ["a", "b", "c", "a", "b"])
			socket.write(publish(topic, Buffer.from("x"), true));
		assert.ok(await ping());
		socket.write(publish("a", Buffer.alloc(0), true));
		socket.write(publish("d", Buffer.from("x"), true));
		assert.ok(await ping());
		socket.write(publish("e", Buffer.from("x"), true));
		assert.equal(await ping(), false);
	});

	it("counts retained messages by bytes, too", () => {
		const bound = new RetainedBound(10, 100);
		assert.ok(bound.take("a", 60));
		assert.ok(!bound.take("b", 41));
		assert.ok(bound.take("b", 40));
		assert.ok(!bound.take("a", 61));
		assert.ok(bound.take("a", 0));
		assert.ok(bound.take("c", 60));
		assert.equal(bound.count, 2);
	});

	it("keeps no sessions where it is told so", async () => {
		broker = await startBroker({ sessions: false });
		assert.equal((await joined(broker.port, connectPacket("keep", { clean: false }))).length, 0);
		assert.deepEqual(await joined(broker.port, connectPacket("keep")), CONNACK);
	});

	describe("as a process", () => {
		const room = scratch("hostile-broker");
		const plant = join(room.path, "plant");
		before(async () => {
			await initPlant({ directory: plant, line: "line", rsaBits: 2048 });
			await enrol({ directory: plant, stations: ["one"], rsaBits: 2048 });
		});
		after(() => room.remove());

		async function running(args: readonly string[], limits = {}) {
			const child = start(["broker", "--port", "0", "--json", ...args], limits);
			let errors = "";
			child.stderr.setEncoding("utf8").on("data", (piece: string) => {
				errors += piece;
			});
			const exited = new Promise<number | null>((resolve) => child.once("exit", resolve));
			const [line] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
			const { port } = JSON.parse(line) as { port: number };
			return { child, port, exited, errors: () => errors };
		}

		it("outlives a lack of file descriptors", async () => {
			const { child, port, exited } = await running([], { files: 40 });
			const crowd = await Promise.all(
				Array.from({ length: 80 }, (_, i) =>
					Promise.race([
						client(port, connectPacket(`c${i}`)),
						sleep(1500).then(() => ({ socket: undefined, answer: Buffer.alloc(0) })),
					]),
				),
			);
			assert.ok(crowd.filter(({ answer }) => answer.length > 0).length >= 5);
			assert.equal(child.exitCode, null);
			for (const { socket } of crowd) socket?.destroy();
			for (let tries = 0; ; tries++) {
				assert.ok(tries < 100, "it never served anybody again");
				const answer = await Promise.race([
					joined(port, connectPacket("late")),
					sleep(500).then(() => Buffer.alloc(0)),
				]);
				if (answer.length > 0) break;
			}
			child.kill("SIGTERM");
			assert.equal(await exited, 0);
		});

		it("goes on with the users it had where their file is damaged or gone", async () => {
			const { child, port, exited, errors } = await running(["--keys", plant]);
			const passwd = join(plant, "broker/passwd");
			const kept = readFileSync(passwd);
			const user = JSON.parse(
				readFileSync(join(plant, "stations/line.one/broker.json"), "utf8"),
			) as { username: string; password: string };
			const { username, password } = user;
			const login = connectPacket(username, { user: username, password });
			assert.deepEqual(await joined(port, login), CONNACK);
			appendFileSync(passwd, "garbage\n");
			assert.deepEqual(await joined(port, login), CONNACK);
			assert.match(errors(), /going on with the users it had: .*passwd:3/);
			rmSync(passwd);
			assert.deepEqual(await joined(port, login), CONNACK);
			const wrong = connectPacket(username, { user: username, password: "wrong" });
			assert.deepEqual(await joined(port, wrong), Buffer.from([0x20, 2, 0, 5]));
			writeFileSync(passwd, kept);
			child.kill("SIGTERM");
			assert.equal(await exited, 0);
		});
	});
});
