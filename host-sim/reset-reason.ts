/**
 * Why a simulated board starts that is a Linux process, by how its last process ended: what a chip would find out by itself.
 * The words are those of docs/protocol.md §6; a chip has more of them, for faults that only it can have.
 */
import { BOARD_EXIT } from "./station-process.js";

export type ResetReason =
	| "power-on"
	| "restart"
	| "unhandled"
	| "memory-full"
	| "stack-overflow"
	| "engine-fault"
	| "fault";

const BY_STATUS: ReadonlyMap<number, ResetReason> = new Map([
	// It was asked to stop.
	[0, "restart"],
	[BOARD_EXIT.unhandled, "unhandled"],
	[BOARD_EXIT.memoryFull, "memory-full"],
	[BOARD_EXIT.stackOverflow, "stack-overflow"],
	[BOARD_EXIT.engineFault, "engine-fault"],
]);
/** What the process itself did wrong; any other signal is a power cut. */
const FAULTS = new Set(["SIGSEGV", "SIGBUS", "SIGILL", "SIGFPE", "SIGABRT", "SIGTRAP", "SIGSYS"]);

/** @param previous - how the board's last process ended; `undefined`: it is the first. */
export function resetReasonAfter(
	previous: { readonly code: number | null; readonly signal: string | null } | undefined,
): ResetReason {
	if (previous === undefined) return "power-on";
	const { code, signal } = previous;
	if (code === null) return FAULTS.has(signal ?? "") ? "fault" : "power-on";
	return BY_STATUS.get(code) ?? "fault";
}
