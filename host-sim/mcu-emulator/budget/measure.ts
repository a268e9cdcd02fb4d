/** All figures of the budget, measured: the program, the base image, memory, instructions. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { setUp } from "../../set-up.js";
import { countPhases, countSegment, watchMemory } from "./chip-runs.js";
import type { Figures } from "./figures.js";
import { readProgram } from "./firmware.js";
import { parseImage } from "./image.js";
import { ramFigures } from "./ram.js";
import { type Spread, sampled } from "./sample.js";
import { makeKeys } from "./scene.js";

const root = dirname(dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url))))));
const SLOT_SIZE = 16;
/** Counted runs; an odd number has a middle. */
const RUNS = 3;

type Sizes = readonly (readonly [string, number])[];

/** Bytes, the largest first: of sources in flash and in RAM, of modules' bytecode. */
export interface Largest {
	readonly sources: Sizes;
	readonly data: Sizes;
	readonly modules: Sizes;
}

export interface Measured {
	readonly version: string;
	/** What it was built and run with. */
	readonly tools: Readonly<Record<string, string>>;
	readonly figures: Figures;
	/** Of figures that were measured more than once. */
	readonly spreads: Readonly<Record<string, Spread>>;
	readonly largest: Largest;
}

export interface MeasureOptions {
	/** What is being done, for whoever waits. */
	readonly onProgress?: (doing: string) => void;
	/** What the set-up does is shown. */
	readonly isShown?: boolean;
}

function readManifest(): { engineStack: number; version: string } {
	const read = (file: string) => JSON.parse(readFileSync(join(root, file), "utf8"));
	const { creation } = read("manifest.json") as { creation: { stack: number } };
	const { version } = read("package.json") as { version: string };
	return { engineStack: creation.stack * SLOT_SIZE, version };
}

/** The first number with dots that a program says of itself. */
function versionOf(program: string): string {
	const said = execFileSync(program, ["--version"], { encoding: "utf8" });
	return /\d+(?:\.\d+)+/.exec(said)?.[0] ?? "unknown";
}

export async function measure({ onProgress, isShown }: MeasureOptions = {}): Promise<Measured> {
	const doing = onProgress ?? (() => undefined);
	await setUp("mcu", isShown);
	const { engineStack, version } = readManifest();
	const program = readProgram(root, join(root, "build/mcu/interlock-mcu.map"));
	const image = parseImage(readFileSync(join(root, "build/mcu/base.txt"), "utf8"));
	const folder = mkdtempSync(join(tmpdir(), "interlock-budget-"));
	try {
		doing("making keys");
		const keys = join(folder, "keys");
		await makeKeys(keys);
		doing("memory");
		const memory = await watchMemory(keys);
		doing("a segment");
		const segment = await countSegment();
		const runs: Figures[] = [];
		for (let i = 0; i < RUNS; i++) {
			doing(`instructions, ${i + 1} of ${RUNS}`);
			runs.push(await countPhases(keys));
		}
		const work = sampled(runs);
		return {
			version,
			tools: {
				gcc: versionOf("riscv64-unknown-elf-gcc"),
				QEMU: versionOf("qemu-system-riscv32"),
			},
			figures: {
				...ramFigures({ memory, statics: program.statics, engineStack }),
				...program.figures,
				...image.figures,
				...work.figures,
				...sampled([segment]).figures,
			},
			spreads: work.spreads,
			largest: {
				sources: [...program.sources],
				data: [...program.data],
				modules: [...image.modules],
			},
		};
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}
