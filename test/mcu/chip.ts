/** Programs of the emulated chip, made when they are first asked for, and one run of one under QEMU. */

import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
	BOOT_FILE_ADDRESS,
	type BootOptions,
	bootFile,
} from "../../host-sim/mcu-emulator/boot-file.js";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const TIMEOUT_MS = 30_000;

/**
 * The first build takes a minute.
 *
 * @param variant - as bin/setup.mjs has it.
 */
export function build(variant: "mcu" | "mcu-devices" | "mcu-faults" | "mcu-memcpy"): void {
	const { status, stderr } = spawnSync(process.execPath, [join(root, "bin/setup.mjs"), variant], {
		encoding: "utf8",
	});
	if (status !== 0) throw new Error(stderr);
}

export interface ChipRun {
	/** QEMU's exit status; `null` where it had to be killed. */
	status: number | null;
	/** The serial console. */
	lines: string[];
}

/**
 * @param program - a file of build/mcu.
 * @param more - further arguments of QEMU.
 */
export function runChip(
	program: string,
	boot: BootOptions,
	more: readonly string[] = [],
): Promise<ChipRun> {
	const folder = mkdtempSync(join(tmpdir(), "interlock-chip-"));
	const file = join(folder, "boot");
	writeFileSync(file, bootFile(boot));
	const argv = ["-M", "virt", "-m", "8M", "-bios", "none", "-display", "none", "-monitor", "none"];
	argv.push("-serial", "stdio", "-kernel", join(root, "build/mcu", program));
	argv.push("-device", `loader,file=${file},addr=${BOOT_FILE_ADDRESS},force-raw=on`, ...more);
	return new Promise((resolve, reject) => {
		const child = spawn("qemu-system-riscv32", argv, { stdio: ["ignore", "pipe", "inherit"] });
		const timer = setTimeout(() => child.kill("SIGKILL"), TIMEOUT_MS);
		let console = "";
		child.stdout.setEncoding("utf8").on("data", (text: string) => {
			console += text;
		});
		child.on("error", reject);
		child.on("close", (status) => {
			clearTimeout(timer);
			rmSync(folder, { recursive: true });
			resolve({ status, lines: console.split("\n").filter(Boolean) });
		});
	});
}
