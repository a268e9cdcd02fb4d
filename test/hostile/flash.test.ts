/** Flash images that are damaged, full, or on a disk that takes no more, under the real firmware on XS. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { FlashImage, FlashImageError, provision } from "../../host-sim/flash-image.js";
import { DEFAULT_PARTITIONS } from "../../host-sim/flash-table.js";
import { BOARD_EXIT, type StationExit, spawnStation } from "../../host-sim/station-process.js";
import { enrol, initPlant, loadBundle, provisioning, stationDirectory } from "../../keys/keys.js";
import { encode } from "../../modules/cbor/encode.js";
import { StorageError } from "../../modules/ports/storage.js";
import { Dice, damaged, SEED, scratch } from "./support.js";

const ENGINE = fileURLToPath(new URL("../../xs/", import.meta.url));
const ROUNDS = 40;
/** Where a damaged image does the most: the table, the keys and the records. */
const DAMAGED_SIZE = 160 * 1024;
/** What a board may end with, and what it then says. */
const ENDINGS: ReadonlyMap<number | null, RegExp> = new Map([
	[0, /^$/],
	[BOARD_EXIT.flash, /the flash file .* (damaged|cannot be)/],
	[
		BOARD_EXIT.unhandled,
		/(Config|Journal|Credential|Crypto|Storage|KeyValueLog)Error|config "|record "|protocol §|key-value storage/,
	],
]);

describe("hostile flash", function () {
	this.timeout(180_000);
	const room = scratch("hostile-flash");
	const good = join(room.path, "good.flash");
	const file = join(room.path, "board.flash");
	let content: ReturnType<typeof provisioning>;
	/** Nobody listens there: a board only starts and waits. */
	let port = 0;

	before(async () => {
		const plant = join(room.path, "plant");
		await initPlant({ directory: plant, line: "line", rsaBits: 2048 });
		await enrol({ directory: plant, stations: ["one"], rsaBits: 2048 });
		const closed = createServer();
		await new Promise<void>((resolve) => closed.listen(0, "127.0.0.1", resolve));
		port = (closed.address() as { port: number }).port;
		closed.close();
		const bundle = loadBundle(stationDirectory(plant, "line.one"));
		content = provisioning(bundle, { host: "127.0.0.1", port });
		provision({ file: good, ...content });
		const image = new FlashImage(good);
		const state = image.keyValue("state");
		const unit = ["U-1", 1, 0, new Uint8Array(16).fill(3), null];
		state.write("unit", encode([1, 7, unit]));
		state.write("library", encode([1, [null, null, null, null], [["r", 2]]]));
		image.close();
	});
	after(() => room.remove());

	/** Starts a board and stops it when it has said its first state, or it ends by itself. */
	async function board(flash: string): Promise<StationExit & { states: number }> {
		let states = 0;
		const station = spawnStation({
			flash,
			onEvent: (event) => {
				if (event.kind !== "log" || !event.line.startsWith("state ")) return;
				states++;
				station.stop();
			},
		});
		return { ...(await station.exited), states };
	}

	it("starts, or ends with a status and a message of its own, however its image is damaged", async () => {
		const dice = new Dice(SEED);
		const bytes = new Uint8Array(readFileSync(good));
		const head = bytes.subarray(0, DAMAGED_SIZE);
		const seen = new Map<number | null, number>();
		for (let round = 0; round < ROUNDS; round++) {
			// Most damage is small and in what is not erased; some cuts the file off.
			const start = [0, 0, 4096, 4096, 8192, 8192, 12_288][dice.whole(7)] as number;
			const piece = damaged(head.slice(start, start + 2048), dice).subarray(0, 2048);
			const copy = bytes.slice();
			copy.set(piece, start);
			writeFileSync(file, dice.whole(6) === 0 ? copy.slice(0, dice.whole(copy.length)) : copy);
			const { code, message, states } = await board(file);
			const note = `seed ${SEED}, round ${round}: ${code} ${message}`;
			assert.match(message, ENDINGS.get(code) ?? /no such ending/, note);
			assert.ok(code !== 0 || states > 0, note);
			seen.set(code, (seen.get(code) ?? 0) + 1);
			try {
				provision({ file, ...content });
				new FlashImage(file).close();
			} catch (error) {
				assert.ok(error instanceof FlashImageError, `${note}: ${(error as Error).stack}`);
			}
		}
		assert.ok((seen.get(0) ?? 0) > 0 && seen.size >= 2, JSON.stringify([...seen]));
	});

	it("says that its records are full, keeps them, and goes on when there is room", async () => {
		const shapes = DEFAULT_PARTITIONS.map((shape) =>
			shape.name === "nvs" ? { ...shape, size: 4 * 4096 } : shape,
		);
		const small = join(room.path, "small.flash");
		FlashImage.create(small, shapes).close();
		provision({ file: small, ...content });
		let image = new FlashImage(small);
		const other = image.keyValue("other");
		let refused: unknown;
		for (let i = 0; refused === undefined && i < 100; i++) {
			try {
				other.write(`k${i}`, new Uint8Array(i < 5 ? 1000 : 8).fill(i));
			} catch (error) {
				refused = error;
			}
		}
		assert.ok(refused instanceof StorageError && refused.code === "full", String(refused));
		image.close();
		const { code, message } = await board(small);
		assert.equal(code, BOARD_EXIT.unhandled);
		assert.match(message, /state\/board: .*no room.*nothing was changed.*more room/);
		image = new FlashImage(small);
		assert.deepEqual(image.keyValue("config").keys().sort(), Object.keys(content.config).sort());
		for (let i = 0; i < 5; i++) image.keyValue("other").delete(`k${i}`);
		image.close();
		assert.equal((await board(small)).code, 0);
	});

	it("ends by name where the disk under its flash takes no more, and starts where there is room", async () => {
		writeFileSync(file, readFileSync(good));
		const script = 'ulimit -f 2; exec "$@"';
		const argv = ["--modules", join(ENGINE, "modules.txt"), "--flash", file];
		const child = spawn("/bin/sh", ["-c", script, "sh", join(ENGINE, "interlock-xs"), ...argv], {
			stdio: ["ignore", "ignore", "pipe"],
		});
		let message = "";
		child.stderr.setEncoding("utf8").on("data", (text: string) => {
			message += text;
		});
		const ended = await new Promise((resolve) =>
			child.once("close", (code, signal) => resolve(signal ?? code)),
		);
		assert.equal(ended, BOARD_EXIT.flash, message);
		assert.match(message, /the flash file cannot be written: File too large/);
		assert.equal((await board(file)).code, 0);
		const image = new FlashImage(file);
		assert.ok(image.keyValue("state").read("unit"));
		image.close();
	});
});
