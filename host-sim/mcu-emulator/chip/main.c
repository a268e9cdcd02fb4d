/*
 * The simulator's board as a chip: what start.S calls.
 *
 * QEMU's command line says what it is to do (boot.h) and standard output of QEMU is the serial console. The first
 * line is `@reset` with the reason of the last reset.
 */

#include "board.h"
#include "chip.h"
#include "host.h"

#include <stdio.h>

/* Of RAM behind what a board has. */
#define MORE_RAM_SIZE_MIN 0x100000
#define MORE_RAM_STEP 4096u

void chip_main(void)
{
	clock_open();
	power_open();
	printf("@reset {\"reason\":\"%s\"}\n", host_reset_reason());
	options_check();
	uint32_t more_ram = chip_option_number("ram", 0, MORE_RAM_SIZE_MIN, MORE_RAM_SIZE_MAX) & ~(MORE_RAM_STEP - 1);
	pmp_open(more_ram);
	ram_open(more_ram);
	board_run();
	chip_off();
}
