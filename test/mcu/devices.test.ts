/**
 * The emulated chip's devices on QEMU, against servers on the host's loopback and files of the host. The program is
 * devices.c in the board's place.
 */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build, type ChipRun, runChip } from "./chip.js";

const PROGRAM = "mcu-devices.elf";
const TCP_BUFFER_SIZE = 5744;
const FLASH_SIZE = 256 * 1024;
const NETWORK = "n0";
const DEVICES = [
	...[
		"-global",
		"virtio-mmio.force-legacy=false",
		"-object",
		"rng-random,id=r,filename=/dev/urandom",
	],
	...["-device", "virtio-rng-device,rng=r", "-netdev", `user,id=${NETWORK}`],
	...["-device", `virtio-net-device,netdev=${NETWORK}`],
];

/** The bytes that devices.c expects at `from` and after. */
const pattern = (from: number, size: number): Buffer =>
	Buffer.from(Array.from({ length: size }, (_, i) => (from + i) % 251));

describe("the emulated chip's devices", () => {
	const servers: Server[] = [];
	let folder: string;

	before(function () {
		this.timeout(300_000);
		build("mcu-devices");
	});

	beforeEach(() => {
		folder = mkdtempSync(join(tmpdir(), "interlock-devices-"));
	});

	afterEach(() => {
		for (const server of servers.splice(0)) server.close();
		rmSync(folder, { recursive: true });
	});

	async function serve(accept: (socket: Socket) => void): Promise<string> {
		const server = createServer((socket) => {
			socket.on("error", () => undefined);
			accept(socket);
		});
		servers.push(server);
		await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
		return String((server.address() as AddressInfo).port);
	}

	/** An echo that ends its side after `total` bytes. */
	const echo = (total: number, seen?: (count: number) => void): Promise<string> =>
		serve((socket) => {
			let count = 0;
			socket.on("data", (data) => {
				count += data.length;
				seen?.(count);
				if (!socket.write(data)) socket.pause();
				if (count >= total) socket.end();
			});
			socket.on("drain", () => socket.resume());
		});

	async function run(
		options: Record<string, string>,
		more: readonly string[] = [],
		chip: readonly string[] = [],
	): Promise<ChipRun> {
		const result = await runChip(PROGRAM, { options, chip }, [...DEVICES, ...more]);
		assert.equal(result.status, 0, result.lines.join("\n"));
		return result;
	}

	const flow = (total: number): string =>
		`flow: open 1, sent ${total}, received ${total}, wrong 0, ended 1`;

	it("carry a megabyte each way, to a server that closes first", async () => {
		const total = 1_000_000;
		const { lines } = await run({ test: "flow", port: await echo(total), total: String(total) });
		assert.deepEqual(lines.slice(1), [flow(total)]);
	});

	it("carry on where the cable was out for a while", async () => {
		const total = 300_000;
		const path = join(folder, "monitor");
		let cut: Promise<void> | undefined;
		const port = await echo(total, (count) => {
			if (count >= total / 2) cut ??= setLink(path, false).then(() => setLink(path, true));
		});
		const monitor = ["-qmp", `unix:${path},server=on,wait=off`];
		const { lines } = await run({ test: "flow", port, total: String(total) }, monitor);
		assert.ok(cut !== undefined);
		await cut;
		assert.deepEqual(lines.slice(1), [flow(total)]);
	});

	it("restart the chip where the network card keeps what it is given", async () => {
		const total = 100_000;
		const options = { test: "flow", port: await echo(total), total: String(total) };
		const { lines } = await run(options, [], ["network-stuck 30"]);
		const [, ended = "", reset, second] = lines;
		assert.match(ended, /^@ended .*"the network card has kept a frame for seconds"/);
		assert.equal(reset, '@reset {"reason":"network-stuck"}');
		assert.equal(second, flow(total));
	});

	it("restart the chip where lwIP finds itself misused, and tell where that was", async () => {
		const { lines } = await run({ test: "misuse" });
		const [, ended = "", reset, second] = lines;
		assert.match(ended, /^@ended .*"an assertion of lwIP's in line \d+, near 0x80\w{6}"/);
		assert.deepEqual([reset, second], ['@reset {"reason":"fault"}', "restarted"]);
	});

	it("tell a refused connection, and take no address but four numbers", async () => {
		const port = await echo(0);
		servers.pop()?.close();
		const { lines } = await run({ test: "refused", port });
		assert.deepEqual(lines.slice(1), ["refused: open 0, sent 0, received 0, wrong 0, ended 1"]);
	});

	it("send what was written before a stream was closed", async () => {
		const heard: Buffer[] = [];
		const port = await serve((socket) => {
			const parts: Buffer[] = [];
			socket.on("data", (data) => parts.push(data));
			socket.on("end", () => heard.push(Buffer.concat(parts)));
		});
		const { lines } = await run({ test: "brief", port });
		const sent = lines
			.slice(1)
			.map((line) => Number(/^brief: open 1, sent (\d+),/.exec(line)?.[1]));
		assert.equal(sent.length, 5);
		assert.ok(sent.every((count) => count > TCP_BUFFER_SIZE / 2));
		assert.deepEqual(
			heard,
			sent.map((count) => pattern(0, count)),
		);
	});

	it("keep nothing of connections that are over", async () => {
		const { lines } = await run({ test: "many", port: await echo(300) });
		assert.deepEqual(lines.slice(1), ["many: wrong 0"]);
	}).timeout(30_000);

	it("let one stream go on while another one is not read", async () => {
		const total = 20_000;
		const port = await echo(total);
		const other = await serve((socket) => {
			socket.setNoDelay(true);
			let count = 0;
			const drip = (): void => {
				socket.write(pattern(count++, 1));
				if (count < total) setImmediate(drip);
				else socket.end();
			};
			drip();
		});
		const { lines } = await run({ test: "deaf", port, other, total: String(total) });
		assert.deepEqual(lines.slice(1), [
			`beside: open 1, sent ${total}, received ${total}, wrong 0, ended 1`,
			`deaf: open 1, sent 0, received ${total}, wrong 0, ended 1`,
		]);
	});

	it("write flash bytes where they are meant to be, and leave their neighbours alone", async () => {
		const expected = randomBytes(FLASH_SIZE);
		const file = join(folder, "flash");
		writeFileSync(file, expected);
		const drive = ["-drive", `if=none,id=flash,format=raw,file=${file}`];
		const device = ["-device", "virtio-blk-device,drive=flash"];
		const { lines } = await run({ test: "flash" }, [...drive, ...device]);
		assert.equal(lines[1], `size ${FLASH_SIZE}`);
		assert.equal(lines.at(-1), "wrong 0");
		const writes = lines.map((line) => /^write (\d+) (\d+) (\d+)$/.exec(line)).filter(Boolean);
		assert.equal(writes.length, 200);
		for (const write of writes) {
			const [at = 0, size = 0, first = 0] = (write as RegExpExecArray).slice(1).map(Number);
			for (let i = 0; i < size; i++) expected[at + i] = first + 7 * i;
		}
		assert.ok(readFileSync(file).equals(expected));
	});

	it("give random bytes, other ones each time", async () => {
		const options = { test: "entropy" };
		const all = [...(await run(options)).lines.slice(1), ...(await run(options)).lines.slice(1)];
		for (const line of all) assert.match(line, /^0 [0-9a-f]{200}$/);
		assert.equal(new Set(all).size, 4);
	});
});

/** Pulls QEMU's network cable, or puts it back, by its monitor on a local socket. */
function setLink(path: string, isUp: boolean): Promise<void> {
	return new Promise((resolve, reject) => {
		const socket = connect(path);
		const send = (execute: string, args = {}): unknown =>
			socket.write(JSON.stringify({ execute, arguments: args }));
		let text = "";
		send("qmp_capabilities");
		send("set_link", { name: NETWORK, up: isUp });
		socket.on("error", reject);
		socket.on("data", (data) => {
			text += data;
			if ((text.match(/"return"/g)?.length ?? 0) < 2 && !text.includes('"error"')) return;
			socket.destroy();
			if (text.includes('"error"')) reject(new Error(text));
			else resolve();
		});
	});
}
