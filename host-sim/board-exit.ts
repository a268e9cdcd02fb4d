/** Exit statuses of a board's process; others: `null` is a signal, 0 a clean stop. See host-sim/xs/engine.h, host.h. */
export const BOARD_EXIT = {
	usage: 64,
	flash: 65,
	unhandled: 70,
	memoryFull: 71,
	stackOverflow: 72,
	engineFault: 73,
} as const;
