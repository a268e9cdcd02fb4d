/** `interlock station`: one station on the simulator, until it is told to stop. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Command } from "commander";
import { makeDirectories } from "../../host-sim/line/directory.js";
import { transferText } from "../../host-sim/line/display.js";
import type { Transfer } from "../../host-sim/station-process.js";
import { CommandFailure, EXIT } from "./failure.js";
import {
	type BrokerOption,
	brokerUrl,
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

Example:
  interlock station --broker mqtt://127.0.0.1:1883 --keys keys/plant/stations/line.station-1 --flash station-1.flash
`;

/** `trim version 3 ↓  45 %` */
function progress(transfer: Transfer): string {
	const { file, version } = transfer;
	const what = file === undefined ? "log" : `${file} version ${version}`;
	return `${what} ${transferText(transfer)}`;
}

async function station(options: StationOptions): Promise<void> {
	const stop = stopRequest();
	const { flashUser } = await import("../../host-sim/flash-user.js");
	const { SimulatedBoard } = await import("../../host-sim/line/board.js");
	const { startStation } = await import("../../host-sim/line/station.js");
	const { Supervisor } = await import("../../host-sim/line/supervisor.js");
	const { systemClock } = await import("../../host-sim/line/system-clock.js");
	const { flash, seed, settle, logSize, profile, json } = options;
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
	const board = await SimulatedBoard.make({
		bundle: options.keys,
		url: options.broker.url,
		flash,
		slotSize: options.slotSize,
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
	const supervisor = new Supervisor({
		clock: systemClock,
		start: (previous) => {
			board.provision();
			return startStation({
				flash,
				previous,
				seed,
				settleMs: settle,
				profile,
				logSize,
				onEvent: (event) =>
					say(event, event.event === "transfer" ? `${name}: ${progress(event)}` : undefined),
				onText: (line) => say({ event: "log", ...{ line } }, `${name}: ${line}`),
			});
		},
		onEvent: (event) => {
			const { state, ...rest } = event;
			say({ event: "process", ...{ state }, ...rest }, `${name}: ${state}`);
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
