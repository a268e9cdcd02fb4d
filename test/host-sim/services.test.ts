/** What a simulated board gives its firmware: frozen built-ins, timers, flash and TCP, on each kind of board. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FlashImage } from "../../host-sim/flash-image.js";
import { describeOnBoards } from "../support/boards.js";
import { type RunOptions, runOnXs } from "../support/xs.js";

/** On the chip as devices/tcp-stream.c and bin/setup/mcu.mjs have them. */
const LIMITS = {
	linux: { sockets: 64, timers: 256 },
	mcu: { sockets: 2, timers: 48 },
} as const;

function listen(server: Server): Promise<number> {
	return new Promise((resolve) => {
		server.listen(0, "127.0.0.1", () => {
			const address = server.address();
			resolve(typeof address === "object" && address ? address.port : 0);
		});
	});
}

describeOnBoards("a simulated board's services", 60_000, (board) => {
	let folder = "";
	let server: Server | undefined;

	beforeEach(() => {
		folder = mkdtempSync(join(tmpdir(), "interlock-board-"));
	});
	afterEach(() => rmSync(folder, { recursive: true, force: true }));

	const run = (module: string, options: RunOptions = {}): ReturnType<typeof runOnXs> =>
		runOnXs(module, { board: board.kind, ...options });

	it("keeps built-ins from being changed, as a board's flash does", async () => {
		const { code, lines, errors } = await run("host-freeze");
		assert.equal(code, 0, errors);
		assert.deepEqual(lines, [
			"prototype refused",
			"method refused",
			"function refused",
			"inherited refused",
			"global allowed",
			"own allowed",
		]);
	});

	it("fires timers in the order of their instants, then in the order they were set", async () => {
		const { code, lines, errors } = await run("host-timers");
		assert.equal(code, 0, errors);
		assert.deepEqual(lines, [
			"main",
			"promise job",
			"first",
			"second",
			"same instant, set first",
			"same instant, set second",
			"tick 1",
			"tick 2",
			"on time true",
		]);
	});

	it("begins with other random numbers each time", async () => {
		const runs = [await run("host-random"), await run("host-random")];
		for (const { code, errors } of runs) assert.equal(code, 0, errors);
		assert.notDeepEqual(runs[0]?.lines, runs[1]?.lines);
	});

	it("keeps flash and key-value records from one run to the next", async () => {
		const flash = join(folder, "flash.bin");
		FlashImage.create(flash).close();
		const first = await run("host-storage", { flash, options: { run: "first" } });
		assert.equal(first.code, 0, first.errors);
		assert.deepEqual(first.lines, [
			"partitions: nvs,slot0,slot1,slot2,slot3,log0,log1",
			'private: no partition "keys"',
			"status: 1048576 4096 256",
			"erased: 255,255,255,255",
			"write: undefined",
			"again: not erased",
			"outside: outside the partition",
			"read-only: read-only",
			'long key: "0123456789abcdef": not 1 to 15 characters',
			"large value: test/large: 4001 bytes, more than 4000",
			"closed: closed",
		]);
		const second = await run("host-storage", { flash, options: { run: "second" } });
		assert.equal(second.code, 0, second.errors);
		assert.deepEqual(second.lines.slice(3), [
			"kept bytes: 255,1,2,3",
			"after erase: 255,1,255,255",
			"kept value: 1,2,3",
			"gone value: undefined",
			"keys: kept",
			"closed: closed",
		]);
	});

	it("speaks TCP with the buffers of a board", async () => {
		let seen = 0;
		const server = createServer({ allowHalfOpen: true }, (socket) => {
			socket.on("data", (data) => {
				seen += data.length;
				socket.write(data);
				if (seen === 20_000) socket.end();
			});
		});
		const closed = createServer();
		const refused = await listen(closed);
		closed.close();
		const port = await listen(server);
		const options = { port: String(port), refused: String(refused) };
		const { code, lines, errors } = await run("host-tcp", { options });
		server.close();
		assert.equal(code, 0, errors);
		assert.deepEqual(lines.sort(), [
			"name: invalid address",
			"port: invalid port",
			"received: 20000, wrong: 0",
			"refused: onError",
			"target: echo",
			"write before connected: not ready",
			"write too much: would block",
		]);
	});

	it("sends what it had taken before a socket was closed", async () => {
		let heard = 0;
		let waiting: Socket | undefined;
		const all = new Promise<void>((resolve) => {
			server = createServer((socket) => {
				waiting = socket;
				socket.on("end", resolve);
				socket.pause();
				socket.on("data", (bytes) => {
					heard += bytes.length;
				});
				socket.pause();
				setTimeout(() => socket.resume(), 1500);
			});
		});
		const port = await listen(server as Server);
		const running = run("host-close", { options: { port: String(port) } });
		const { code, lines, errors } = await running;
		await all;
		waiting?.destroy();
		server?.close();
		assert.equal(code, 0, errors);
		assert.deepEqual(lines, [`closed: ${heard}`]);
	});

	it("has so many timers and sockets and no more", async () => {
		const server = createServer((socket) => socket.on("error", () => {}));
		const port = await listen(server);
		const { code, lines, errors } = await run("host-limits", {
			options: { port: String(port) },
		});
		server.close();
		assert.equal(code, 0, errors);
		assert.deepEqual(lines, [
			`sockets: ${LIMITS[board.kind].sockets}, then no socket`,
			`timers: ${LIMITS[board.kind].timers}, then no timer is free`,
			"a timer is free again",
		]);
	});
});
