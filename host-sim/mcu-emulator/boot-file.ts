/**
 * The boot file of an emulated chip: what QEMU's command line tells it. Its form is in chip/boot.h.
 *
 * A board gets options only. One that compiles modules itself (the maker of the base image, module tests) gets the
 * module tables of the simulator too (their form: host-sim/xs/linux/modules.h), with the modules' text.
 */

import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";

/** Where QEMU puts it: BOOT_START of chip/memory-map.h. */
export const BOOT_FILE_ADDRESS = 0x80500000;

export interface BootOptions {
	/** Options of the chip, each `NAME` or `NAME VALUE`. */
	chip?: readonly string[];
	/** What simulated devices are told. */
	options?: Readonly<Record<string, string>>;
	/** The main module; "main" where left out. */
	main?: string;
	/** Of the manifest's `creation`, as in a module table, in place of those in flash. */
	limits?: Readonly<Record<string, number>>;
	/** Module tables; a later one adds to an earlier one. */
	tables?: readonly string[];
}

function line(text: string): Buffer {
	if (text.includes("\0")) throw new RangeError("a line of the boot file has a zero in it");
	return Buffer.from(`${text}\0`);
}

/** The lines of a module table, with the text of each module behind its line. */
function table(file: string): Buffer[] {
	const parts: Buffer[] = [];
	for (const text of readFileSync(file, "utf8").split("\n").filter(Boolean)) {
		const module = /^module (\S+) (preload|load) (.+)$/.exec(text);
		if (!module) {
			parts.push(line(text));
			continue;
		}
		const [, name, how, path] = module;
		const source = readFileSync(resolve(dirname(file), path as string));
		parts.push(line(`module ${name} ${how} ${source.length}`), source, Buffer.of(0));
	}
	return parts;
}

/** @returns the file's bytes. */
export function bootFile({
	chip = [],
	options = {},
	main,
	limits = {},
	tables = [],
}: BootOptions): Uint8Array {
	const lines = ["interlock-boot1", ...chip.map((option) => `chip ${option}`)];
	for (const [name, value] of Object.entries(options)) lines.push(`option ${name}=${value}`);
	if (main !== undefined) lines.push(`main ${main}`);
	for (const [name, value] of Object.entries(limits)) lines.push(`creation ${name} ${value}`);
	return Buffer.concat([...lines.map(line), ...tables.flatMap(table), line("end")]);
}
