/**
 * What is below the engine on the emulated chip: start, memory protection, traps, watchdog, and how a run ends. The
 * program is faults.c in the board's place.
 */

import assert from "node:assert/strict";
import { build, type ChipRun, runChip } from "./chip.js";

const PROGRAM = "mcu-faults.elf";

const run = (fault: string, chip: readonly string[] = []): Promise<ChipRun> =>
	runChip(PROGRAM, { chip, options: { fault } });

/** What ended the first of two runs, and the reason that the second one tells. */
function ends({ status, lines }: ChipRun): { status: number; message: string; reason: string } {
	assert.equal(status, 0, lines.join("\n"));
	const [first, healthy, ended = "", second = "", ...rest] = lines;
	assert.equal(first, '@reset {"reason":"power-on"}');
	assert.deepEqual(rest, [healthy]);
	assert.ok(ended.startsWith("@ended ") && second.startsWith("@reset "), lines.join("\n"));
	return { ...JSON.parse(ended.slice(7)), ...JSON.parse(second.slice(7)) };
}

/** Fault, status, pattern of the message, reason after the restart. */
const FAULTS: readonly [string, number, RegExp, string][] = [
	["write code", 74, /^store access fault \(7\) at 0x8000\w{4}, address 0x80000010$/, "fault"],
	["write base", 74, /^store access fault \(7\) .* 0x80180000$/, "fault"],
	["write boot file", 74, /^store access fault \(7\) .* 0x80500000$/, "fault"],
	["read behind RAM", 74, /^load access fault \(5\) .* 0x80464000$/, "fault"],
	["read nothing", 74, /^load access fault \(5\) .* 0x00000000$/, "fault"],
	["run data", 74, /^instruction access fault \(1\) at 0x804\w{5}/, "fault"],
	["run nothing", 74, /^illegal instruction \(2\)/, "fault"],
	["overflow stack", 72, /^stack overflow: store access fault/, "stack-overflow"],
	["overflow stack at once", 72, /^stack overflow: store access fault/, "stack-overflow"],
	["fail assertion", 74, /^the program aborted$/, "fault"],
	["panic", 74, /^the "card" is stuck$/, "network-stuck"],
	["restart", 74, /^asked for$/, "restart"],
];

describe("the emulated chip's core", () => {
	before(function () {
		this.timeout(300_000);
		build("mcu-faults");
	});

	it("starts with the reason power-on, most of its RAM untouched, and switches off", async () => {
		const { status, lines } = await runChip(PROGRAM, {});
		assert.equal(status, 0);
		assert.deepEqual(lines, ['@reset {"reason":"power-on"}', "stack left, heap left"]);
	});

	it("starts without a boot file", async () => {
		const { status, lines } = await runChip(PROGRAM, {}, [
			"-device",
			"loader,addr=0x80500000,data=0,data-len=4",
		]);
		assert.equal(status, 0);
		assert.equal(lines.length, 2);
	});

	for (const [fault, status, message, reason] of FAULTS)
		it(`ends at "${fault}" and restarts with the reason ${reason}`, async () => {
			const end = ends(await run(fault));
			assert.deepEqual({ status: end.status, reason: end.reason }, { status, reason });
			assert.match(end.message, message);
		});

	it("is restarted by the watchdog where its loop is not reached", async () => {
		const end = ends(await run("hang", ["watchdog 300"]));
		assert.deepEqual([end.status, end.reason], [75, "watchdog"]);
		assert.match(end.message, /^watchdog: .* at 0x8000\w{4}$/);
	});

	it("feeds the watchdog by sleeping, and is woken by the timer", async () => {
		const options = { sleep: "900" };
		const { status, lines } = await runChip(PROGRAM, { chip: ["watchdog 300"], options });
		assert.equal(status, 0, lines.join("\n"));
		assert.equal(lines.at(-1), "slept");
	});

	it("lets QEMU exit with the status instead, where it is told to", async () => {
		for (const [fault, expected] of [
			["write code", 74],
			["overflow stack", 72],
			["hang", 75],
		] as const) {
			const { status, lines } = await run(fault, ["on-end exit", "watchdog 300"]);
			assert.equal(status, expected);
			assert.equal(lines.length, 3);
		}
	});

	it("has more RAM where it is told so", async () => {
		const { status, lines } = await runChip(PROGRAM, { chip: ["ram 16777216"] }, ["-m", "64M"]);
		assert.equal(status, 0, lines.join("\n"));
	});

	it("refuses an option that it does not know or cannot use", async () => {
		const refusals: readonly [string, string][] = [
			["rma 5", 'the boot file\'s "chip rma 5" is no option'],
			["ram 5", "ram takes 1048576 to 48234496, not 5"],
			["on-end never", "on-end takes restart or exit, not never"],
			["watchdog soon", "watchdog takes 1 to 3600000, not soon"],
		];
		for (const [option, message] of refusals) {
			const { status, lines } = await runChip(PROGRAM, { chip: [option] });
			assert.equal(status, 64);
			assert.equal(lines.length, 2);
			assert.deepEqual(JSON.parse(lines[1]?.slice(7) ?? ""), { status: 64, message });
		}
	});
});
