/**
 * The command line that makes a chip of QEMU: machine, memory, flash, network, and the file that it is told things by.
 *
 * In front of it stand two small programs of util-linux, each of which becomes the next: `flock` holds the flash file
 * for as long as the chip runs, as a Linux board does itself (host-sim/xs/flash.c); `setpriv` has the chip killed when
 * this process dies. So the child's process id is QEMU's.
 */
import { resolve } from "node:path";
import { BOOT_FILE_ADDRESS } from "./boot-file.js";

/** Where QEMU puts what, and RAM that only tests have: chip/memory-map.h. */
export const MEMORY_MAP = {
	FLASH_START: 0x80000000,
	BASE_START: 0x80180000,
	BOOT_START: BOOT_FILE_ADDRESS,
	MORE_RAM_START: 0x81000000,
} as const;
const MEBIBYTE = 1024 * 1024;
/** The machine's memory for a board; behind more RAM lies what QEMU itself puts there. */
const MEMORY_SIZE = 8 * MEBIBYTE;
const MEMORY_BEHIND = 2 * MEBIBYTE;
/** Descriptors of QEMU: commands to it (monitor.ts), and the boot file. */
export const MONITOR_DESCRIPTOR = 3;
export const BOOT_DESCRIPTOR = 4;
/** The network's name in commands. */
export const NETWORK = "n0";
/** The host's loopback, 127.0.0.1, as the chip reaches it. */
export const HOST_ADDRESS = "10.0.2.2";

export interface ChipCommand {
	readonly firmware: string;
	/** Built-ins and modules as bytecode; `undefined`: the chip makes its own of what the boot file has. */
	readonly image: string | undefined;
	/** `undefined`: it has no flash for data. */
	readonly flash: string | undefined;
	/** Beside the chip's own, for tests. */
	readonly moreRamBytes: number;
	readonly countsInstructions: boolean;
	/** Where its entropy comes from; /dev/urandom where left out. */
	readonly entropy?: string | undefined;
	/** Waits for a debugger there, stopped before the first instruction. */
	readonly gdbPort: number | undefined;
	/** Status of a process that found the flash file in use. */
	readonly inUseStatus: number;
}

function memoryOption(moreRamBytes: number): string {
	const { FLASH_START, MORE_RAM_START } = MEMORY_MAP;
	if (moreRamBytes === 0) return `${MEMORY_SIZE / MEBIBYTE}M`;
	const size = MORE_RAM_START - FLASH_START + moreRamBytes + MEMORY_BEHIND;
	return `${Math.ceil(size / MEBIBYTE)}M`;
}

/** A file that QEMU copies into memory, whatever is in it. */
function loaded(file: string, address: number): string[] {
	// In a list that commas separate, a comma of a name is doubled.
	const name = file.replaceAll(",", ",,");
	return ["-device", `loader,file=${name},addr=0x${address.toString(16)},force-raw=on`];
}

/** Holds the flash file, and ends with `inUseStatus` where it is held already. */
function held(flash: string | undefined, inUseStatus: number): string[] {
	if (flash === undefined) return [];
	const conflict = ["--nonblock", "--conflict-exit-code", String(inUseStatus)];
	return ["flock", ...conflict, "--no-fork", resolve(flash)];
}

/** As JSON, which has room for any name. */
function drive(flash: string | undefined): string[] {
	if (flash === undefined) return [];
	const file = { driver: "file", filename: resolve(flash) };
	const node = JSON.stringify({ driver: "raw", "node-name": "flash", file });
	return ["-blockdev", node, "-device", "virtio-blk-device,drive=flash"];
}

/** @returns the program, and its arguments. */
export function chipCommand(command: ChipCommand): [string, ...string[]] {
	const { firmware, image, flash, moreRamBytes, countsInstructions, gdbPort } = command;
	const argv = [
		...["setpriv", "--pdeathsig", "KILL"],
		...["qemu-system-riscv32", "-M", "virt", "-m", memoryOption(moreRamBytes), "-bios", "none"],
		...["-display", "none", "-serial", "stdio"],
		...["-chardev", `socket,id=monitor,fd=${MONITOR_DESCRIPTOR}`],
		...["-mon", "chardev=monitor,mode=control"],
		...["-kernel", resolve(firmware)],
		...(image === undefined ? [] : loaded(resolve(image), MEMORY_MAP.BASE_START)),
		...loaded(`/dev/fd/${BOOT_DESCRIPTOR}`, MEMORY_MAP.BOOT_START),
		...["-global", "virtio-mmio.force-legacy=false"],
		...drive(flash),
		...["-netdev", `user,id=${NETWORK}`, "-device", `virtio-net-device,netdev=${NETWORK}`],
		...["-object", `rng-random,id=entropy,filename=${command.entropy ?? "/dev/urandom"}`],
		...["-device", "virtio-rng-device,rng=entropy"],
	];
	// One instruction takes one nanosecond of the chip's clock, so that its counter of time counts them.
	if (countsInstructions) argv.push("-icount", "shift=0");
	if (gdbPort !== undefined) argv.push("-gdb", `tcp:127.0.0.1:${gdbPort}`, "-S");
	return [...held(flash, command.inUseStatus), ...argv] as [string, ...string[]];
}
