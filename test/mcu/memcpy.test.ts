/** Copying, filling and comparing memory on the emulated chip. The program is memcpy.c in the board's place. */
import assert from "node:assert/strict";
import { build, runChip } from "./chip.js";

describe("the emulated chip's memory functions", () => {
	before(function () {
		this.timeout(300_000);
		build("mcu-memcpy");
	});

	it("do the same as loops over bytes, however their arguments lie and overlap", async () => {
		const { status, lines } = await runChip("mcu-memcpy.elf", {});
		assert.equal(status, 0, lines.join("\n"));
		const [, tried, wrong] = /^tried (\d+), wrong (\d+)$/.exec(lines[1] ?? "") ?? [];
		assert.ok(Number(tried) > 100_000, lines[1]);
		assert.equal(wrong, "0");
	});
});
