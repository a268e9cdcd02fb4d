/** What a chip gets that a Linux board does not: its flash, the way to the broker, the file that it is told things by. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
	CHIP_DATA_SIZE,
	CHIP_PARTITIONS,
	newPartitions,
	slotSizeOf,
} from "../../host-sim/board-kind.js";
import { FlashImage, FlashImageError, provision } from "../../host-sim/flash-image.js";
import { encodeTable } from "../../host-sim/flash-table.js";
import { boardsFor } from "../../host-sim/line/boards.js";
import { LineError } from "../../host-sim/line/prepare.js";
import { prepareStation } from "../../host-sim/line/station.js";
import { chipCommand, MEMORY_MAP } from "../../host-sim/mcu-emulator/qemu.js";
import { enrol, initPlant, stationDirectory } from "../../keys/keys.js";
import { readConfig } from "../../modules/station/config.js";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const isRange = (error: unknown) => error instanceof FlashImageError && error.code === "range";

describe("flash of a chip", () => {
	let folder: string;
	before(() => {
		folder = mkdtempSync(join(tmpdir(), "interlock-chip-flash-"));
	});
	after(() => rmSync(folder, { recursive: true, force: true }));

	const make = (name: string, board: "linux" | "mcu", slotSize?: number) => {
		const file = join(folder, name);
		provision({ file, board, slotSize, keys: {}, config: {} });
		return file;
	};

	it("is divided as a real board's is, beside the firmware", () => {
		const rows = readFileSync(join(root, "board/partitions.csv"), "utf8")
			.split("\n")
			.map((line) => line.split(",").map((cell) => cell.trim()))
			.filter(([name]) => name !== undefined && /^(keys|nvs|slot\d|log\d)$/.test(name))
			.map(([name, , , , size]) => ({ name, size: Number(size) }));
		assert.deepEqual(
			CHIP_PARTITIONS.map(({ name, size }) => ({ name, size })),
			rows,
		);
		assert.ok(encodeTable(CHIP_PARTITIONS).size <= CHIP_DATA_SIZE);
	});

	it("takes other slots as long as there is room for them", () => {
		const [, most] = /at most (\d+)/.exec(String(tryPartitions(1024 * 1024))) ?? [];
		const largest = newPartitions("mcu", Number(most));
		assert.ok(encodeTable(largest).size <= CHIP_DATA_SIZE);
		assert.ok(Number(most) >= slotSizeOf("mcu"));
		assert.throws(() => newPartitions("mcu", Number(most) + 4096), isRange);
		const image = new FlashImage(make("small.flash", "mcu", 64 * 1024));
		assert.equal(image.partition("slot2").size, 64 * 1024);
		image.close();
	});

	function tryPartitions(size: number): unknown {
		try {
			return newPartitions("mcu", size);
		} catch (error) {
			return error;
		}
	}

	it("is not a Linux board's, which would not fit; a Linux board takes a chip's", () => {
		const large = make("linux.flash", "linux");
		const { size } = statSync(large);
		assert.throws(() => make("linux.flash", "mcu"), isRange);
		assert.equal(statSync(large).size, size);
		assert.equal(make("chip.flash", "mcu"), make("chip.flash", "linux"));
	});
});

describe("the way of a chip to its broker", () => {
	let folder: string;
	before(async () => {
		folder = mkdtempSync(join(tmpdir(), "interlock-chip-way-"));
		await initPlant({ directory: folder, line: "line", rsaBits: 2048 });
		await enrol({ directory: folder, stations: ["one"], rsaBits: 2048 });
	});
	after(() => rmSync(folder, { recursive: true, force: true }));

	async function hostIn(board: "linux" | "mcu", url: string): Promise<string> {
		const flash = join(folder, `${board}.flash`);
		await prepareStation({ bundle: stationDirectory(folder, "line.one"), url, flash, board });
		const image = new FlashImage(flash);
		try {
			return readConfig(image.keyValue("config")).host;
		} finally {
			image.close();
		}
	}

	it("leads to this machine by another address, and elsewhere by the same", async () => {
		assert.equal(await hostIn("mcu", "mqtt://127.0.0.1:1883"), "10.0.2.2");
		assert.equal(await hostIn("mcu", "mqtt://localhost:1883"), "10.0.2.2");
		assert.equal(await hostIn("mcu", "mqtt://192.0.2.7:1883"), "192.0.2.7");
		assert.equal(await hostIn("linux", "mqtt://127.0.0.1:1883"), "127.0.0.1");
		await assert.rejects(
			hostIn("mcu", "mqtt://127.0.0.2:1883"),
			(error) => error instanceof LineError && error.code === "broker",
		);
	});
});

describe("boards of a line", () => {
	it("repeat the pattern, which is no longer than the line", () => {
		assert.deepEqual(boardsFor(["mcu"], 2), ["mcu", "mcu"]);
		assert.deepEqual(boardsFor(["mcu", "linux"], 5), ["mcu", "linux", "mcu", "linux", "mcu"]);
		assert.throws(
			() => boardsFor(["mcu", "linux", "mcu"], 2),
			(error) => error instanceof LineError && error.code === "boards",
		);
	});
});

describe("what a chip is told", () => {
	it("names every file in a form that QEMU reads as it is", () => {
		const argv = chipCommand({
			...{ firmware: "a,b.elf", image: "c,d.img", flash: 'e,"f.flash' },
			...{ moreRamBytes: 0, countsInstructions: false, gdbPort: undefined, inUseStatus: 65 },
		});
		assert.ok(argv.some((each) => each.includes("c,,d.img,addr=0x80180000")));
		const drive = JSON.parse(argv[argv.indexOf("-blockdev") + 1] ?? "");
		assert.ok(drive.file.filename.endsWith('e,"f.flash'));
		assert.ok(argv[argv.indexOf("-kernel") + 1]?.endsWith("a,b.elf"));
	});

	it("lies where the chip looks for it", () => {
		const file = join(root, "host-sim/mcu-emulator/chip/memory-map.h");
		const text = readFileSync(file, "utf8");
		for (const [name, address] of Object.entries(MEMORY_MAP)) {
			const [, number] = new RegExp(`#define ${name} (0x[0-9A-F]+)`).exec(text) ?? [];
			assert.equal(Number(number), address, name);
		}
	});
});
