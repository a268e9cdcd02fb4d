/* The simulator's board on the chip: one XS machine, as host-sim/xs/linux/main.c has it in a process. */

#include "board.h"
#include "boot.h"
#include "chip.h"
#include "devices.h"
#include "host.h"
#include "loop.h"
#include "modules.h"
#include "natives.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Bytes of C stack that XS leaves to natives and to its own ends. */
#define STACK_RESERVE 4096
#define MEMORY_PERIOD_MS 1000
#define MEMORY_PERIOD_MAX_MS 3600000

interlock_engine *host_engine;

static void trace(void *context, const char *text)
{
	(void)context;
	fputs(text, stdout);
}

static void ended(void *context, int status, const char *message)
{
	(void)context;
	static const struct { int status; chip_reason reason; } known[] = {
		{ INTERLOCK_UNHANDLED, CHIP_UNHANDLED },
		{ INTERLOCK_MEMORY_FULL, CHIP_MEMORY_FULL },
		{ INTERLOCK_STACK_OVERFLOW, CHIP_STACK_OVERFLOW },
	};
	chip_reason reason = CHIP_ENGINE_FAULT;
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (known[i].status == status)
			reason = known[i].reason;
	chip_end(reason, status, message);
}

static void print_memory(int always)
{
	static interlock_memory last;
	interlock_memory memory = interlock_engine_memory(host_engine);
	if (!always && !memcmp(&memory, &last, sizeof memory))
		return;
	last = memory;
	ram_use ram = ram_measure();
	printf("@memory {\"slots\":%lu,\"chunkBytes\":%lu,\"baseSlots\":%lu,\"baseChunkBytes\":%lu,"
		"\"reservedBytes\":%lu,\"limitBytes\":%lu,\"chip\":{\"ramBytes\":%lu,\"neverTouchedBytes\":%lu,"
		"\"stackBytes\":%lu,\"stackPeakBytes\":%lu,\"staticBytes\":%lu,\"heapBytes\":%lu,\"heapPeakBytes\":%lu}}\n",
		memory.slots, memory.chunk_bytes, memory.base_slots, memory.base_chunk_bytes, memory.reserved_bytes,
		memory.limit_bytes, ram.ram, ram.never_touched, ram.stack, ram.stack_peak, ram.statics, ram.heap,
		ram.heap_peak);
	console_instructions();
}

/* Measuring collects garbage and searches RAM: that is not the firmware's work. */
static void report_memory(void)
{
	chip_pause_count();
	print_memory(0);
	chip_resume_count();
}

void board_run(void)
{
	const char *main_module = boot_find("main");
	uint32_t period_ms = chip_option_number("memory-period", MEMORY_PERIOD_MS, 1, MEMORY_PERIOD_MAX_MS);
	static interlock_creation creation;
	static interlock_platform platform;
	platform = (interlock_platform){
		NULL, modules_at, natives_find, trace, NULL, ended, (char *)stack_bottom + STACK_RESERVE,
	};
	modules_open(&creation);
	devices_open();
	loop_open();
	host_engine = interlock_engine_start(&platform, &creation, main_module ? main_module : "main");
	chip_pause_count();
	print_memory(1);
	chip_resume_count();
	loop_run(report_memory, period_ms);
	print_memory(1);
	interlock_engine_stop(host_engine);
}
