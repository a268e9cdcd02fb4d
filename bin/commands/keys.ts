/** `interlock keys`: the plant root, credentials, and a bundle for each station. */
import type { Command } from "commander";
import { readInput } from "./input.js";
import { addChangeCommands } from "./keys-change.js";
import { KEYS_DIRECTORY, whole } from "./options.js";
import { printJson, printLine } from "./output.js";

interface KeysOptions {
	readonly keys: string;
	readonly json?: true;
	readonly passphraseFile?: string;
	readonly bits?: number;
}

const PASSPHRASE_SIZE_MAX = 4096;

const EPILOGUE = `
A plant directory holds the root's private keys (root.key.pem, next-root.key.pem: keep them offline once every
station is enrolled), the server's keys, and stations/<line>.<station>/ for each station, which is all that this
station needs. init and enrol never overwrite a key; rotate replaces keys, and revoke ends a station's. A server that
runs on the plant directory notices either. One command changes a plant at a time: a second one waits.

Examples:
  interlock keys init --line press --passphrase-file root.pass
  interlock keys enrol drill --passphrase-file root.pass
  interlock keys list
  interlock keys rotate server
  interlock keys revoke drill
  interlock keys broker-config mosquitto
`;

function passphrase(options: KeysOptions): { passphrase?: string } {
	if (options.passphraseFile === undefined) return {};
	const bytes = readInput(
		options.passphraseFile,
		"the file with the root key's passphrase",
		PASSPHRASE_SIZE_MAX,
	);
	return { passphrase: new TextDecoder().decode(bytes).replace(/\r?\n$/, "") };
}

function size(options: KeysOptions): { rsaBits?: number } {
	return options.bits === undefined ? {} : { rsaBits: options.bits };
}

async function init(options: KeysOptions & { line: string }): Promise<void> {
	const { initPlant } = await import("../../keys/keys.js");
	const directory = options.keys;
	const plant = await initPlant({
		directory,
		line: options.line,
		...size(options),
		...passphrase(options),
	});
	if (options.json) printJson({ line: plant.line, keys: directory });
	else printLine(`${directory}: line ${plant.line}, no station yet (interlock keys enrol STATION)`);
}

async function enrolStations(stations: readonly string[], options: KeysOptions): Promise<void> {
	const { enrol, stationDirectory } = await import("../../keys/keys.js");
	const directory = options.keys;
	const names = await enrol({ directory, stations, ...size(options), ...passphrase(options) });
	for (const station of names) {
		const bundle = stationDirectory(directory, station);
		if (options.json) printJson({ station, bundle });
		else printLine(`${station}: ${bundle}`);
	}
}

async function list(options: KeysOptions): Promise<void> {
	const { listPlant } = await import("../../keys/keys.js");
	const { table } = await import("../../host-sim/line/table.js");
	const { plant, server, stations } = listPlant(options.keys);
	if (options.json) {
		printJson({ line: plant.line, server, stations });
		return;
	}
	const day = (atS: number) => new Date(atS * 1000).toISOString().slice(0, 10);
	printLine(
		table(
			["station", ">epoch", "from", "until", "bundle"],
			[
				...stations.map(({ station, epoch, revoked, notBeforeS, expiresS, directory }) => [
					station,
					String(epoch),
					day(notBeforeS),
					revoked ? "revoked" : day(expiresS),
					directory,
				]),
				["server", String(server.epoch), day(server.notBeforeS), day(server.expiresS), ""],
			],
		),
	);
}

export function addKeysCommand(program: Command): void {
	const keys = program
		.command("keys")
		.description("make, list, replace and revoke keys: plant root, server, stations")
		.addHelpText("after", EPILOGUE);
	const common = (command: Command) =>
		command
			.option("--keys <dir>", "the plant directory", KEYS_DIRECTORY)
			.option("--json", "print JSON");
	const signing = (command: Command) =>
		common(command).option("--passphrase-file <file>", "a file with the root key's passphrase");
	const making = (command: Command) =>
		signing(command).option(
			"--bits <n>",
			"RSA key size, 2048 to 4096 (stations: 3072)",
			whole(2048, 4096),
		);
	making(keys.command("init"))
		.description("make the plant roots and the server's keys")
		.option("--line <name>", "name of the line: a-z, 0-9 and -", "line")
		.action(init);
	making(keys.command("enrol"))
		.description("make a station's keys and sign its credential; stations stand in this order")
		.argument("<station...>", "name of the station: a-z, 0-9 and -")
		.action(enrolStations);
	common(keys.command("list"))
		.description("the line's stations in route order, and how long their credentials are good")
		.action(list);
	addChangeCommands(keys, { common, signing, making, passphrase, size });
}
