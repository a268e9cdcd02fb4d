/** The cross compiler for the ESP32-C3's instruction set, with a C library that needs no operating system. */

import { SetupError } from "./report.mjs";
import { capture } from "./run.mjs";

export const CROSS_COMPILER = "riscv64-unknown-elf-gcc";
export const CROSS_FLAGS = ["--specs=picolibc.specs", "-march=rv32imc", "-mabi=ilp32", "-Os"];

/** Whether both are installed. */
export async function hasCrossCompiler() {
	try {
		const argv = [...CROSS_FLAGS, "-fsyntax-only", "-x", "c", "-include", "stdio.h", "/dev/null"];
		return (await capture(CROSS_COMPILER, argv)).status === 0;
	} catch (error) {
		if (error instanceof SetupError) return false;
		throw error;
	}
}
