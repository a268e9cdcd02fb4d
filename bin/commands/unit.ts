/** `interlock unit`: sends units to the line and shows what became of them. */
import type { Command } from "commander";
import { isSerial } from "../../modules/bytes/names.js";
import type { LogShown } from "../../server/log-shown.js";
import type { UnitShown } from "../../server/operations.js";
import { CommandFailure, EXIT } from "./failure.js";
import { DATA_DIRECTORY, whole } from "./options.js";
import { printJson, printLine, writeFile, writeOut } from "./output.js";
import { withStore } from "./with-store.js";

const ATTEMPT_MAX = 0xffff_ffff;

interface UnitOptions {
	readonly data: string;
	readonly line: string;
	readonly json?: true;
}

const EPILOGUE = `
A released unit goes to the first station as soon as that is free; a running server notices by itself. A rejected
one is off the line for good: the station that has it is told when it next asks, and the line goes on. That is also
how a unit is freed that is held because a station contradicted the journal.

Examples:
  interlock unit release U-0001 U-0002
  interlock unit show U-0001 --json
  interlock unit log U-0001 --attempt 3 --out sweep.csv
  interlock unit reject U-0001
`;

async function release(serials: readonly string[], options: UnitOptions): Promise<void> {
	const { releaseUnits } = await import("../../server/operations.js");
	const { released, known } = await withStore(options.data, (store) =>
		releaseUnits(store, options.line, serials),
	);
	if (options.json) printJson({ released, known });
	for (const serial of options.json ? [] : released)
		printLine(`${serial}: released to ${options.line}`);
	for (const serial of options.json ? [] : known) printLine(`${serial}: known already, unchanged`);
}

async function reject(serial: string, options: UnitOptions): Promise<void> {
	const { rejectUnit, showUnit } = await import("../../server/operations.js");
	const before = await withStore(
		options.data,
		async (store) => {
			const unit = await showUnit(store, serial);
			if (unit === undefined) throw unknownUnit(serial);
			await rejectUnit(store, serial);
			return unit.stage;
		},
		false,
	);
	if (options.json) printJson({ serial, before, stage: "rejected" });
	else printLine(`${serial}: was ${before}, now rejected`);
}

function unknownUnit(serial: string): CommandFailure {
	if (!isSerial(serial))
		return new CommandFailure(
			EXIT.input,
			"name",
			`"${serial}" is not a serial number: 1 to 32 of A-Z, a-z, 0-9, dot, _ and -`,
		);
	return new CommandFailure(EXIT.failed, "unknown-unit", `${serial}: no such unit here`);
}

async function show(serial: string, options: UnitOptions): Promise<void> {
	const { showUnit } = await import("../../server/operations.js");
	const unit = await withStore(options.data, (store) => showUnit(store, serial), false);
	if (unit === undefined) throw unknownUnit(serial);
	if (options.json) printJson(shownJson(unit));
	else printLine(await shownText(unit));
}

interface LogOptions extends UnitOptions {
	readonly attempt: number;
	readonly out?: string;
}

/** Streams a log out: to a file, which is there whole or not at all, or to standard output. */
async function log(serial: string, options: LogOptions): Promise<void> {
	const { readLog } = await import("../../server/read-log.js");
	const { attempt, out, data, json } = options;
	if (!isSerial(serial)) throw unknownUnit(serial);
	if (json && out === undefined)
		throw new CommandFailure(
			EXIT.usage,
			"out",
			"--json goes with --out: the log itself is not JSON",
		);
	const shown = await withStore(
		data,
		async (store) => {
			const { log, bytes } = await readLog(store, serial, attempt);
			if (out === undefined) await writeOut(bytes);
			else await writeFile(out, bytes);
			return log;
		},
		false,
	);
	if (json) printJson({ serial, ...shown, out });
	else if (shown.cut)
		process.stderr.write("interlock: the log was cut: the station had no room for more\n");
}

/** The unit as JSON: what the interlock keeps for itself is left out. */
function shownJson(unit: UnitShown): object {
	const { proof: _proof, arrivalProof: _arrivalProof, nextSet: _nextSet, ...rest } = unit;
	return rest;
}

async function shownText(unit: UnitShown): Promise<string> {
	const { table } = await import("../../host-sim/line/table.js");
	const time = (atMs: number) => new Date(atMs).toISOString();
	const reason = unit.reason === undefined ? "" : ` (${unit.reason})`;
	const head = [
		`${unit.serial}: ${unit.stage}${reason}, line ${unit.line}, step ${unit.step + 1}`,
		`released ${time(unit.releasedMs)}${unit.endedMs === undefined ? "" : `, ended ${time(unit.endedMs)}`}`,
		"",
	];
	if (unit.attempts.length === 0) return [...head, "no attempt yet"].join("\n");
	const names = [...new Set(unit.attempts.flatMap(({ readings }) => readings.map(nameOf)))];
	const hasLogs = unit.logs.length > 0;
	const rows = unit.attempts.map(({ number, station, recipe, set, pass, readings, atMs }) => [
		String(number),
		time(atMs),
		station,
		`${recipe.id} ${recipe.version}`,
		String(set + 1),
		pass ? "pass" : "fail",
		...names.map((name) => String(readings.find((reading) => reading.name === name)?.value ?? "")),
		...(hasLogs ? [logText(unit.logs.find(({ attempt }) => attempt === number))] : []),
	]);
	return [
		...head,
		table(
			[
				">attempt",
				"at",
				"station",
				"recipe",
				">set",
				"verdict",
				...names.map((name) => `>${name}`),
				...(hasLogs ? [">log"] : []),
			],
			rows,
		),
	].join("\n");
}

/** A log's bytes, or how far it has come. */
function logText(log: LogShown | undefined): string {
	if (!log) return "";
	const { size, received, cut, keptMs } = log;
	return `${keptMs === undefined ? `${received} of ` : ""}${size}${cut ? " (cut)" : ""}`;
}

function nameOf({ name }: { name: string }): string {
	return name;
}

export function addUnitCommand(program: Command): void {
	const unit = program
		.command("unit")
		.description("release units to the line, show one's history and logs, take one off")
		.addHelpText("after", EPILOGUE);
	const common = (command: Command) =>
		command
			.option("--data <dir>", "the server's data directory", DATA_DIRECTORY)
			.option("--json", "print JSON");
	common(unit.command("release"))
		.description("send units to the line")
		.argument("<serial...>", "serial numbers: up to 32 of A-Z, a-z, 0-9, '.', '_' and '-'")
		.option("--line <name>", "which line", "line")
		.action(release);
	common(unit.command("show"))
		.description("where a unit is and every attempt that was made on it")
		.argument("<serial>")
		.action(show);
	common(unit.command("log"))
		.description("the measurement log of one attempt, as the fixture wrote it")
		.argument("<serial>")
		.requiredOption("--attempt <n>", "the unit's own attempt number", whole(1, ATTEMPT_MAX))
		.option("--out <file>", "write it here (default: standard output)")
		.action(log);
	common(unit.command("reject"))
		.description("take a unit off the line for good, one that is held for instance")
		.argument("<serial>")
		.action(reject);
}
