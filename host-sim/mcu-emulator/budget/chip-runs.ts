/**
 * The chip at its measured work: where its memory goes, how many instructions each phase takes, and how many one segment.
 *
 * Counted runs are made as alike as they can be: the same keys, the same entropy from a file, the same fixture, no
 * measuring of memory in between, since that collects garbage. What is left to chance is when the network's packets
 * come, which is this machine's affair.
 */
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { prepareStation } from "../../line/station.js";
import { type ChipStationOptions, spawnStation } from "../../station-process.js";
import type { Figures } from "./figures.js";
import { type Memory, type Run, RunError, runStation } from "./run.js";
import { openScene } from "./scene.js";
import { phases, WORK } from "./work.js";

const build = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));
const FILE_SIZE = 64 * 1024;
/** Enough that collecting garbage is in it as often as it is in real work. */
const ATTEMPTS = 24;
const SEED = 1;
const SEGMENTS = 64;
/** Bytes that look random and never change; more than a station draws in a run. */
const ENTROPY_SIZE = 1024 * 1024;
/** Between two reports of memory. */
const REPORT_MS = 2000;
const NEVER_MS = 3_600_000;
/** For XS's compiler and the sources of every module. */
const COMPILER_RAM = 32 * 1024 * 1024;
const SEGMENT_PATIENCE_MS = 120_000;

function writeEntropy(file: string): void {
	const pieces: Buffer[] = [];
	for (let i = 0; i < ENTROPY_SIZE / 32; i++)
		pieces.push(createHash("sha256").update(`entropy of a budget ${i}`).digest());
	writeFileSync(file, Buffer.concat(pieces));
}

async function runOnce(
	keys: string,
	chip: Partial<ChipStationOptions>,
	reports: number,
): Promise<Run> {
	const scene = await openScene({ keys, fileSize: FILE_SIZE, attempts: ATTEMPTS });
	try {
		const flash = join(scene.directory, "station.flash");
		const entropy = join(scene.directory, "entropy");
		writeEntropy(entropy);
		const { bundle, brokerUrl: url } = scene;
		await prepareStation({ bundle, url, flash, board: "mcu" });
		const options = { seed: String(SEED), settleMs: "0" };
		return await runStation(
			scene,
			(onEvent) => spawnStation({ board: "mcu", flash, entropy, options, ...chip, onEvent }),
			{ units: ["U-1"], reports },
		);
	} finally {
		await scene.close();
	}
}

/** @param keys - from scene.ts. @returns instructions by phase. */
export async function countPhases(keys: string): Promise<Figures> {
	const chip = { countsInstructions: true, memoryPeriodMs: NEVER_MS };
	const { marks } = await runOnce(keys, chip, 0);
	return phases(marks, ATTEMPTS);
}

/** @returns the report of a station's memory after all its work. */
export async function watchMemory(keys: string): Promise<Memory> {
	const { memory } = await runOnce(keys, { memoryPeriodMs: REPORT_MS }, 1);
	return memory.at(-1) as Memory;
}

/** @returns instructions of one segment opened (bench/on-xs/segment.ts). */
export async function countSegment(): Promise<Figures> {
	const folder = mkdtempSync(join(tmpdir(), "interlock-budget-"));
	try {
		const main = "test/bench/segment";
		const table = join(folder, "segment.txt");
		writeFileSync(table, `module ${main} load ${join(build, "bench/on-xs/segment.js")}\n`);
		const counts: number[] = [];
		const chip = spawnStation({
			board: "mcu",
			main,
			tables: [join(build, "xs/modules.txt"), table],
			ramBytes: COMPILER_RAM,
			onEnd: "exit",
			countsInstructions: true,
			options: { count: String(SEGMENTS) },
			onEvent: (event) => {
				if (event.kind === "instructions") counts.push(event.busy);
			},
		});
		const patience = setTimeout(() => chip.kill(), SEGMENT_PATIENCE_MS);
		const { code, message } = await chip.exited;
		clearTimeout(patience);
		// The last one is said only where what was opened is right.
		const [before, after, checked] = counts;
		if (code !== 0 || before === undefined || after === undefined || checked === undefined)
			throw new RunError(`opening segments ended (${code}): ${message}`);
		return { [WORK.segment]: (after - before) / SEGMENTS };
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}
