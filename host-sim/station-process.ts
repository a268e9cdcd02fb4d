/**
 * A simulated board as a child process, of either kind (board-kind.ts): starts it, tells what its console says, stops
 * it, and cuts its power. A Linux board is linux-board.ts, a chip mcu-emulator/board.ts.
 */
import type { StationProcess } from "./board-process.js";
import { type LinuxStationOptions, spawnLinuxBoard } from "./linux-board.js";
import { type ChipStationOptions, spawnChip } from "./mcu-emulator/board.js";

export { BOARD_EXIT } from "./board-exit.js";
export type { CommonStationOptions, StationExit, StationProcess } from "./board-process.js";
export { engineName, type LinuxStationOptions } from "./linux-board.js";
export type { ChipStationOptions } from "./mcu-emulator/board.js";
export {
	type MemoryReport,
	parseConsoleLine,
	type StationEvent,
	type Transfer,
} from "./station-events.js";

export type SpawnStationOptions = LinuxStationOptions | ChipStationOptions;

export function spawnStation(options: SpawnStationOptions): StationProcess {
	return options.board === "mcu" ? spawnChip(options) : spawnLinuxBoard(options);
}
