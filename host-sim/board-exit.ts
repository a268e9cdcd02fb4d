/** Exit statuses of a board's process; others: `null` is a signal, 0 a clean stop. See host-sim/xs/engine.h, host.h, chip.h. */
export const BOARD_EXIT = {
	usage: 64,
	flash: 65,
	unhandled: 70,
	memoryFull: 71,
	stackOverflow: 72,
	engineFault: 73,
	/** Of a chip alone: a trap, or a device that failed; and the watchdog. */
	chipFault: 74,
	watchdog: 75,
} as const;
