/** `interlock line status` and `line accept`: how a line stands by its database, and freeing one that is held. */
import type { Command } from "commander";
import { type Paint, transferText } from "../../host-sim/line/display.js";
import { table, visibleLength } from "../../host-sim/line/table.js";
import type { LineStatus, StationStatus } from "../../server/status.js";
import type { Store } from "../../server/store/store.js";
import { DATA_DIRECTORY } from "./options.js";
import { printJson, printLine } from "./output.js";
import { stopRequest } from "./stop.js";
import { withStore } from "./with-store.js";

interface StatusOptions {
	readonly data: string;
	readonly line?: string;
	readonly once?: true;
	readonly json?: true;
}

const STATUS_EPILOGUE = `
It reads the server's database, whether or not a server runs; for a line that was started with --data DIR that
is the same DIR. In a terminal it is drawn anew as units move, until ^C; elsewhere, and with --once or --json, it is
printed once. "tried" and "passed" count the attempts of all units at a station; "started" says why its
board last started: power-on, or what ended it before.

Examples:
  interlock line status
  interlock line status --data run1 --json
`;

const ACCEPT_EPILOGUE = `
A line is held when a station has seen a journal number that the database has not: a backup was put back, and what
was journaled since is lost. Look at the units on the line first (interlock line status, interlock unit show), take
off those that are not where the database has them (interlock unit reject), and then accept.

Example:
  interlock line accept --data data
`;

/** How often the database is looked at, and the least often the ages are drawn anew. */
const LOOK_MS = 250;
const REDRAW_MS = 1000;
const BAR_MAX = 40;

const STATES = { working: "trying", passed: "passed", held: "held" } as const;

/** `4 s`, `12 min`, `3 h`, `9 d`. */
function age(durationMs: number): string {
	const seconds = Math.max(0, Math.floor(durationMs / 1000));
	if (seconds < 120) return `${seconds} s`;
	if (seconds < 7200) return `${Math.floor(seconds / 60)} min`;
	return seconds < 172_800
		? `${Math.floor(seconds / 3600)} h`
		: `${Math.floor(seconds / 86_400)} d`;
}

function row(status: StationStatus, line: string, nowMs: number, paint: Paint): string[] {
	const { station, unit, recipe, download, started, attempts, passes } = status;
	const last = unit?.last;
	const reset = started === undefined ? "" : (started.reset ?? "unknown");
	const state = unit === undefined ? "" : STATES[unit.stage as keyof typeof STATES];
	return [
		paint("bold", station.slice(line.length + 1)),
		state === "held" ? paint("red", state) : paint("cyan", state),
		unit?.serial ?? paint("dim", "-"),
		unit === undefined ? "" : String(unit.attempts),
		last === undefined ? "" : paint(last.pass ? "green" : "yellow", last.pass ? "pass" : "fail"),
		last === undefined ? "" : age(nowMs - last.atMs),
		String(attempts),
		String(passes),
		reset === "power-on" ? reset : paint("yellow", reset),
		recipe === undefined ? paint("yellow", "none") : `${recipe.id} ${recipe.version}`,
		download && download.done < download.of
			? paint("cyan", transferText({ direction: "down", ...download }))
			: "",
	];
}

const HEADINGS = [
	"station",
	"state ",
	"unit",
	">attempt",
	"last",
	`>${"ago".padStart(6)}`,
	">tried",
	">passed",
	"started",
	"recipe",
	"file",
];

/** So many of the last columns are left out, more where the table is still too wide: recipe and file, the start, the counts over all units. */
const LEFT_OUT = [0, 2, 3, 5];

/** As many of the columns as the width allows. */
function stationTable(rows: readonly (readonly string[])[], columns: number): string {
	const widthOf = (text: string) => Math.max(...text.split("\n").map(visibleLength));
	const without = (count: number) =>
		table(
			HEADINGS.slice(0, HEADINGS.length - count),
			rows.map((cells) => cells.slice(0, HEADINGS.length - count)),
		);
	const tables = LEFT_OUT.map(without);
	return tables.find((text) => widthOf(text) <= columns) ?? (tables.at(-1) as string);
}

/** @param columns - the width there is; without a terminal, Infinity. */
export function statusText(
	status: LineStatus,
	nowMs: number,
	columns: number,
	paint: Paint,
): string {
	const { line, journal, units, stations } = status;
	const done = units.finished + units.rejected;
	const width = Math.max(10, Math.min(BAR_MAX, columns - 40));
	const cells = (count: number) => Math.round((count / Math.max(1, units.total)) * width);
	const bar =
		paint("green", "█".repeat(cells(units.finished))) +
		paint("red", "█".repeat(cells(done) - cells(units.finished))) +
		paint("dim", "░".repeat(width - cells(done)));
	const counts = [
		paint("green", `${units.finished} finished`),
		paint("red", `${units.rejected} rejected`),
		`${units.working} on the line`,
		`${units.toCome} to come`,
		...(units.held === 0 ? [] : [paint("red", `${units.held} held`)]),
	];
	const body =
		stations.length === 0
			? "No station yet: the route is known once the server has run."
			: stationTable(
					stations.map((station) => row(station, line, nowMs, paint)),
					columns,
				);
	return [
		`${paint("bold", `line ${line}`)}  journal ${journal}`,
		"",
		body,
		"",
		`units  ${bar}  ${done} of ${units.total}`,
		`       ${counts.join(paint("dim", " · "))}`,
		...troubles(status).map((text) => paint("yellow", text)),
	].join("\n");
}

/** What waits for a person, and what that person can do. */
function troubles({ line, behind, journal, held, units }: LineStatus): string[] {
	const texts: string[] = [];
	if (behind !== undefined)
		texts.push(
			"",
			`The line is held: a station has seen journal number ${behind}, this database ends at ${journal}.`,
			`"interlock line accept --help" says what to do.`,
		);
	if (held.length === 0) return texts;
	texts.push("");
	for (const { serial, station, reason } of held)
		texts.push(`${serial} is held at ${station.slice(line.length + 1)} (${reason ?? "no reason"})`);
	if (held.length < units.held) texts.push(`... and ${units.held - held.length} more`);
	texts.push(
		`"interlock unit show SERIAL" says what was reported, "unit reject SERIAL" takes it off the line.`,
	);
	return texts;
}

async function watch(store: Store, line: string | undefined): Promise<void> {
	const { createLogUpdate } = await import("log-update");
	const { colourful, plain } = await import("../../host-sim/line/display.js");
	const { lineStatus } = await import("../../server/status.js");
	const paint = process.env.NO_COLOR ? plain : colourful;
	let status = await lineStatus(store, line);
	const update = createLogUpdate(process.stdout, { showCursor: false });
	let running = true;
	const stop = stopRequest().then(() => {
		running = false;
	});
	let drawnAtMs = 0;
	try {
		while (running) {
			const changed = await store.changedElsewhere();
			if (changed) status = await lineStatus(store, line);
			const nowMs = Date.now();
			if (changed || nowMs - drawnAtMs >= REDRAW_MS) {
				update(statusText(status, nowMs, process.stdout.columns ?? 80, paint));
				drawnAtMs = nowMs;
			}
			let timer: NodeJS.Timeout | undefined;
			const pause = new Promise<void>((resolve) => {
				timer = setTimeout(resolve, LOOK_MS);
			});
			await Promise.race([stop, pause]);
			clearTimeout(timer);
		}
	} finally {
		update.done();
	}
}

async function status(options: StatusOptions): Promise<void> {
	const { data, line, json } = options;
	await withStore(
		data,
		async (store) => {
			if (!json && !options.once && process.stdout.isTTY) return await watch(store, line);
			const { lineStatus } = await import("../../server/status.js");
			const { plain } = await import("../../host-sim/line/display.js");
			const found = await lineStatus(store, line);
			if (json) printJson(found);
			else
				printLine(
					statusText(found, Date.now(), process.stdout.columns ?? Number.POSITIVE_INFINITY, plain),
				);
		},
		false,
	);
}

async function accept(options: StatusOptions): Promise<void> {
	const { acceptJournal } = await import("../../server/operations.js");
	const { lineStatus } = await import("../../server/status.js");
	const { line, journal } = await withStore(
		options.data,
		async (store) => {
			const { line } = await lineStatus(store, options.line);
			await acceptJournal(store, line);
			return await lineStatus(store, line);
		},
		false,
	);
	if (options.json) printJson({ line, journal });
	else printLine(`line ${line}: accepted, the journal goes on at number ${journal}`);
}

export function addLineDataCommands(line: Command): void {
	const common = (command: Command) =>
		command
			.option("--data <dir>", "the server's data directory", DATA_DIRECTORY)
			.option("--line <name>", "which line (default: the only one there)")
			.option("--json", "print JSON");
	common(line.command("status"))
		.description("what is in front of each station, and how many units are through")
		.option("--once", "print it once, in a terminal too")
		.addHelpText("after", STATUS_EPILOGUE)
		.action(status);
	common(line.command("accept"))
		.description("let a line go on that is held because its database is a restored backup")
		.addHelpText("after", ACCEPT_EPILOGUE)
		.action(accept);
}
