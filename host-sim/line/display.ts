/**
 * The live display of a line: a table of its stations and a bar for its units, drawn anew as it changes.
 * `render` is pure; what keeps it on the screen is in bin/commands/line.ts.
 */
import type { EventOf, LineEvent } from "./events.js";
import { memoryCell } from "./memory.js";
import { minutes, table } from "./table.js";
import type { LineView, StationView } from "./view.js";

const COLOURS = { red: 31, green: 32, yellow: 33, cyan: 36, dim: 2, bold: 1 } as const;
export type Paint = (colour: keyof typeof COLOURS, text: string) => string;
export const colourful: Paint = (colour, text) => `\u001b[${COLOURS[colour]}m${text}\u001b[0m`;
export const plain: Paint = (_, text) => text;

/** Rows of stations shown at once; a longer line shows the ones that work, then the rest as a count. */
const ROWS_MAX = 16;
/** How often it was started again and, where it says so, why the last time: `2 watchdog`. */
function restartsText({ restarts, resetReason }: StationView): string {
	return resetReason === undefined ? String(restarts) : `${restarts} ${resetReason}`;
}

function stationRow(station: StationView, namesBoard: boolean, paint: Paint): string[] {
	const last = { pass: paint("green", "pass"), fail: paint("yellow", "fail") };
	return [
		paint("bold", station.id),
		...(namesBoard ? [station.board] : []),
		station.process === "running"
			? paint(station.serial === undefined ? "dim" : "cyan", station.state || "Starting")
			: paint("red", station.process),
		station.serial ?? paint("dim", "-"),
		station.attempts === 0 ? "" : String(station.attempts),
		station.last === undefined ? "" : last[station.last],
		String(station.passed),
		String(station.rejected),
		station.memory === undefined ? "" : memoryCell(station.memory),
		station.restarts === 0 ? "" : paint("yellow", restartsText(station)),
		station.transfer === undefined ? "" : paint("cyan", transferText(station.transfer)),
	];
}

/** What is on its way. */
function transferName(event: EventOf<"transfer">): string {
	return event.direction === "down"
		? `${event.recipe} version ${event.version}`
		: `log of ${event.serial}, attempt ${event.attempt}`;
}

/** `↓  45 %`, as the station sees it. */
export function transferText(transfer: { direction: string; done: number; of: number }): string {
	const share = Math.floor((100 * transfer.done) / Math.max(1, transfer.of));
	return `${transfer.direction === "down" ? "↓" : "↑"} ${String(share).padStart(3)} %`;
}

/** @param namesBoard - not all are Linux processes. */
const headings = (namesBoard: boolean) => [
	"station",
	...(namesBoard ? ["board"] : []),
	// As wide as their contents get, so that the columns stay where they are.
	"state".padEnd(10),
	"unit".padEnd(6),
	">attempt",
	"last",
	">passed",
	">rejected",
	">memory",
	">restarts",
	"file".padEnd(7),
];

/** `▕████████░░░░▏`: whole cells only. */
function bar(view: LineView, width: number, paint: Paint): string {
	const cells = (count: number) => Math.round((count / Math.max(1, view.units.size)) * width);
	const passed = cells(view.count("passed"));
	const all = cells(view.accounted);
	return (
		paint("green", "█".repeat(passed)) +
		paint("red", "█".repeat(Math.max(0, all - passed))) +
		paint("dim", "░".repeat(width - Math.max(passed, all)))
	);
}

/** @param columns - the terminal's width; longer lines are for the caller to cut. */
export function render(view: LineView, nowMs: number, columns: number, paint: Paint): string {
	const stations = [...view.stations.values()];
	const namesBoard = stations.some(({ board }) => board !== "linux");
	const busy = stations.filter(({ serial }) => serial !== undefined);
	const shown =
		stations.length <= ROWS_MAX
			? stations
			: [...busy, ...stations.filter(({ serial }) => serial === undefined)].slice(0, ROWS_MAX);
	const units = [...view.units.values()];
	const moving = units.filter(
		({ startedAtMs, outcome }) => startedAtMs !== undefined && outcome === undefined,
	).length;
	const held = view.count("held");
	const counts = [
		paint("green", `${view.count("passed")} passed`),
		paint("red", `${view.count("rejected")} rejected`),
		`${moving} on the line`,
		`${units.length - view.accounted - moving - held} to come`,
		...(held === 0 ? [] : [paint("red", `${held} held`)]),
	];
	const title = `${paint("bold", "Interlock")}  ${minutes(nowMs - view.startedAtMs)}  seed ${view.seed}  ${view.broker}`;
	return [
		title,
		"",
		table(
			headings(namesBoard),
			shown.map((station) => stationRow(station, namesBoard, paint)),
		),
		...(shown.length < stations.length ? [`... and ${stations.length - shown.length} more`] : []),
		"",
		`units  ${bar(view, Math.max(10, Math.min(40, columns - 40)), paint)}  ${view.accounted} of ${units.length}`,
		`       ${counts.join(paint("dim", " · "))}`,
	].join("\n");
}

/** `2 mcu, 1 linux` */
function boardCounts({ boards }: EventOf<"line">): string {
	const kinds = [...new Set(boards)];
	return kinds
		.map((kind) => `${boards.filter((board) => board === kind).length} ${kind}`)
		.join(", ");
}

/** Nobody need look into it: power came on, or the station does not say why it started. */
function isPlainStart({ reset }: EventOf<"started">): boolean {
	return reset === undefined || reset === "power-on";
}

/** One line for an event that a person wants to see where no table can be drawn; `undefined` for others. */
export function describe(event: LineEvent): string | undefined {
	switch (event.event) {
		case "line":
			return `seed ${event.seed}: ${event.stations.length} stations (${boardCounts(event)}), ${event.units.length} units, ${event.broker}`;
		case "process":
			if (event.state === "started")
				return `${event.process}: started, process ${event.pid ?? "?"}`;
			if (event.state === "given-up") return `${event.process}: ended too often, given up`;
			return `${event.process}: ended (${event.signal ?? event.code}), again in ${event.restartInMs} ms`;
		case "log":
			return event.line.startsWith(`${event.process}: `)
				? event.line
				: `${event.process}: ${event.line}`;
		case "online":
			return "server: online";
		case "offline":
			return `server: offline, ${event.reason}`;
		case "session":
			return `${event.station}: session (start ${event.boot})`;
		case "started":
			return isPlainStart(event) ? undefined : `${event.station}: started again, ${event.reset}`;
		case "sealed":
			return `${event.station}: ${event.recipe} version ${event.version} sealed`;
		case "arrived":
			return `${event.station}: ${event.serial} arrived, ${event.recipe} version ${event.version}`;
		case "verdict":
			return `${event.station}: ${event.serial} attempt ${event.attempt} ${event.pass ? "pass" : "fail"}`;
		case "handover":
			return `${event.station}: ${event.serial} may go to ${event.to}`;
		case "unit":
			return `unit ${event.serial}: ${event.outcome}${event.reason ? ` (${event.reason})` : ""}`;
		case "transfer":
			return `${event.station}: ${transferName(event)} ${transferText(event)}`;
		case "refused":
			return `${event.station}: refused, ${event.reason}`;
		case "alarm":
			return `${event.station}: alarm ${event.code}, ${event.text}`;
		case "behind":
			return `${event.station}: has seen journal number ${event.journal}, which the server has not; line held`;
		case "expired":
			return (
				`server: answers nothing, since its credential ended ${new Date(event.expiresS * 1000).toISOString()}: ` +
				"sign a new one, if this machine's clock is right"
			);
		case "store":
			return `server: a request could not be stored, ${event.code}: ${event.message}`;
		case "keys":
			return `${event.subject}: keys ${event.change}, epoch ${event.epoch}`;
		case "keys-problem":
			return `keys: ${event.message}`;
		case "logged":
			return `${event.station}: log of ${event.serial} attempt ${event.attempt}, ${event.bytes} bytes${event.cut ? ", cut" : ""}`;
		case "reset":
			return event.reason === "power-on"
				? undefined
				: `${event.station}: the chip starts again, ${event.reason}`;
		case "released":
		case "state":
		case "instructions":
		case "memory":
		case "counters":
		case "logs":
			return undefined;
	}
}
