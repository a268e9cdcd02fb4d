/**
 * Makes build/mcu/base.img, what a board has in flash beside its program: the chip itself compiles the modules of
 * build/xs/modules.txt, runs those that are preloaded and writes the image (host-sim/mcu-emulator/chip/base-image.h).
 * Beside it, in base.txt, lies what the chip said meanwhile: what takes the image's room.
 */

import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { isOlder } from "./objects.mjs";
import { progress, SetupError, say } from "./report.mjs";
import { capture } from "./run.mjs";

/** What there is room for: BASE_SIZE of chip/memory-map.h. */
const IMAGE_SIZE_MAX = 0x17f000;
const MAKER_RAM_SIZE = 32 * 1024 * 1024;
const TIMEOUT_S = 120;

function scripts(table) {
	const lines = readFileSync(table, "utf8").matchAll(/^module \S+ \w+ (.+)$/gm);
	return [...lines].map(([, path]) => resolve(dirname(table), path));
}

/** Runs the maker in `folder`. @returns the image, and what the maker said is in it. */
async function make(root, program, folder) {
	const code = join(root, "build/host-sim/mcu-emulator/boot-file.js");
	const { bootFile, BOOT_FILE_ADDRESS } = await import(pathToFileURL(code).href);
	const boot = join(folder, "boot");
	const image = join(folder, "image");
	const chip = ["make", "on-end exit", `ram ${MAKER_RAM_SIZE}`];
	writeFileSync(boot, bootFile({ chip, tables: [join(root, "build/xs/modules.txt")] }));
	writeFileSync(image, new Uint8Array(IMAGE_SIZE_MAX));
	const argv = [String(TIMEOUT_S), "qemu-system-riscv32", "-M", "virt", "-m", "64M"];
	argv.push("-bios", "none", "-display", "none", "-monitor", "none", "-serial", "stdio");
	argv.push("-kernel", program, "-global", "virtio-mmio.force-legacy=false");
	argv.push("-drive", `if=none,id=flash,format=raw,file=${image}`);
	argv.push("-device", "virtio-blk-device,drive=flash");
	argv.push("-object", "rng-random,id=entropy,filename=/dev/urandom");
	argv.push("-device", "virtio-rng-device,rng=entropy");
	argv.push("-device", `loader,file=${boot},addr=${BOOT_FILE_ADDRESS},force-raw=on`);
	const { status, output } = await capture("timeout", argv);
	const size = Number(/^@image \{"bytes":(\d+)\}/m.exec(output)?.[1]);
	if (status !== 0 || !(size > 0))
		throw new SetupError(`the base image cannot be made (status ${status}):\n${output}`);
	return { image: readFileSync(image).subarray(0, size), list: output };
}

/** @returns whether it had to be made. @throws {@link SetupError} */
export async function makeImage(root) {
	const table = join(root, "build/xs/modules.txt");
	const program = join(root, "build/mcu/interlock-mcu.elf");
	const target = join(root, "build/mcu/base.img");
	if (!isOlder(target, [program, table, ...scripts(table)])) return false;
	progress("the emulated chip compiles its modules");
	const folder = mkdtempSync(join(tmpdir(), "interlock-image-"));
	try {
		const { image, list } = await make(root, program, folder);
		writeFileSync(join(root, "build/mcu/base.txt"), list);
		writeFileSync(`${target}.new`, image);
		renameSync(`${target}.new`, target);
		say(`the emulated chip: base image of ${image.length} bytes`);
	} finally {
		rmSync(folder, { recursive: true });
	}
	return true;
}
