/**
 * Faults that a simulated board can be asked for, each once after its power came on: a restart that says why must follow.
 *
 *   stack-overflow  the fixture calls itself without end          done by host-sim/device/fixture.ts,
 *   memory-full     the fixture keeps all that it allocates       in the middle of the first attempt
 *   watchdog        the fixture does not return
 *   brown-out       the supply fails in the middle of a write to flash       done by the chip
 *   network-stuck   the network card takes no more frames
 */
import type { BoardKind } from "../board-kind.js";
import type { ChipStationOptions } from "../station-process.js";

const BY_FIXTURE = ["stack-overflow", "memory-full", "watchdog"] as const;
const BY_CHIP = ["brown-out", "network-stuck"] as const;
export const FAULTS = [...BY_FIXTURE, ...BY_CHIP] as const;
export type Fault = (typeof FAULTS)[number];

/** Nothing else would end an endless loop in a Linux process. */
const ON_LINUX: readonly Fault[] = ["stack-overflow", "memory-full"];
/** Somebody waits for it; the chip's own is half a minute. Longer than any operation with a private key. */
const WATCHDOG_MS = 10_000;
/** A write in the middle of a station's first work, and frames with which it is just at it. */
const BROWN_OUT_WRITE = 8;
const STUCK_AFTER_FRAMES = 24;

export function canHave(board: BoardKind, fault: Fault): boolean {
	return board === "mcu" || ON_LINUX.includes(fault);
}

/** For the simulated devices. */
export function faultForFixture(fault: Fault | undefined): { fault?: string } {
	return fault !== undefined && (BY_FIXTURE as readonly string[]).includes(fault) ? { fault } : {};
}

/** For the chip. */
export function faultForChip(
	fault: Fault | undefined,
): Pick<ChipStationOptions, "brownOutAtFlashWrite" | "networkStuckAfter" | "watchdogMs"> {
	if (fault === "watchdog") return { watchdogMs: WATCHDOG_MS };
	if (fault === "brown-out") return { brownOutAtFlashWrite: BROWN_OUT_WRITE };
	if (fault === "network-stuck") return { networkStuckAfter: STUCK_AFTER_FRAMES };
	return {};
}
