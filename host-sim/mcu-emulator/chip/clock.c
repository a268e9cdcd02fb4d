/* The 10 MHz timer of the CLINT, and the count of instructions; see chip.h. */

#include "chip.h"

#define MTIME (CLINT_START + 0xBFF8)
#define TICKS_PER_US 10

static uint64_t started_at, apart, paused_at;
static int paused;

uint64_t chip_now_us(void)
{
	uint32_t high, low;
	do {
		high = mmio_read(MTIME + 4);
		low = mmio_read(MTIME);
	} while (mmio_read(MTIME + 4) != high);
	return ((uint64_t)high << 32 | low) / TICKS_PER_US;
}

static uint64_t retired(void)
{
	uint32_t high, low;
	do {
		high = csr_read("minstreth");
		low = csr_read("minstret");
	} while (csr_read("minstreth") != high);
	return (uint64_t)high << 32 | low;
}

/* Before a chip's first instruction QEMU's counter already has whatever the host took to get there. */
void clock_open(void)
{
	started_at = retired();
}

void chip_pause_count(void)
{
	if (!paused++)
		paused_at = retired();
}

void chip_resume_count(void)
{
	if (!--paused)
		apart += retired() - paused_at;
}

uint64_t chip_instructions(void)
{
	return (paused ? paused_at : retired()) - started_at - apart;
}

uint64_t chip_instructions_apart(void)
{
	return apart;
}
