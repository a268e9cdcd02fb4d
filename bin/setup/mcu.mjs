/**
 * Builds the emulated chip, build/mcu: XS, the simulator's portable host, the firmware's natives and what the chip adds
 * (host-sim/mcu-emulator), compiled for rv32imc with picolibc and linked once.
 *
 *   interlock-mcu.elf   everything, with XS's compiler: makes the base image, runs module tests
 *   board.elf           the same without the section `.maker`: what a board gets
 *   interlock-mcu.map   the linker's map
 *   base.img            what a board has in flash beside it (mcu-image.mjs)
 *
 * Needs packages that nothing else of the project needs, and installs them.
 */

import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { CROSS_COMPILER, CROSS_FLAGS } from "./cross.mjs";
import { ensureSources } from "./debian-sources.mjs";
import { engineFolder, sources } from "./engine.mjs";
import { writeNatives } from "./mcu-natives.mjs";
import { isOlder, makeObjects, objectJob } from "./objects.mjs";
import { progress, SetupError, say } from "./report.mjs";
import { capture } from "./run.mjs";

const CHIP = "host-sim/mcu-emulator";
const LINKER_SCRIPT = `${CHIP}/chip/chip.ld`;
/** GCC counts the instructions that read machine registers as an extension of their own. */
const ARCHITECTURE = "-march=rv32imc_zicsr";
const SOURCES_FOLDER = "build/mcu/sources";
const LWIP_FOLDERS = ["lwip/src/core", "lwip/src/core/ipv4"];
/**
 * Where a station spends its instructions: built for speed, everything else for size. What gcc schedules early it keeps in
 * so many registers that saving them costs more.
 */
const FAST_FLAGS = ["-O2", "-fno-schedule-insns"];
const FAST_SOURCES = new Set([
	...["bignum.c", "constant_time.c", "aes.c", "gcm.c"],
	...["xsRun.c", "xsMemory.c", "xsProperty.c", "xsType.c", "xsAPI.c"],
]);
/** Functions of XS that the chip has others for: `__wrap_NAME`. */
const REPLACED = ["fxParseScript", "fxNewFunctionLength", "fxNewFunctionName"];
/** The simulator's 256 would take 8 KB. */
const TIMERS_MAX = 48;
/** By so few the base grows (host-sim/xs/engine-base.c): what is left over at the end lies in flash. */
const BASE_SLOTS = 128;

/** Debian's packages, in the form of packages.mjs. */
export const MCU_PACKAGES = [
	{ name: "gcc-riscv64-unknown-elf", files: [`/usr/bin/${CROSS_COMPILER}`] },
	{ name: "picolibc-riscv64-unknown-elf", files: ["/usr/lib/picolibc/riscv64-unknown-elf"] },
	{ name: "qemu-system-misc", files: ["/usr/bin/qemu-system-riscv32"] },
];

/** C with a board_run() (host-sim/mcu-emulator/chip/board.h) in the board's place, for tests of what is below it. */
export const MCU_PROGRAMS = {
	"mcu-devices": "test/mcu/devices.c",
	"mcu-faults": "test/mcu/faults.c",
	"mcu-memcpy": "test/mcu/memcpy.c",
};

/** Flags for others' C and for ours, which warns. */
function flags(root, xs, library) {
	const host = join(root, "host-sim/xs");
	const common = [...CROSS_FLAGS, ARCHITECTURE, "-std=gnu11", "-g1", "-fno-strict-aliasing"];
	common.push("-ffunction-sections", "-fdata-sections", "-DINCLUDE_XSPLATFORM");
	common.push(`-DXSPLATFORM="${join(host, "platform.h")}"`, "-DmxParse=1", "-DmxRun=1");
	common.push("-DmxBoundsCheck=1", "-DmxNoConsole=1", `-DLOOP_TIMERS_MAX=${TIMERS_MAX}`);
	common.push(`-DBASE_SLOTS=${BASE_SLOTS}`, '-DMBEDTLS_CONFIG_FILE="mbedtls-config.h"');
	const folders = ["chip", "crypto", "devices", "lwip"].map((name) => join(root, CHIP, name));
	folders.push(host, join(root, "modules/crypto"));
	common.push(...folders.map((folder) => `-I${folder}`));
	for (const name of ["includes", "platforms", "sources"]) common.push("-isystem", join(xs, name));
	for (const name of ["mbedtls/include", "lwip/src/include"])
		common.push("-isystem", join(library, name));
	return {
		theirs: [...common, "-w"],
		ours: [...common, "-Wall", "-Wextra", "-Wno-unused-parameter", "-Wno-misleading-indentation"],
	};
}

function jobsOf(root) {
	const xs = engineFolder(root);
	const library = join(root, SOURCES_FOLDER);
	const { theirs, ours } = flags(root, xs, library);
	const natives = join(root, "build/mcu/natives.c");
	writeNatives(root, natives);
	const folders = (base, names, list) => names.map((name) => [join(base, name), list]);
	const parts = [
		[join(xs, "sources"), theirs],
		// The others have it off.
		[join(library, "mbedtls/library"), [...theirs, "-fstrict-aliasing"]],
		...folders(library, LWIP_FOLDERS, theirs),
		...folders(root, ["host-sim/xs", "modules/crypto"], ours),
		...folders(join(root, CHIP), ["chip", "crypto", "devices"], ours),
	];
	const files = parts.flatMap(([folder, list]) => sources(folder).map((file) => [file, list]));
	files.push([join(library, "lwip/src/netif/ethernet.c"), theirs]);
	for (const file of [join(root, CHIP, "chip/start.S"), natives]) files.push([file, ours]);
	const objects = join(root, "build/mcu/objects");
	return files.map(([file, list]) => {
		const flags = FAST_SOURCES.has(basename(file)) ? [...list, ...FAST_FLAGS] : list;
		return objectJob(objects, CROSS_COMPILER, file, flags);
	});
}

async function tool(name, argv, what) {
	const { status, output } = await capture(CROSS_COMPILER.replace(/gcc$/, name), argv);
	if (status !== 0) throw new SetupError(`${what}:\n${output}`);
}

/** Links `objects` to `elf`, and to its map beside it. */
async function link(root, objects, elf) {
	const script = join(dirname(elf), "chip.ld");
	const preprocess = ["-E", "-P", "-x", "c", join(root, LINKER_SCRIPT), "-o", script];
	await tool("gcc", preprocess, "the chip's linker script cannot be made");
	const argv = [
		...CROSS_FLAGS,
		"-nostartfiles",
		"-T",
		script,
		"-Wl,--gc-sections",
		...REPLACED.map((name) => `-Wl,--wrap=${name}`),
	];
	argv.push(
		`-Wl,-Map=${elf.replace(/elf$/, "map")}`,
		"-Wl,--fatal-warnings",
		"-Wl,--build-id=sha1",
	);
	await tool("gcc", [...argv, "-o", `${elf}.new`, ...objects, "-lm"], `${elf} does not link`);
	renameSync(`${elf}.new`, elf);
}

/** Makes `elf` of what `jobs` compile. @returns whether it had to. */
async function program(root, jobs, elf) {
	const isMade = await makeObjects(jobs);
	const objects = jobs.map((job) => job.object);
	const inputs = [...objects, join(root, LINKER_SCRIPT), join(root, CHIP, "chip/memory-map.h")];
	const list = elf.replace(/elf$/, "txt");
	const linked = existsSync(list) ? readFileSync(list, "utf8") : "";
	if (!isMade && linked === objects.join("\n") && !isOlder(elf, inputs)) return false;
	progress(`linking ${basename(elf)}`);
	await link(root, objects, elf);
	writeFileSync(list, objects.join("\n"));
	return true;
}

/** @returns whether anything was made. @throws {@link SetupError} */
export async function buildChip(root) {
	const out = join(root, "build/mcu");
	mkdirSync(out, { recursive: true });
	await ensureSources(join(root, SOURCES_FOLDER));
	const elf = join(out, "interlock-mcu.elf");
	const board = join(out, "board.elf");
	const isMade = await program(root, jobsOf(root), elf);
	if (!isMade && !isOlder(board, [elf])) return false;
	const copy = ["-R", ".maker", elf, `${board}.new`];
	await tool("objcopy", copy, "the board's program cannot be made");
	renameSync(`${board}.new`, board);
	say("the emulated chip: built");
	return true;
}

/** Makes one of MCU_PROGRAMS, build/mcu/NAME.elf. */
export async function buildChipProgram(root, name) {
	await ensureSources(join(root, SOURCES_FOLDER));
	const replaced = join(root, CHIP, "chip/board.c");
	const jobs = jobsOf(root).map((job) => {
		if (job.source !== replaced) return job;
		const source = join(root, MCU_PROGRAMS[name]);
		return objectJob(dirname(job.object), CROSS_COMPILER, source, job.flags);
	});
	if (await program(root, jobs, join(root, `build/mcu/${name}.elf`))) say(`${name}: built`);
}
