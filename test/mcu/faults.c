/*
 * What core.test.ts runs on the chip in a board's place: the same start-up, protection and ends, and then the fault that
 * the option `fault` names. It happens only after power-on, so that a restart shows its reason and switches off.
 */

#include "board.h"
#include "chip.h"
#include "host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

interlock_engine *host_engine;

static void write_code(void)
{
	*(volatile uint32_t *)(FLASH_START + 16) = 0;
}

static void write_base(void)
{
	*(volatile uint32_t *)BASE_START = 0;
}

static void write_boot_file(void)
{
	*(volatile uint32_t *)BOOT_START = 0;
}

static void read_behind_ram(void)
{
	(void)*(volatile uint32_t *)(RAM_START + RAM_SIZE);
}

static void read_nothing(void)
{
	(void)*(volatile uint32_t *)NULL;
}

static void run_data(void)
{
	static uint32_t instructions[] = { 0x00008067 };	/* ret */
	((void (*)(void))instructions)();
}

static void run_nothing(void)
{
	__asm__ volatile("unimp");
}

static uint32_t overflow(uint32_t depth)
{
	volatile uint32_t frame[64] = { depth };
	return depth == UINT32_MAX ? 0 : overflow(depth + 1) + frame[depth % 64];
}

static void overflow_stack(void)
{
	printf("%lu\n", (unsigned long)overflow(0));
}

static void overflow_stack_at_once(void)
{
	volatile uint8_t large[STACK_SIZE + 4096];
	large[0] = 1;
	printf("%u\n", large[0]);
}

static void hang(void)
{
	for (;;)
		;
}

static void fail_assertion(void)
{
	abort();
}

static void panic(void)
{
	chip_panic("network-stuck", "the \"card\" is stuck");
}

static void restart(void)
{
	chip_panic("restart", "asked for");
}

static const struct { const char *name; void (*happen)(void); } faults[] = {
	{ "write code", write_code },
	{ "write base", write_base },
	{ "write boot file", write_boot_file },
	{ "read behind RAM", read_behind_ram },
	{ "read nothing", read_nothing },
	{ "run data", run_data },
	{ "run nothing", run_nothing },
	{ "overflow stack", overflow_stack },
	{ "overflow stack at once", overflow_stack_at_once },
	{ "hang", hang },
	{ "fail assertion", fail_assertion },
	{ "panic", panic },
	{ "restart", restart },
};

/* Sleeps for so many milliseconds: the watchdog is fed. */
static void sleep_for(const char *ms)
{
	for (uint64_t end_us = chip_now_us() + strtoul(ms, NULL, 10) * 1000; chip_now_us() < end_us;)
		chip_sleep(end_us - chip_now_us() > 10000 ? chip_now_us() + 10000 : end_us);
	printf("slept\n");
}

void board_run(void)
{
	const char *name = host_option("fault"), *ms = host_option("sleep");
	ram_use ram = ram_measure();
	pmp_close_base();
	chip_start_watchdog();
	printf("stack %s, heap %s\n", ram.stack_peak < ram.stack ? "left" : "full",
		ram.never_touched > RAM_SIZE / 2 ? "left" : "full");
	if (ms)
		sleep_for(ms);
	for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
		if (name && !strcmp(name, faults[i].name) && !strcmp(host_reset_reason(), "power-on"))
			faults[i].happen();
}
