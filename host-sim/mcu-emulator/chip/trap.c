/*
 * Traps end the run: what the core found wrong, and the watchdog. start.S calls this on a stack of its own.
 *
 * Source: The RISC-V Instruction Set Manual, volume II, table "Machine cause register (mcause) values after trap".
 */

#include "chip.h"
#include "engine.h"

#include <stdio.h>

#define INTERRUPT 0x80000000
#define TIMER_INTERRUPT (INTERRUPT | 7)
#define MESSAGE_SIZE 112

static const char *const causes[] = {
	[0] = "misaligned instruction",
	[1] = "instruction access fault",
	[2] = "illegal instruction",
	[3] = "breakpoint",
	[4] = "misaligned load",
	[5] = "load access fault",
	[6] = "misaligned store",
	[7] = "store access fault",
	[11] = "environment call",
};

void chip_trap(uint32_t cause, uint32_t at, uint32_t address, uint32_t stack)
{
	char message[MESSAGE_SIZE];
	const char *what = cause < sizeof causes / sizeof *causes && causes[cause] ? causes[cause] : "trap";
	if (cause == TIMER_INTERRUPT) {
		snprintf(message, sizeof message, "watchdog: the event loop was not reached, running at 0x%08lx",
			(unsigned long)at);
		chip_end(CHIP_WATCHDOG, CHIP_BITTEN, message);
	}
	if (stack < (uintptr_t)stack_bottom) {
		snprintf(message, sizeof message, "stack overflow: %s at 0x%08lx", what, (unsigned long)at);
		chip_end(CHIP_STACK_OVERFLOW, INTERLOCK_STACK_OVERFLOW, message);
	}
	snprintf(message, sizeof message, "%s (%lu) at 0x%08lx, address 0x%08lx", what, (unsigned long)cause,
		(unsigned long)at, (unsigned long)address);
	chip_end(CHIP_FAULT, CHIP_FAULTED, message);
}
