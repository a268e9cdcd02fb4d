/** `interlock recipe`: checks a parameter file and its limits; releases them for a station. */
import { basename, extname } from "node:path";
import type { Command } from "commander";
import { inFile, openInput, readInput } from "./input.js";
import { DATA_DIRECTORY, fullStationName, whole } from "./options.js";
import { printJson, printLine } from "./output.js";
import { shown } from "./progress.js";
import { addRecipeSealCommand } from "./recipe-seal.js";
import { withStore } from "./with-store.js";

interface CheckOptions {
	readonly limits?: string;
	readonly json?: true;
}

interface ReleaseOptions {
	readonly station: string;
	readonly line: string;
	readonly limits: string;
	readonly id?: string;
	readonly attemptsMax?: number;
	readonly slotSize?: number;
	readonly data: string;
	readonly json?: true;
}

const LIMITS_SIZE_MAX = 1024 * 1024;

const EPILOGUE = `
A parameter file has sections ("# Resistors") of values ("r1= 350"); blank lines and odd spacing do not matter,
anything else is refused with its line and column. A value set takes one value of each section; sets are tried
in order, the last section varying fastest. A limits file has a section for each reading that is judged, with
"min=" or "max=" or both; stations never see it.

Examples:
  interlock recipe check recipes/station-1.params --limits recipes/station-1.limits
  interlock recipe release recipes/station-1.params --limits recipes/station-1.limits --station station-1
`;

async function check(file: string, options: CheckOptions): Promise<void> {
	const { checkSource } = await import("../../server/recipe-source.js");
	const { RECIPE_SIZE_MAX } = await import("../../server/operations.js");
	const input = openInput(file, "a parameter file", RECIPE_SIZE_MAX);
	try {
		const source = shown(input, ["checking"], options.json === true);
		const { sections, sets } = await inFile(file, () => checkSource(source));
		if (options.limits !== undefined) await readLimits(options.limits);
		if (options.json) {
			printJson({ file, sections, sets });
			return;
		}
		for (const { name, count } of sections) printLine(`${String(count).padStart(6)}  ${name}`);
		printLine(`${String(sets).padStart(6)}  value sets`);
	} finally {
		input.close();
	}
}

/** @returns the limits file's text, which is one. */
async function readLimits(file: string): Promise<string> {
	const { parseLimits } = await import("../../server/core/limits.js");
	const bytes = readInput(file, "a limits file", LIMITS_SIZE_MAX);
	await inFile(file, () => parseLimits(bytes));
	return new TextDecoder().decode(bytes);
}

async function release(file: string, options: ReleaseOptions): Promise<void> {
	const { checkSource } = await import("../../server/recipe-source.js");
	const { RECIPE_SIZE_MAX, checkRelease, releaseRecipe } = await import(
		"../../server/operations.js"
	);
	const id = options.id ?? basename(file, extname(file));
	const station = fullStationName(options.line, options.station);
	const { attemptsMax, slotSize, json } = options;
	const release = { station, id, attemptsMax, slotSize };
	const input = openInput(file, "a parameter file", RECIPE_SIZE_MAX);
	try {
		checkRelease(release, input.size);
		const source = shown(input, ["checking", "storing"], json === true);
		// Before there is a database, perhaps for nothing.
		const text = await inFile(file, () => checkSource(source));
		const limitsText = await readLimits(options.limits);
		const released = await withStore(options.data, (store) =>
			releaseRecipe(store, { ...release, text, limitsText }),
		);
		if (json) printJson(released);
		else printLine(`${station}: ${id} version ${released.version}, ${released.sets} value sets`);
	} finally {
		input.close();
	}
}

export function addRecipeCommand(program: Command): void {
	const recipe = program
		.command("recipe")
		.description("check parameter files, release them to stations, seal them")
		.addHelpText("after", EPILOGUE);
	recipe
		.command("check")
		.description("is this a parameter file? which sections and how many value sets has it?")
		.argument("<file>", "a parameter file")
		.option("--limits <file>", "check this limits file too")
		.option("--json", "print JSON")
		.action(check);
	recipe
		.command("release")
		.description("give a station a new version of a recipe; it is used when no unit is there")
		.argument("<file>", "a parameter file")
		.requiredOption("--station <name>", "for which station of the line")
		.requiredOption("--limits <file>", "what its readings are judged by")
		.option("--line <name>", "of which line", "line")
		.option("--id <name>", "the recipe's name (default: the file's)")
		.option(
			"--attempts-max <n>",
			"reject a unit after so many (default: every set)",
			whole(1, 1_000_000),
		)
		.option(
			"--slot-size <bytes>",
			"of that station's flash slots (default: 1048576); a larger recipe is refused",
			whole(4096, 512 * 1024 * 1024),
		)
		.option("--data <dir>", "the server's data directory", DATA_DIRECTORY)
		.option("--json", "print JSON")
		.action(release);
	addRecipeSealCommand(recipe);
}
