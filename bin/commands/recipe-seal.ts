/** `interlock recipe seal`: a parameter file as the envelope that only one station can open. */
import { closeSync, fsyncSync, openSync, rmSync, writeFileSync } from "node:fs";
import { basename, extname } from "node:path";
import type { Command } from "commander";
import type { ServerKeys } from "../../keys/keys.js";
import { concat, hex } from "../../modules/bytes/bytes.js";
import { isPlainName } from "../../modules/bytes/names.js";
import type { SealRecipeOptions } from "../../server/seal.js";
import { CommandFailure, EXIT } from "./failure.js";
import { inFile, readInput } from "./input.js";
import { fullStationName, KEYS_DIRECTORY, whole } from "./options.js";
import { printJson, printLine } from "./output.js";

interface SealOptions {
	readonly station: string;
	readonly version: number;
	readonly id?: string;
	readonly out?: string;
	readonly keys: string;
	readonly json?: true;
}

const VERSION_MAX = 0xffff_ffff;

const EPILOGUE = `
The server seals what "recipe release" gives it by itself. This command does the same to a file, with the server's
keys and the station's credential of a plant directory: to see what travels, to keep it, or to check it elsewhere.
The digest is the file's name on the wire. Sealing the same file again gives another digest: each envelope has a
fresh key. An envelope holds nothing that anyone but its station can read, except its name, version and size.

Example:
  interlock recipe seal recipes/station-1.params --station station-1 --version 1 --out station-1.envelope
`;

async function seal(file: string, options: SealOptions): Promise<void> {
	const { checkRecipe } = await import("../../modules/recipe/sets.js");
	const { RECIPE_SIZE_MAX } = await import("../../server/operations.js");
	const { SEGMENT_SIZE } = await import("../../server/files.js");
	const { NodeCrypto } = await import("../../server/crypto.js");
	const { loadServerKeys } = await import("../../keys/keys.js");
	const plaintext = readInput(file, "a parameter file", RECIPE_SIZE_MAX);
	const { sets } = inFile(file, () => checkRecipe(plaintext));
	const crypto = new NodeCrypto();
	const keys = loadServerKeys(options.keys, crypto);
	const { recipient, kem } = recipientOf(keys, options.station);
	const recipeId = options.id ?? basename(file, extname(file));
	if (!isPlainName(recipeId))
		throw new CommandFailure(
			EXIT.input,
			"name",
			`"${recipeId}" is not a recipe's name, 1 to 32 of a-z, 0-9 and -: give it one with --id`,
		);
	const recipientKey = crypto.publicKey(kem, "wrap");
	const { head, segments } = await sealed({
		crypto,
		plaintext,
		size: plaintext.length,
		recipient,
		recipientKey,
		recipeId,
		version: options.version,
		segmentSize: SEGMENT_SIZE,
		signerEpoch: keys.credential.epoch,
		signKey: keys.sign,
	});
	const envelope = concat(head, ...segments);
	const digest = hex(crypto.sha256(head));
	const out = options.out ?? `${recipeId}-${options.version}.envelope`;
	writeNew(out, envelope);
	if (options.json) {
		const { version } = options;
		const counts = { segments: segments.length, size: envelope.length, sets };
		printJson({ file: out, station: recipient, id: recipeId, version, digest, ...counts });
		return;
	}
	printLine(`${out}: ${recipeId} version ${options.version}, for ${recipient} alone`);
	const count = segments.length === 1 ? "one sealed segment" : `${segments.length} sealed segments`;
	printLine(`${envelope.length} bytes: head and ${count}`);
	printLine(`digest ${digest}`);
}

function recipientOf(keys: ServerKeys, station: string): { recipient: string; kem: Uint8Array } {
	const recipient = fullStationName(keys.plant.line, station);
	const credential = keys.stations.get(recipient);
	if (credential !== undefined) return { recipient, kem: credential.kem };
	const problem = keys.problems.find((each) => each.station === recipient);
	if (problem !== undefined)
		throw new CommandFailure(EXIT.input, "credential", `${recipient}: ${problem.message}`);
	const known = [...keys.stations.keys()].join(", ");
	throw new CommandFailure(
		EXIT.input,
		"unknown-station",
		`${recipient} is not enrolled${known === "" ? ": no station is" : `; there are ${known}`}`,
	);
}

async function sealed(
	options: SealRecipeOptions,
): Promise<{ head: Uint8Array; segments: Uint8Array[] }> {
	const { sealRecipe } = await import("../../server/seal.js");
	const segments: Uint8Array[] = [];
	const sealing = sealRecipe(options);
	let next = await sealing.next();
	while (!next.done) {
		segments[next.value.index] = next.value.bytes;
		next = await sealing.next();
	}
	return { head: next.value, segments };
}

/** A new file, whole or not there; an old one is not replaced. */
function writeNew(path: string, bytes: Uint8Array): void {
	let descriptor: number;
	try {
		descriptor = openSync(path, "wx", 0o644);
	} catch (error) {
		const { code } = error as NodeJS.ErrnoException;
		if (code === "ENOENT")
			throw new CommandFailure(EXIT.input, "missing", `the directory of ${path} is not there`);
		if (code !== "EEXIST") throw error;
		throw new CommandFailure(EXIT.input, "exists", `${path} is there already: name another --out`);
	}
	try {
		writeFileSync(descriptor, bytes);
		fsyncSync(descriptor);
	} catch (error) {
		rmSync(path, { force: true });
		throw error;
	} finally {
		closeSync(descriptor);
	}
}

export function addRecipeSealCommand(recipe: Command): void {
	recipe
		.command("seal")
		.description("make the envelope that only one station can open, as a file")
		.argument("<file>", "a parameter file")
		.requiredOption("--station <name>", "for which station of the plant")
		.requiredOption("--version <n>", "the recipe's version, from 1", whole(1, VERSION_MAX))
		.option("--id <name>", "the recipe's name (default: the file's)")
		.option("--out <file>", "the envelope (default: <id>-<version>.envelope)")
		.option("--keys <dir>", "the plant directory", KEYS_DIRECTORY)
		.option("--json", "print JSON")
		.addHelpText("after", EPILOGUE)
		.action(seal);
}
