/**
 * The boot file: what a chip is told at its start (chip/boot.h has its form). QEMU puts it into the chip's memory.
 */
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const MAGIC = "interlock-boot1";

export interface Boot {
	readonly main: string;
	/** What simulated devices are told. */
	readonly options: Readonly<Record<string, string>>;
	/** How the chip itself is to behave, by chip/options.c's names; `undefined`: not said. */
	readonly chip: Readonly<Record<string, string | number | undefined>>;
}

/** @throws Error for a name or value that does not fit in a line. */
export function encodeBoot({ main, options, chip }: Boot): Buffer {
	const told = Object.entries(options).map(([name, value]) => `option ${name}=${value}`);
	const behaviour = Object.entries(chip).flatMap(([name, value]) =>
		value === undefined ? [] : [`chip ${name} ${value}`],
	);
	const lines = [MAGIC, ...behaviour, ...told, `main ${main}`, "end"];
	const wrong = lines.find((line) => line.includes("\0"));
	if (wrong !== undefined) throw new Error(`a chip cannot be told ${JSON.stringify(wrong)}`);
	if (Object.keys(options).some((name) => name.includes("=")))
		throw new Error("an option's name has no =");
	return Buffer.from(lines.map((line) => `${line}\0`).join(""));
}

/** Gives `use` an open file with these bytes that has no name any more, so that nothing is left behind. */
export function withNamelessFile<T>(bytes: Uint8Array, use: (descriptor: number) => T): T {
	const folder = mkdtempSync(join(tmpdir(), "interlock-chip-"));
	let descriptor: number | undefined;
	try {
		descriptor = openSync(join(folder, "boot"), "wx+");
		rmSync(folder, { recursive: true });
		writeSync(descriptor, bytes);
		return use(descriptor);
	} finally {
		if (descriptor !== undefined) closeSync(descriptor);
		rmSync(folder, { recursive: true, force: true });
	}
}
