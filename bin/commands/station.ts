/** `interlock station`: one station on the simulator, until it is told to stop. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Command, Option } from "commander";
import { BOARD_KINDS, type BoardKind } from "../../host-sim/board-kind.js";
import { makeDirectories } from "../../host-sim/line/directory.js";
import { transferText } from "../../host-sim/line/display.js";
import { canHave, FAULTS, type Fault } from "../../host-sim/line/faults.js";
import { RamNotes } from "../../host-sim/line/memory.js";
import type { StationEvent } from "../../host-sim/line/station.js";
import type { Transfer } from "../../host-sim/station-process.js";
import { CommandFailure, EXIT } from "./failure.js";
import {
	type BrokerOption,
	brokerUrl,
	instructionsOption,
	logSizeOption,
	SEED_MAX,
	slotSizeOption,
	whole,
} from "./options.js";
import { printJson, printLine } from "./output.js";
import { stopRequest } from "./stop.js";

interface StationOptions {
	readonly broker: BrokerOption;
	readonly keys: string;
	readonly flash: string;
	readonly board: BoardKind;
	readonly icount?: true;
	readonly gdb?: number;
	readonly fault?: Fault;
	readonly seed: number;
	readonly settle?: number;
	readonly logSize?: number;
	readonly slotSize?: number;
	readonly profile?: string;
	readonly json?: true;
}

const EPILOGUE = `
--keys names one station's bundle, stations/<line>.<station> of a plant directory; nothing else of the plant is
needed. Keys and broker address are written into the flash image; recipes, counters and the unit in progress
stay in it from run to run. When the bundle gets another key, the station starts again with it. The station is a process of its own and is started again if it ends by itself.

--profile takes a build of the simulator with a profiler, which is made where it is not there. What is written is for
interlock profile --read; where the station was started again, it is the last process's.

--board mcu takes an emulated chip instead of a Linux process: RV32, 400 KB of RAM, 4 MB of flash (docs/emulated-chip.md). The
first run builds it. Its log is shown as it comes, and its RAM by owner whenever it has used more than before. Kill its
process and its power is cut; kill -USR2 with the process id of this command pulls its network cable, or puts it back.

--fault has the board fail once after power-on: in the middle of its first attempt (stack-overflow, memory-full, watchdog),
in the middle of a write to flash (brown-out), or after some frames (network-stuck). It starts again and says why. A Linux
board knows the first two.

Examples:
  interlock station --broker mqtt://127.0.0.1:1883 --keys keys/plant/stations/line.station-1 --flash station-1.flash
  interlock station ... --board mcu --icount
  interlock station ... --board mcu --fault watchdog
  interlock station ... --board mcu --gdb 3333
`;

/** `trim version 3 ↓  45 %` */
function progress(transfer: Transfer): string {
	const { file, version } = transfer;
	const what = file === undefined ? "log" : `${file} version ${version}`;
	return `${what} ${transferText(transfer)}`;
}

/** What a person is told of an event. */
function inWords(name: string, event: StationEvent, ram: RamNotes): string | undefined {
	switch (event.event) {
		case "transfer":
			return `${name}: ${progress(event)}`;
		case "memory":
			return ram.note(name, event);
		case "reset":
			return `${name}: starts, ${event.reason}`;
		case "instructions":
			return `${name}: ${event.busy} instructions at work, ${event.idle} waiting`;
		default:
			return undefined;
	}
}

/** What the other kind of board has not. */
function checkKind({ board, icount, gdb, fault, profile }: StationOptions): void {
	const refuse = (message: string) => {
		throw new CommandFailure(EXIT.usage, "board", message);
	};
	if (board === "linux" && (icount || gdb !== undefined))
		refuse(`${icount ? "--icount" : "--gdb"} is for emulated chips: add --board mcu`);
	if (board === "mcu" && profile !== undefined)
		refuse("--profile watches Linux boards; on a chip --icount counts what it does");
	if (fault !== undefined && !canHave(board, fault))
		refuse(`only a chip has the fault ${fault}: add --board mcu`);
}

/** How to get at a chip that waits for a debugger. */
async function tellDebugger(port: number): Promise<void> {
	const { FIRMWARE } = await import("../../host-sim/mcu-emulator/board.js");
	process.stderr.write(
		`interlock: the chip waits before its first instruction. Attach with:\n` +
			`  gdb-multiarch ${FIRMWARE} -ex 'set architecture riscv:rv32' -ex 'target remote 127.0.0.1:${port}'\n`,
	);
}

async function station(options: StationOptions): Promise<void> {
	checkKind(options);
	const stop = stopRequest();
	const { flashUser } = await import("../../host-sim/flash-user.js");
	const { SimulatedBoard } = await import("../../host-sim/line/board.js");
	const { startStation } = await import("../../host-sim/line/station.js");
	const { Supervisor } = await import("../../host-sim/line/supervisor.js");
	const { systemClock } = await import("../../host-sim/line/system-clock.js");
	const { NetworkSwitch } = await import("../../host-sim/line/network-switch.js");
	const { flash, seed, settle, logSize, profile, json, board: kind, gdb } = options;
	if (!existsSync(join(options.keys, "credential.cose")))
		throw new CommandFailure(
			EXIT.input,
			"no-bundle",
			`${options.keys} is not a station's bundle: name stations/<line>.<station> of a plant directory`,
		);
	const user = flashUser(flash);
	if (user !== undefined)
		throw new CommandFailure(
			EXIT.environment,
			"in-use",
			`${flash} is in use by process ${user}: stop that station first`,
		);
	makeDirectories(dirname(flash));
	if (profile !== undefined)
		await (await import("../../host-sim/profile/build.js")).ensureProfiler();
	if (kind === "mcu") await (await import("../../host-sim/set-up.js")).setUp("mcu", true);
	const board = await SimulatedBoard.make({
		bundle: options.keys,
		url: options.broker.url,
		flash,
		slotSize: options.slotSize,
		board: kind,
		clock: systemClock,
		log: (line) => process.stderr.write(`interlock: ${line}\n`),
	});
	const name = board.station;
	const say = (event: { event: string }, text: string | undefined) => {
		if (json) printJson({ ...event, station: name });
		else if (text !== undefined) printLine(text);
	};
	let giveUp: () => void = () => {};
	const gaveUp = new Promise<"gave up">((resolve) => {
		giveUp = () => resolve("gave up");
	});
	const ram = new RamNotes();
	const network = new NetworkSwitch();
	network.watch((isCut) =>
		say({ event: "network", ...{ isCut } }, `${name}: cable ${isCut ? "out" : "in"}`),
	);
	process.on("SIGUSR2", () => void network.set(!network.isCut));
	if (gdb !== undefined) await tellDebugger(gdb);
	const supervisor = new Supervisor({
		clock: systemClock,
		start: (previous) => {
			board.provision();
			const child = startStation({
				flash,
				board: kind,
				countsInstructions: options.icount,
				gdbPort: gdb,
				fault: options.fault,
				previous,
				seed,
				settleMs: settle,
				profile,
				logSize,
				onEvent: (event) => say(event, inWords(name, event, ram)),
				onText: (line) => say({ event: "log", ...{ line } }, `${name}: ${line}`),
			});
			network.attach(name, child);
			return child;
		},
		onEvent: (event) => {
			const { state, ...rest } = event;
			const pid = "pid" in rest && rest.pid !== undefined ? `, process ${rest.pid} (${kind})` : "";
			say({ event: "process", ...{ state }, ...rest }, `${name}: ${state}${pid}`);
			if (state === "given-up") giveUp();
		},
	});
	supervisor.start();
	board.watch(() => supervisor.child?.stop());
	const reason = await Promise.race([stop, gaveUp]);
	board.close();
	await supervisor.stop();
	if (reason === "gave up")
		throw new CommandFailure(EXIT.failed, "given-up", `${name} ended too often and was given up`);
}

export function addStationCommand(program: Command): void {
	program
		.command("station")
		.description("run one station on the simulator until it is told to stop")
		.requiredOption("--broker <url>", "any MQTT 3.1.1 broker, mqtt://host:port", brokerUrl)
		.requiredOption("--keys <dir>", "the station's bundle")
		.requiredOption("--flash <file>", "the station's flash image; made where it is not there")
		.addOption(
			new Option("--board <kind>", "a Linux process or an emulated chip")
				.choices(BOARD_KINDS)
				.default("linux"),
		)
		.addOption(instructionsOption())
		.option("--gdb <port>", "let the chip wait there for a debugger", whole(1, 65_535))
		.addOption(new Option("--fault <kind>", "fail once after power-on").choices(FAULTS))
		.option("--seed <n>", "what the simulated units are like", whole(0, SEED_MAX), 1)
		.option(
			"--settle <ms>",
			"how long the fixture takes for a value set (default: 80)",
			whole(0, 60_000),
		)
		.addOption(logSizeOption())
		.addOption(slotSizeOption())
		.option("--profile <file>", "write where its time and memory went when it stops")
		.option("--json", "print events as JSON, one a line")
		.addHelpText("after", EPILOGUE)
		.action(station);
}
