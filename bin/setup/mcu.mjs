/**
 * Builds the emulated chip, build/mcu: XS, the simulator's portable host, the firmware's natives and what the chip adds
 * (host-sim/mcu-emulator), compiled for rv32imc with picolibc and linked once.
 *
 *   interlock-mcu.elf   everything, with XS's compiler: makes the base image, runs module tests
 *   board.elf           the same without the section `.maker`: what a board gets
 *   interlock-mcu.map   the linker's map
 *
 * Needs packages that nothing else of the project needs, and installs them.
 */

import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { CROSS_COMPILER, CROSS_FLAGS } from "./cross.mjs";
import { engineFolder, sources } from "./engine.mjs";
import { isOlder, makeObjects, objectJob } from "./objects.mjs";
import { progress, SetupError, say } from "./report.mjs";
import { capture } from "./run.mjs";

const CHIP = "host-sim/mcu-emulator";
const LINKER_SCRIPT = `${CHIP}/chip/chip.ld`;
/** GCC counts the instructions that read machine registers as an extension of their own. */
const ARCHITECTURE = "-march=rv32imc_zicsr";

/** Debian's packages, in the form of packages.mjs. */
export const MCU_PACKAGES = [
	{ name: "gcc-riscv64-unknown-elf", files: [`/usr/bin/${CROSS_COMPILER}`] },
	{ name: "picolibc-riscv64-unknown-elf", files: ["/usr/lib/picolibc/riscv64-unknown-elf"] },
	{ name: "qemu-system-misc", files: ["/usr/bin/qemu-system-riscv32"] },
];

function flags(root, xs) {
	const ours = join(root, "host-sim/xs");
	const common = [...CROSS_FLAGS, ARCHITECTURE, "-std=gnu11", "-g1", "-fno-strict-aliasing"];
	common.push("-ffunction-sections", "-fdata-sections", "-DINCLUDE_XSPLATFORM");
	common.push(`-DXSPLATFORM="${join(ours, "platform.h")}"`, "-DmxParse=1", "-DmxRun=1");
	common.push("-DmxBoundsCheck=1", "-DmxNoConsole=1");
	for (const name of ["includes", "platforms", "sources"]) common.push(`-I${join(xs, name)}`);
	for (const folder of [ours, join(root, CHIP, "chip"), join(root, "modules/crypto")])
		common.push(`-I${folder}`);
	return {
		engine: [...common, "-w"],
		ours: [...common, "-Wall", "-Wextra", "-Wno-unused-parameter", "-Wno-misleading-indentation"],
	};
}

function jobsOf(root) {
	const xs = engineFolder(root);
	const { ours } = flags(root, xs);
	const objects = join(root, "build/mcu/objects");
	const parts = [[join(root, CHIP, "chip"), ours]];
	const files = parts.flatMap(([folder, list]) => sources(folder).map((file) => [file, list]));
	files.push([join(root, CHIP, "chip/start.S"), ours]);
	return files.map(([file, list]) => objectJob(objects, CROSS_COMPILER, file, list));
}

async function tool(name, argv, what) {
	const { status, output } = await capture(CROSS_COMPILER.replace(/gcc$/, name), argv);
	if (status !== 0) throw new SetupError(`${what}:\n${output}`);
	if (output) say(output.trimEnd());
}

async function link(root, out, objects) {
	const script = join(out, "chip.ld");
	const elf = join(out, "interlock-mcu.elf");
	const preprocess = ["-E", "-P", "-x", "c", join(root, LINKER_SCRIPT), "-o", script];
	await tool("gcc", preprocess, "the chip's linker script cannot be made");
	const argv = [...CROSS_FLAGS, "-nostartfiles", "-T", script, "-Wl,--gc-sections"];
	argv.push(`-Wl,-Map=${join(out, "interlock-mcu.map")}`, "-Wl,--fatal-warnings");
	await tool("gcc", [...argv, "-o", elf, ...objects, "-lm"], "the chip's program does not link");
	const board = join(out, "board.elf");
	const copy = ["-R", ".maker", "--strip-debug", elf, `${board}.new`];
	await tool("objcopy", copy, "the board's program cannot be made");
	renameSync(`${board}.new`, board);
}

/** @returns whether anything was made. @throws {@link SetupError} */
export async function buildChip(root) {
	const out = join(root, "build/mcu");
	mkdirSync(out, { recursive: true });
	const jobs = jobsOf(root);
	const isMade = await makeObjects(jobs);
	const objects = jobs.map((job) => job.object);
	const inputs = [...objects, join(root, LINKER_SCRIPT), join(root, CHIP, "chip/memory-map.h")];
	const list = join(out, "linked.txt");
	const linked = existsSync(list) ? readFileSync(list, "utf8") : "";
	const board = join(out, "board.elf");
	if (!isMade && linked === objects.join("\n") && !isOlder(board, inputs)) return false;
	progress("the chip: linking");
	await link(root, out, objects);
	writeFileSync(list, objects.join("\n"));
	say(`the chip: built ${basename(out)}/board.elf`);
	return true;
}
