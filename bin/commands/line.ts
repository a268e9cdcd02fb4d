/** `interlock line`: a whole simulated line, live in the terminal, as plain lines, or as JSON. */
import { randomInt } from "node:crypto";
import { fileURLToPath } from "node:url";
import type { Command } from "commander";
import type { BoardKind } from "../../host-sim/board-kind.js";
import type { LineEvent } from "../../host-sim/line/events.js";
import {
	STATIONS_DEFAULT,
	STATIONS_MAX,
	UNITS_DEFAULT,
	UNITS_MAX,
} from "../../host-sim/line/prepare.js";
import type { LineView } from "../../host-sim/line/view.js";
import { EXIT } from "./failure.js";
import { addLineDataCommands } from "./line-status.js";
import {
	type BrokerOption,
	boardKinds,
	brokerUrl,
	instructionsOption,
	logSizeOption,
	SEED_MAX,
	slotSizeOption,
	whole,
} from "./options.js";
import { printJson, printLine } from "./output.js";
import { stopRequest } from "./stop.js";

interface LineCommandOptions {
	readonly stations?: number;
	readonly units?: number;
	readonly broker?: BrokerOption | "mosquitto";
	readonly board?: readonly BoardKind[];
	readonly icount?: true;
	readonly seed?: number;
	readonly recipes: string;
	readonly data?: string;
	readonly settle?: number;
	readonly logSize?: number;
	readonly slotSize?: number;
	readonly profile?: string;
	readonly json?: true;
}

const RECIPES_DIRECTORY = fileURLToPath(new URL("../../../recipes", import.meta.url));

const EPILOGUE = `
Every station is a process with the firmware on the XS engine; broker and server are processes too. Kill any of
them (their ids are in the plain output): it is started again and the line goes on. The same --seed gives the
same units, attempts and verdicts.

--board mcu makes every station an emulated chip: RV32, 400 KB of RAM, 4 MB of flash (docs/emulated-chip.md). Kinds with commas
between them are the stations' in turn, again and again: --board mcu,linux makes every other one a chip. The first run builds
the chip. Kill a chip's process and its power is cut; it restarts by itself after a fault and says why. kill -USR2 with the
process id of this command pulls the network cables of all chips, the next one puts them back.

With --json each event is a line; the last line is
  { outcome, seed, durationMs, units: [{ serial, outcome, attempts: { "<station>": n }, durationMs }],
    stations: [{ id, board, engine, memory: { slots, chunkBytes, baseSlots, baseChunkBytes }, messages, bytesSealed,
    restarts }] }
of a chip also memory.chip (RAM by owner), resetReason where it restarted, and with --icount instructions by state;
where outcome is "complete", or "interrupted", "failed" or "stalled" if not every unit is accounted for.

Examples:
  interlock line
  interlock line --stations 5 --units 20 --seed 7 --json
  interlock line --data run1              again with the same --data: goes on where it stopped
  interlock line --broker mqtt://127.0.0.1:1883
  interlock line --board mcu              three chips
  interlock line --board mcu --broker mosquitto --icount
  interlock line --board mcu,linux,mcu --icount
  interlock line status --data run1
  interlock line --profile profiles       then: interlock profile --read profiles/station-1.json
`;

/** How a run is shown; `end` is called once, after the last event. */
interface Screen {
	event(event: LineEvent, view: LineView): void;
	end(): void;
}

function jsonScreen(): Screen {
	return { event: printJson, end: () => {} };
}

async function plainScreen(): Promise<Screen> {
	const { describe } = await import("../../host-sim/line/display.js");
	const { RamNotes } = await import("../../host-sim/line/memory.js");
	const ram = new RamNotes();
	let isEmpty = true;
	return {
		event: (event) => {
			const text = event.event === "memory" ? ram.note(event.station, event) : describe(event);
			if (text === undefined) return;
			printLine(text);
			isEmpty = false;
		},
		end: () => {
			if (!isEmpty) printLine("");
		},
	};
}

/** Milliseconds between drawings. */
const FRAME_MS = 100;
/** Trouble that is worth a line below the table, and how many such lines are kept. */
const NOTED = new Set(["alarm", "behind", "expired", "offline", "reset", "started", "store"]);
const NOTES_MAX = 5;

function isNoted(event: LineEvent): boolean {
	if (event.event === "process") return event.state !== "started";
	return NOTED.has(event.event) || (event.event === "log" && event.process === "line");
}

async function liveScreen(): Promise<Screen> {
	const { createLogUpdate } = await import("log-update");
	const { colourful, describe, plain, render } = await import("../../host-sim/line/display.js");
	const paint = process.env.NO_COLOR ? plain : colourful;
	const update = createLogUpdate(process.stdout, { showCursor: false });
	let view: LineView | undefined;
	const notes: string[] = [];
	const draw = () => {
		if (view === undefined) return;
		const picture = render(view, performance.now(), process.stdout.columns ?? 80, paint);
		update([picture, ...notes.map((note) => paint("yellow", note))].join("\n"));
	};
	const timer = setInterval(draw, FRAME_MS);
	update("Interlock  preparing keys, recipes and flash");
	return {
		event: (event, latest) => {
			view = latest;
			const note = isNoted(event) ? describe(event) : undefined;
			if (note !== undefined) notes.push(note);
			if (notes.length > NOTES_MAX) notes.shift();
		},
		end: () => {
			clearInterval(timer);
			draw();
			update.done();
			printLine("");
		},
	};
}

function chooseScreen(json: boolean): Screen | Promise<Screen> {
	if (json) return jsonScreen();
	return process.stdout.isTTY ? liveScreen() : plainScreen();
}

async function prepareProfiles(directory: string): Promise<void> {
	const { makeDirectories } = await import("../../host-sim/line/directory.js");
	const { ensureProfiler } = await import("../../host-sim/profile/build.js");
	makeDirectories(directory);
	await ensureProfiler();
}

async function line(options: LineCommandOptions, command: Command): Promise<void> {
	const [unknown] = command.args;
	if (unknown !== undefined)
		command.error(`error: unknown command '${unknown}' (there are status and accept)`);
	const { runLine } = await import("../../host-sim/line/line.js");
	const { reportText } = await import("../../host-sim/line/report.js");
	const { systemClock } = await import("../../host-sim/line/system-clock.js");
	const { NetworkSwitch } = await import("../../host-sim/line/network-switch.js");
	const { stations, units, seed, board, profile } = options;
	if (profile !== undefined) await prepareProfiles(profile);
	const controller = new AbortController();
	stopRequest().then(() => controller.abort());
	const network = new NetworkSwitch();
	process.on("SIGUSR2", () => void network.set(!network.isCut));
	const screen = await chooseScreen(options.json === true);
	let report: Awaited<ReturnType<typeof runLine>>;
	try {
		report = await runLine({
			asked: {
				...(stations === undefined ? {} : { stations }),
				...(units === undefined ? {} : { units }),
				...(seed === undefined ? {} : { seed }),
				...(board === undefined ? {} : { boards: board }),
			},
			fallback: { stations: STATIONS_DEFAULT, units: UNITS_DEFAULT, seed: randomInt(SEED_MAX) },
			broker: options.broker,
			recipes: options.recipes,
			data: options.data,
			settleMs: options.settle,
			logSize: options.logSize,
			slotSize: options.slotSize,
			profiles: profile,
			countsInstructions: options.icount,
			network,
			showsSetUp: true,
			clock: systemClock,
			onEvent: (event, view) => screen.event(event, view),
			signal: controller.signal,
		});
	} finally {
		screen.end();
	}
	if (options.json) printJson(report);
	else printLine(reportText(report));
	const exits = { complete: EXIT.ok, interrupted: EXIT.interrupted };
	process.exitCode =
		report.outcome in exits ? exits[report.outcome as keyof typeof exits] : EXIT.failed;
}

export function addLineCommand(program: Command): void {
	const command = program
		.command("line")
		.description("run a whole line on this machine: broker, server, stations, units")
		.option("--stations <n>", `stations (default: ${STATIONS_DEFAULT})`, whole(1, STATIONS_MAX))
		.option("--units <n>", `units to make (default: ${UNITS_DEFAULT})`, whole(1, UNITS_MAX))
		.option(
			"--broker <url>",
			"use this broker, mqtt://host:port; or mosquitto: a Mosquitto of the line's own (default: the embedded broker)",
			(text) => (text === "mosquitto" ? text : brokerUrl(text)),
		)
		.option(
			"--seed <n>",
			"what the units are like (default: any; it is printed)",
			whole(0, SEED_MAX),
		)
		.option(
			"--recipes <dir>",
			"station-<n>.params and .limits for each kind of station",
			RECIPES_DIRECTORY,
		)
		.option("--data <dir>", "keep keys, database and flash here (default: a temporary directory)")
		.option(
			"--settle <ms>",
			"how long the fixture takes for a value set (default: 80)",
			whole(0, 60_000),
		)
		.option(
			"--board <kinds>",
			"linux or mcu, or several with commas, for the stations in turn (default: linux)",
			boardKinds,
		)
		.addOption(instructionsOption())
		.addOption(logSizeOption())
		.addOption(slotSizeOption())
		.option("--profile <dir>", "write a profile of each Linux station there, <id>.json")
		.option("--json", "print events as JSON, one a line, and the report last")
		.addHelpText("after", EPILOGUE)
		.allowExcessArguments()
		.action(line);
	addLineDataCommands(command);
}
