/** `interlock recipe seal`: a parameter file as the envelope that only one station can open. */
import { closeSync, fsyncSync, openSync, rmSync, writeSync } from "node:fs";
import { basename, extname } from "node:path";
import type { Command } from "commander";
import type { ServerKeys } from "../../keys/keys.js";
import { hex } from "../../modules/bytes/bytes.js";
import { isPlainName } from "../../modules/bytes/names.js";
import type { NodeCrypto } from "../../server/crypto.js";
import type { CheckedSource } from "../../server/recipe-source.js";
import type { sealRecipe } from "../../server/seal.js";
import { CommandFailure, EXIT } from "./failure.js";
import { inFile, openInput } from "./input.js";
import { fullStationName, KEYS_DIRECTORY, whole } from "./options.js";
import { printJson, printLine } from "./output.js";
import { shown } from "./progress.js";

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
	const { RECIPE_SIZE_MAX } = await import("../../server/operations.js");
	const { NodeCrypto } = await import("../../server/crypto.js");
	const { loadServerKeys } = await import("../../keys/keys.js");
	const input = openInput(file, "a parameter file", RECIPE_SIZE_MAX);
	try {
		const source = shown(input, ["checking", "sealing"], options.json === true);
		const { checkSource } = await import("../../server/recipe-source.js");
		const checked = await inFile(file, () => checkSource(source));
		const crypto = new NodeCrypto();
		const keys = loadServerKeys(options.keys, crypto);
		const recipeId = options.id ?? basename(file, extname(file));
		const out = options.out ?? `${recipeId}-${options.version}.envelope`;
		const { recipient, ...sealed } = await sealInto(out, {
			crypto,
			keys,
			checked,
			station: options.station,
			recipeId,
			version: options.version,
		});
		if (options.json) {
			const { version } = options;
			const { sets } = checked;
			printJson({ file: out, station: recipient, id: recipeId, version, ...sealed, sets });
			return;
		}
		const { segments, size, digest } = sealed;
		printLine(`${out}: ${recipeId} version ${options.version}, for ${recipient} alone`);
		const count = segments === 1 ? "one sealed segment" : `${segments} sealed segments`;
		printLine(`${size} bytes: head and ${count}`);
		printLine(`digest ${digest}`);
	} finally {
		input.close();
	}
}

interface Sealing {
	readonly crypto: NodeCrypto;
	readonly keys: ServerKeys;
	readonly checked: CheckedSource;
	readonly station: string;
	readonly recipeId: string;
	readonly version: number;
}

async function sealInto(out: string, sealing: Sealing) {
	const { sealRecipe } = await import("../../server/seal.js");
	const { SEGMENT_SIZE } = await import("../../server/files.js");
	const { crypto, keys, checked, recipeId, version } = sealing;
	const { recipient, kem } = recipientOf(keys, sealing.station);
	if (!isPlainName(recipeId))
		throw new CommandFailure(
			EXIT.input,
			"name",
			`"${recipeId}" is not a recipe's name, 1 to 32 of a-z, 0-9 and -: give it one with --id`,
		);
	const parts = sealRecipe({
		crypto,
		plaintext: checked.read(),
		size: checked.size,
		recipient,
		recipientKey: crypto.publicKey(kem, "wrap"),
		recipeId,
		version,
		segmentSize: SEGMENT_SIZE,
		signerEpoch: keys.credential.epoch,
		signKey: keys.sign,
	});
	const { head, size, segments } = await writeNew(out, parts);
	return { recipient, digest: hex(crypto.sha256(head)), segments, size };
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

/**
 * A new file, whole or not there; an old one is not replaced. The head is written last, so that a file without it, left
 * behind by a power cut, is no envelope.
 */
async function writeNew(
	path: string,
	parts: ReturnType<typeof sealRecipe>,
): Promise<{ head: Uint8Array; size: number; segments: number }> {
	const descriptor = openNew(path);
	try {
		let size = 0;
		let segments = 0;
		let next = await parts.next();
		for (; !next.done; next = await parts.next()) {
			const { bytes, offset, index } = next.value;
			writeAll(descriptor, bytes, offset);
			size = offset + bytes.length;
			segments = index + 1;
		}
		fsyncSync(descriptor);
		writeAll(descriptor, next.value, 0);
		fsyncSync(descriptor);
		return { head: next.value, size, segments };
	} catch (error) {
		rmSync(path, { force: true });
		throw error;
	} finally {
		closeSync(descriptor);
	}
}

function writeAll(descriptor: number, bytes: Uint8Array, offset: number): void {
	for (let done = 0; done < bytes.length; )
		done += writeSync(descriptor, bytes, done, bytes.length - done, offset + done);
}

function openNew(path: string): number {
	try {
		return openSync(path, "wx", 0o644);
	} catch (error) {
		const { code } = error as NodeJS.ErrnoException;
		if (code === "ENOENT")
			throw new CommandFailure(EXIT.input, "missing", `the directory of ${path} is not there`);
		if (code !== "EEXIST") throw error;
		throw new CommandFailure(EXIT.input, "exists", `${path} is there already: name another --out`);
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
