import assert from "node:assert/strict";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import type { Connection } from "../../modules/ports/transport.js";
import { TcpTransport, UNSENT_MAX } from "../../server/transport.js";
import { freePort, until } from "../mqtt/support.js";

interface Opened {
	readonly connection: Connection;
	readonly chunks: Uint8Array[];
	readonly events: string[];
}

function open(port: number): Opened {
	const chunks: Uint8Array[] = [];
	const events: string[] = [];
	let returned = false;
	const note = (event: string): void => {
		assert.ok(returned, "an event before connect returned");
		events.push(event);
	};
	const connection = new TcpTransport().connect("127.0.0.1", port, {
		room: () => new Uint8Array(1),
		opened: () => note("opened"),
		received: (bytes) => chunks.push(bytes),
		writable: () => note("writable"),
		closed: (reason) => note(`closed ${reason}`),
	});
	returned = true;
	return { connection, chunks, events };
}

describe("TCP transport", () => {
	let server: Server;
	let port: number;
	let peers: Socket[];

	beforeEach(async () => {
		peers = [];
		server = createServer((socket) => {
			socket.on("error", () => undefined);
			peers.push(socket);
		});
		await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
		port = (server.address() as AddressInfo).port;
	});
	afterEach(async () => {
		for (const peer of peers) peer.destroy();
		await new Promise((resolve) => server.close(resolve));
	});

	it("hands over all bytes, in order", async () => {
		const { connection, chunks } = open(port);
		await until(() => peers.length === 1, "the connection");
		const bytes = Buffer.from(Array.from({ length: 50_000 }, (_, i) => i & 255));
		peers[0]?.write(bytes);
		const size = (): number => chunks.reduce((sum, chunk) => sum + chunk.length, 0);
		await until(() => size() === bytes.length, "all bytes");
		assert.deepEqual(Buffer.concat(chunks), bytes);
		connection.close();
	});

	it("takes no more than it may hold, and says when it takes more", async () => {
		const { connection, events } = open(port);
		await until(() => events.length === 1 && peers.length === 1, "the connection");
		peers[0]?.pause();
		const block = new Uint8Array(40_000);
		let taken = 0;
		let last = block.length;
		// The system's own buffers fill first.
		for (let i = 0; last === block.length; i++) {
			assert.ok(i < 10_000);
			last = connection.write(block);
			taken += last;
			await new Promise((resolve) => setImmediate(resolve));
		}
		assert.ok(connection.write(block) < block.length);
		assert.ok(!events.includes("writable"));
		let received = 0;
		peers[0]?.on("data", (bytes) => {
			received += bytes.length;
		});
		peers[0]?.resume();
		await until(() => events.includes("writable") && received >= taken, "room");
		assert.ok(taken > UNSENT_MAX);
		connection.close();
	});

	it("delivers what was written before it was closed", async () => {
		const { connection, events } = open(port);
		await until(() => events.length === 1 && peers.length === 1, "the connection");
		let received = 0;
		let ended = false;
		peers[0]?.on("data", (bytes) => {
			received += bytes.length;
		});
		peers[0]?.on("end", () => {
			ended = true;
		});
		connection.write(new Uint8Array(60_000));
		connection.close();
		connection.close();
		await until(() => ended, "the end");
		assert.equal(received, 60_000);
		assert.deepEqual(events, ["opened"]);
	});

	it("tells nothing after it was closed", async () => {
		const { connection, events, chunks } = open(port);
		await until(() => events.length === 1 && peers.length === 1, "the connection");
		connection.close();
		assert.equal(connection.write(new Uint8Array(1)), 0);
		peers[0]?.write("late");
		peers[0]?.end();
		await until(() => peers[0]?.destroyed ?? false, "the peer to be closed too");
		assert.deepEqual(events, ["opened"]);
		assert.deepEqual(chunks, []);
	});

	it("says why a connection was not made, or ended", async () => {
		const refused = open(await freePort());
		await until(() => refused.events.length > 0, "the refusal");
		assert.match(refused.events[0] ?? "", /^closed nobody listens at 127\.0\.0\.1:\d+$/);
		const ended = open(port);
		await until(() => ended.events.length === 1 && peers.length === 1, "the connection");
		peers[0]?.end();
		await until(() => ended.events.length === 2, "the end");
		assert.deepEqual(ended.events, ["opened", "closed the connection was closed"]);
	});
});
