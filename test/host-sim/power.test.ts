/** The power of a board is cut while it writes: a key-value record is the old one or the new one, whole. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FlashImage } from "../../host-sim/flash-image.js";
import { describeOnBoards } from "../support/boards.js";
import { spawnOnXs } from "../support/xs.js";

/** Of these many lines and writes each run costs a chip a second. */
const CUTS = {
	linux: { lines: [1, 7, 40, 150], writes: 12 },
	mcu: { lines: [1, 40], writes: 5 },
};

describeOnBoards("a record while power is cut", 60_000, ({ kind: board }) => {
	let folder: string;
	let flash: string;

	beforeEach(() => {
		folder = mkdtempSync(join(tmpdir(), "interlock-power-"));
		flash = join(folder, "flash.bin");
		FlashImage.create(flash).close();
	});
	afterEach(() => rmSync(folder, { recursive: true, force: true }));

	/** Starts the counting board and kills it after so many lines. @returns the last count it told, or -Infinity. */
	async function cutAfter(lines: number, crashAtFlashWrite?: number): Promise<number> {
		const counts: number[] = [];
		const { process, remove } = spawnOnXs("host-faults", {
			...{ board, flash, options: { fault: "count" } },
			...(crashAtFlashWrite !== undefined && { crashAtFlashWrite }),
			onLine: (line) => {
				if (/^\d+$/.test(line)) counts.push(Number(line));
				if (counts.length === lines) process.kill();
			},
		});
		const { signal, message } = await process.exited;
		remove();
		assert.equal(signal, "SIGKILL", message);
		return Math.max(...counts);
	}

	function kept(): { count: number; isWhole: boolean } {
		const image = new FlashImage(flash);
		const value = image.keyValue("test").read("count") ?? Buffer.alloc(4);
		image.close();
		const isWhole = value.subarray(4).every((byte) => byte === value[3]);
		return { count: Buffer.from(value).readUInt32BE(0), isWhole };
	}

	it("is old or new, whole, after it was cut at any moment", async () => {
		for (const lines of CUTS[board].lines) {
			const told = await cutAfter(lines);
			const { count, isWhole } = kept();
			assert.ok(count >= told, `${count} was kept, ${told} was told`);
			assert.ok(isWhole, "the record is whole");
		}
	});

	it("is old or new, too, where it was cut in the middle of a chosen write", async () => {
		await cutAfter(3);
		for (let nth = 1; nth <= CUTS[board].writes; nth++) {
			const told = await cutAfter(1000, nth);
			const { count, isWhole } = kept();
			assert.ok(told === Number.NEGATIVE_INFINITY || count === told, `${count}, told ${told}`);
			assert.ok(isWhole, "the record is whole");
		}
	});
});
