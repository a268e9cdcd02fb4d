/** `interlock budget`: measures a station on an emulated chip and holds it against the committed budget. */
import { writeFileSync } from "node:fs";
import { type Command, InvalidArgumentError } from "commander";
import type { Checked } from "../../host-sim/mcu-emulator/budget/check.js";
import type { Measured } from "../../host-sim/mcu-emulator/budget/measure.js";
import type { Release } from "../../host-sim/mcu-emulator/budget/table.js";
import { CommandFailure, EXIT } from "./failure.js";
import { whole } from "./options.js";
import { printJson, printLine } from "./output.js";

interface BudgetOptions {
	readonly json?: true;
	readonly html?: string;
	readonly record?: string;
	readonly largest?: number;
	/** `false`: nothing is measured, what is committed is shown. */
	readonly measure: boolean;
}

const LARGEST_MAX = 1000;

const EPILOGUE = `
One station on an emulated chip does its standard work against a server and a broker of this command: power-on,
handshake, a parameter file of 64 KiB, a unit with attempts that fail. Measured are the chip's RAM by owner, its flash by
library and by module, and exact counts of instructions. The first run builds the chip. Nobody's time is measured, so
other work on this machine does no harm.

The budget is the newest release in host-sim/mcu-emulator/budget/releases.json. Exit status 1 where a figure lies more
than 2 % away from it, on either side, where one is new or gone, or where a limit is broken (400 KB of RAM, 64 KB of it
never touched, 4 MB of flash). --record writes what was measured into the table, with the reason, which people read.
docs/chip-budgets.md says what each figure means.

Examples:
  interlock budget
  interlock budget --largest 20                       what to make smaller
  interlock budget --record "a second signer"         the new figures are the budget
  interlock budget --no-measure --html docs/chip-budgets.html
`;

function reason(text: string): string {
	if (text.trim() === "") throw new InvalidArgumentError("It must say why the budget changes.");
	return text;
}

function shown(releases: readonly Release[]): Release {
	const newest = releases.at(-1);
	if (!newest)
		throw new CommandFailure(EXIT.failed, "budget", "no budget was recorded yet: --record WHY");
	return newest;
}

/** What is out of the budget, unless that is just being recorded. */
function printComplaints({ broken, complaints, notes }: Checked, isRecorded: boolean): void {
	for (const sentence of broken) printLine(sentence);
	if (isRecorded || complaints.length === 0) return;
	for (const sentence of [...complaints, ...notes]) printLine(sentence);
}

async function measured(): Promise<Measured> {
	const { measure } = await import("../../host-sim/mcu-emulator/budget/measure.js");
	const isLive = process.stderr.isTTY === true;
	const clear = isLive ? "\r\x1b[2K" : "";
	const result = await measure({
		isShown: true,
		onProgress: (doing) => {
			if (isLive) process.stderr.write(`${clear}measuring: ${doing}`);
		},
	});
	process.stderr.write(clear);
	return result;
}

async function budget(options: BudgetOptions): Promise<void> {
	const { json, html, record: why, largest } = options;
	if (!options.measure && (why !== undefined || largest !== undefined))
		throw new CommandFailure(
			EXIT.usage,
			"budget",
			"--record and --largest need what --no-measure leaves out",
		);
	const { readReleases, record, writeReleases } = await import(
		"../../host-sim/mcu-emulator/budget/table.js"
	);
	const { ADVICE, check, TABLE } = await import("../../host-sim/mcu-emulator/budget/check.js");
	const { budgetText, largestText } = await import("../../host-sim/mcu-emulator/budget/report.js");
	let releases = readReleases(TABLE);
	const now: Measured = options.measure
		? await measured()
		: { ...shown(releases), spreads: {}, largest: { sources: [], data: [], modules: [] } };
	const checked = check(releases, now);
	const { broken, complaints } = checked;
	if (json) printJson({ ...now, rows: checked.rows, complaints, broken });
	else {
		printLine(`${budgetText(checked.rows, now)}\n`);
		if (largest !== undefined) printLine(`${largestText(now, largest)}\n`);
		printComplaints(checked, why !== undefined);
	}
	if (why !== undefined && broken.length === 0) {
		const { version, tools, figures } = now;
		const date = new Date().toISOString().slice(0, 10);
		releases = record(releases, { version, date, tools, figures }, why);
		writeReleases(TABLE, releases);
		if (!json) printLine(`${TABLE}: recorded as the budget of ${version}`);
	} else if (complaints.length > 0 && !json) printLine(ADVICE);
	if (html !== undefined) {
		const { budgetPage } = await import("../../host-sim/mcu-emulator/budget/page.js");
		shown(releases);
		writeFileSync(html, budgetPage(releases));
		if (!json) printLine(`${html} shows the committed table`);
	}
	const isGood = broken.length === 0 && (complaints.length === 0 || why !== undefined);
	process.exitCode = isGood ? EXIT.ok : EXIT.failed;
}

export function addBudgetCommand(program: Command): void {
	program
		.command("budget")
		.description("measure a station on an emulated chip against the committed budget")
		.option("--record <why>", "what was measured is the new budget, for this reason", reason)
		.option("--largest <n>", "also the largest sources and modules", whole(1, LARGEST_MAX))
		.option("--no-measure", "only what is committed")
		.option("--html <file>", "write a page with plots over releases, of what is committed")
		.option("--json", "print JSON")
		.addHelpText("after", EPILOGUE)
		.action(budget);
}
