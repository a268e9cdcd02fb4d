import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FlashImage } from "../../host-sim/flash-image.js";
import {
	BOARD_EXIT,
	engineName,
	parseConsoleLine,
	type StationEvent,
	spawnStation,
} from "../../host-sim/station-process.js";

describe("station process", () => {
	it("tells reports from log lines", () => {
		assert.deepEqual(parseConsoleLine('@counters {"messages":3,"bytesSealed":900}'), {
			kind: "counters",
			messages: 3,
			bytesSealed: 900,
		});
		const transfer = { direction: "down", file: "trim", version: 2, done: 7, of: 9, bytes: 30_000 };
		assert.deepEqual(parseConsoleLine(`@transfer ${JSON.stringify(transfer)}`), {
			kind: "transfer",
			...transfer,
		});
		assert.deepEqual(parseConsoleLine("@memory no JSON"), { kind: "log", line: "@memory no JSON" });
		assert.deepEqual(parseConsoleLine("@memory 7"), { kind: "log", line: "@memory 7" });
		const memory = parseConsoleLine('@memory {"slots":5,"chunkBytes":"x"}');
		assert.ok(memory.kind === "memory" && memory.slots === 5 && memory.chunkBytes === 0);
		assert.deepEqual(parseConsoleLine('@reset {"reason":"watchdog"}'), {
			kind: "reset",
			reason: "watchdog",
		});
		assert.deepEqual(parseConsoleLine('@ended {"status":71,"message":"memory full"}'), {
			kind: "ended",
			status: 71,
			message: "memory full",
		});
		assert.deepEqual(parseConsoleLine('@instructions {"busy":9,"idle":2}'), {
			kind: "instructions",
			busy: 9,
			idle: 2,
		});
		const chip = parseConsoleLine('@memory {"slots":5,"chip":{"ramBytes":409600}}');
		assert.ok(chip.kind === "memory" && chip.chip?.ramBytes === 409_600);
		assert.equal(chip.chip.neverTouchedBytes, 0);
		const long = parseConsoleLine("x".repeat(10_000));
		assert.ok(long.kind === "log" && long.line.length === 4096);
	});

	it("names the engine", () => {
		assert.match(engineName(), /^XS \d+\.\d+ \(.+\)$/);
	});

	it("tells why a board that cannot start ended", async () => {
		const board = spawnStation({ flash: "/nonexistent/flash.bin" });
		const { code, message } = await board.exited;
		assert.equal(code, BOARD_EXIT.flash);
		assert.match(message, /cannot open the flash file \/nonexistent\/flash\.bin/);
		board.stop();
	});

	it("runs main with every firmware module preloaded, in a board's memory", async function () {
		this.timeout(20_000);
		const folder = mkdtempSync(join(tmpdir(), "interlock-station-"));
		const flash = join(folder, "flash.bin");
		FlashImage.create(flash).close();
		const events: StationEvent[] = [];
		const board = spawnStation({ flash, main: "time", onEvent: (event) => events.push(event) });
		const { code, message } = await board.exited;
		rmSync(folder, { recursive: true });
		assert.equal(code, 0, message);
		const memory = events.find((event) => event.kind === "memory");
		assert.ok(memory?.kind === "memory");
		assert.ok(memory.baseSlots > 10_000, "the modules are in the base");
		assert.ok(memory.slots - memory.baseSlots < 100, "and take no RAM");
		assert.ok(memory.limitBytes > 0 && memory.reservedBytes <= memory.limitBytes);
		assert.ok(memory.reservedChunkBytes > 0 && memory.reservedChunkBytes < memory.reservedBytes);
	});
});
