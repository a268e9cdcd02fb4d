/** What a board has in flash: a program without a compiler, and a base image that this very program made. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type ChipRun, runChip } from "./chip.js";

const folder = fileURLToPath(new URL("../../mcu", import.meta.url));
const IMAGE = join(folder, "base.img");
const MAKER_FIRST = 0x80300000;
const MAKER_END = 0x80400000;
/** Of the header that host-sim/mcu-emulator/chip/base-image.h describes. */
const BUILD_OFFSET = 16;
const NO_BASE =
	"no base image of this program is in flash, and there are no modules or no compiler to make one";
/** What refers to the maker's part, after a look whether it is there. */
const MAKERS = ["board_run", "fxParseScript"];

function tool(name: string, argv: readonly string[]): string {
	return execFileSync(`riscv64-unknown-elf-${name}`, argv, {
		encoding: "utf8",
		maxBuffer: 256 * 1024 * 1024,
	});
}

function boots(image: string | undefined, boot: Parameters<typeof runChip>[1]): Promise<ChipRun> {
	const argv = ["-global", "virtio-mmio.force-legacy=false"];
	argv.push(
		"-object",
		"rng-random,id=r,filename=/dev/urandom",
		"-device",
		"virtio-rng-device,rng=r",
	);
	if (image) argv.push("-device", `loader,file=${image},addr=0x80180000,force-raw=on`);
	return runChip("board.elf", { ...boot, chip: ["on-end exit", ...(boot.chip ?? [])] }, argv);
}

function ended({ lines }: ChipRun): { status: number; message: string } {
	const line = lines.find((each) => each.startsWith("@ended "));
	assert.ok(line, lines.join("\n"));
	return JSON.parse(line.slice("@ended ".length));
}

describe("the emulated chip's flash", () => {
	before(function () {
		this.timeout(300_000);
		build("mcu");
	});

	it("has no compiler, and only what looks first whether it is there calls it", () => {
		const sections = tool("objdump", ["-h", join(folder, "board.elf")]);
		assert.match(sections, / \.text /);
		assert.doesNotMatch(sections, / \.maker /);
		const code = tool("objdump", ["-d", "-j", ".text", join(folder, "interlock-mcu.elf")]);
		const callers = new Set<string>();
		let caller = "";
		for (const line of code.split("\n")) {
			caller = /^[0-9a-f]+ <(.+)>:$/.exec(line)?.[1] ?? caller;
			// Calls only: what the disassembler says of other addresses it guesses.
			const call = /\tj(?:al)?r?\t.*\b(80[0-9a-f]{6}) </.exec(line);
			const target = Number.parseInt(call?.[1] ?? "0", 16);
			if (target >= MAKER_FIRST && target < MAKER_END) callers.add(caller);
		}
		assert.deepEqual([...callers].sort(), MAKERS);
	});

	it("is refused without a base image", async () => {
		const run = await boots(undefined, {});
		assert.equal(run.status, 64);
		assert.deepEqual(ended(run), { status: 64, message: NO_BASE });
	});

	it("is refused with the base image of another program", async () => {
		const scratch = mkdtempSync(join(tmpdir(), "interlock-image-"));
		try {
			const bytes = readFileSync(IMAGE);
			bytes[BUILD_OFFSET] = (bytes[BUILD_OFFSET] ?? 0) ^ 1;
			writeFileSync(join(scratch, "other.img"), bytes);
			const run = await boots(join(scratch, "other.img"), {});
			assert.deepEqual(ended(run), { status: 64, message: NO_BASE });
		} finally {
			rmSync(scratch, { recursive: true });
		}
	});

	it("ends with the engine's status where the main module fails", async () => {
		const run = await boots(IMAGE, { main: "modules/none" });
		assert.equal(run.status, 70);
		assert.match(ended(run).message, /module "modules\/none" not found/);
	});

	it("ends where the machine's limits are too small", async () => {
		const run = await boots(IMAGE, { main: "modules/none", limits: { static: 4096 } });
		assert.equal(run.status, 71);
		assert.match(ended(run).message, /^memory full: \d+ of 4096 bytes are taken$/);
	});

	it("refuses a limit that there is not", async () => {
		const run = await boots(IMAGE, { limits: { "heap.final": 1 } });
		assert.deepEqual(ended(run), {
			status: 64,
			message: "the boot file has an unknown limit: heap.final 1",
		});
	});
});
