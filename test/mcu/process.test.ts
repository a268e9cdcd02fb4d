/** A chip as a process of this machine: how it begins, is held, waits for a debugger, and ends. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { provision } from "../../host-sim/flash-image.js";
import { flashUser } from "../../host-sim/flash-user.js";
import {
	BOARD_EXIT,
	type ChipStationOptions,
	type StationEvent,
	type StationProcess,
	spawnStation,
} from "../../host-sim/station-process.js";
import { freePort } from "../mqtt/support.js";
import { ensureBoard } from "../support/boards.js";

const STATION_PROCESS = new URL("../../host-sim/station-process.js", import.meta.url).href;

/** Neither there nor a dead one whose parent has not looked yet. */
function isGone(pid: number): boolean {
	const file = `/proc/${pid}/stat`;
	return !existsSync(file) || / Z /.test(readFileSync(file, "utf8"));
}

async function until(what: string, isSo: () => boolean): Promise<void> {
	const endMs = performance.now() + 30_000;
	while (!isSo()) {
		assert.ok(performance.now() < endMs, what);
		await new Promise((resolve) => setTimeout(resolve, 20));
	}
}

describe("a chip's process", function () {
	this.timeout(60_000);
	let folder: string;
	let flash: string;
	let chip: StationProcess | undefined;
	let events: StationEvent[];

	before(async function () {
		this.timeout(1_200_000);
		await ensureBoard("mcu");
	});
	beforeEach(() => {
		folder = mkdtempSync(join(tmpdir(), "interlock-chip-process-"));
		flash = join(folder, "a, b.flash");
		provision({ file: flash, board: "mcu", keys: {}, config: {} });
		events = [];
	});
	afterEach(async () => {
		chip?.kill();
		await chip?.exited;
		rmSync(folder, { recursive: true, force: true });
	});

	/** It has no keys, so its main module ends with an exception; "time" ends well. */
	function start(options: Partial<ChipStationOptions> = {}): StationProcess {
		const onEvent = (event: StationEvent) => void events.push(event);
		chip = spawnStation({ board: "mcu", flash, onEvent, ...options });
		return chip;
	}
	const resets = () => events.flatMap((event) => (event.kind === "reset" ? [event.reason] : []));

	it("says that a flash file is not there", async () => {
		const { code, message } = await start({ flash: join(folder, "none") }).exited;
		assert.equal(code, BOARD_EXIT.flash);
		assert.match(message, /cannot open the flash file .*none: it is not there/);
	});

	it("says that its flash file is none", async () => {
		const { code, message } = await start({ flash: "package.json" }).exited;
		assert.equal(code, BOARD_EXIT.flash);
		assert.match(message, /damaged or is none/);
	});

	it("runs to its end, and tells the RAM by owner", async () => {
		const { code, message } = await start({ main: "time", onEnd: "exit" }).exited;
		assert.equal(code, 0, message);
		assert.deepEqual(resets(), ["power-on"]);
		const memory = events.find((event) => event.kind === "memory");
		assert.ok(memory?.kind === "memory" && memory.chip);
		const { ramBytes, neverTouchedBytes, staticBytes, stackPeakBytes, heapPeakBytes } = memory.chip;
		assert.equal(ramBytes, 409_600);
		assert.ok(staticBytes > 0 && stackPeakBytes > 0 && heapPeakBytes > 0);
		assert.ok(staticBytes + stackPeakBytes + heapPeakBytes + neverTouchedBytes <= ramBytes);
	});

	it("ends with the engine's status and message where it is told to, and restarts otherwise", async () => {
		const { code, message } = await start({ onEnd: "exit" }).exited;
		assert.equal(code, BOARD_EXIT.unhandled);
		assert.match(message, /unhandled .*: /);
		events = [];
		// Nobody gives it keys: it restarts until it is switched off.
		const end = await start().exited;
		assert.deepEqual([end.code, end.signal], [null, "SIGKILL"]);
		assert.match(end.message, /unhandled .*: /);
		assert.deepEqual(resets(), ["power-on", ...Array(8).fill("unhandled")]);
	});

	it("holds its flash file alone, against boards of either kind", async () => {
		const first = start({ gdbPort: await freePort() });
		await until("the file to be held", () => flashUser(flash) === first.pid);
		for (const board of ["mcu", "linux"] as const) {
			const { code, message } = await spawnStation({ board, flash }).exited;
			assert.equal(code, BOARD_EXIT.flash, board);
			assert.match(message, /in use/, board);
		}
	});

	it("waits for a debugger before its first instruction", async () => {
		const port = await freePort();
		start({ gdbPort: port, main: "time", onEnd: "exit" });
		await until("the file to be held", () => flashUser(flash) !== undefined);
		const debuggerSocket = await patientConnect(port);
		debuggerSocket.write("$?#3f");
		await once(debuggerSocket, "data");
		assert.deepEqual(events, []);
		debuggerSocket.write("+$c#63");
		const { code } = await (chip as StationProcess).exited;
		debuggerSocket.destroy();
		assert.equal(code, 0);
		assert.deepEqual(resets(), ["power-on"]);
	});

	/** QEMU listens a moment after it has the file. */
	async function patientConnect(port: number) {
		for (let tries = 0; ; tries++) {
			const socket = connect(port, "127.0.0.1");
			try {
				await once(socket, "connect");
				return socket;
			} catch (error) {
				if (tries === 100) throw error;
				await new Promise((resolve) => setTimeout(resolve, 50));
			}
		}
	}

	it("dies with the process that started it", async () => {
		const script =
			`import { spawnStation } from ${JSON.stringify(STATION_PROCESS)};` +
			`const chip = spawnStation({ board: "mcu", flash: ${JSON.stringify(flash)}, gdbPort: ${await freePort()} });` +
			"console.log(chip.pid);";
		const parent = spawn(process.execPath, ["--input-type=module", "--eval", script], {
			stdio: ["ignore", "pipe", "inherit"],
		});
		const [line] = await once(createInterface({ input: parent.stdout }), "line");
		const pid = Number(line);
		await until("the chip to run", () => flashUser(flash) === pid);
		parent.kill("SIGKILL");
		await until("the chip to die", () => isGone(pid));
	});

	it("has a cable that can be pulled while it runs, and none when it is gone", async () => {
		const running = start({ gdbPort: await freePort() });
		await running.cutNetwork?.(true);
		await running.cutNetwork?.(false);
		running.kill();
		await running.exited;
		assert.ok(running.cutNetwork);
		await assert.rejects(running.cutNetwork(true), /the chip is gone/);
	});
});
