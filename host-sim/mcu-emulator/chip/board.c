/* The simulator's board on the chip: one XS machine, as host-sim/xs/linux/main.c has it in a process. */

#include "board.h"
#include "base-image.h"
#include "boot.h"
#include "chip.h"
#include "creation.h"
#include "devices.h"
#include "flash-media.h"
#include "flash.h"
#include "host.h"
#include "loop.h"
#include "maker.h"
#include "memory.h"
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

static void report_memory(void)
{
	memory_print(0);
}

/* `flash-write:N` as a number; 0 where there is no such option. */
static uint32_t nth_write(const char *name)
{
	const char *text = chip_option(name);
	unsigned nth;
	char rest;
	if (!text)
		return 0;
	if (sscanf(text, "flash-write:%u%c", &nth, &rest) != 1 || nth < 1)
		host_fail("%s takes flash-write:N, N from 1, not %s", name, text);
	return nth;
}

static void open_flash(void)
{
	uint32_t crash_at = nth_write("crash-at"), brown_out = nth_write("brown-out");
	if (!media_size())
		return;
	if (!flash_open())
		host_fail_with(HOST_FLASH, "the flash file is damaged or is none");
	if (crash_at)
		flash_crash_at(crash_at);
	else if (brown_out && !strcmp(host_reset_reason(), "power-on"))
		flash_crash_at(brown_out);
}

static const interlock_platform platform = {
	.module = modules_at,
	.native = natives_find,
	.keep = base_image_keep,
	.trace = trace,
	.ended = ended,
	.stack_limit = (char *)stack_bottom + STACK_RESERVE,
};

/* Limits of the boot file, which go before those in flash. */
static void read_creation(interlock_creation *creation)
{
	for (const char *line = NULL; (line = boot_line(line));) {
		const char *limit = boot_rest(line, "creation");
		char name[INTERLOCK_NAME_SIZE];
		unsigned long value;
		if (limit && (sscanf(limit, "%127s %lu", name, &value) != 2 || creation_set(creation, name, value)))
			host_fail("the boot file has an unknown limit: %s", limit);
	}
}

/* Math.random begins where no other chip does, and no other run of this one: what waits at random must not wait alike. */
static void seed_random(void)
{
	unsigned seed;
	if (entropy_read(&seed, sizeof seed))
		host_fail("no random numbers");
	srand(seed);
}

/* What lies in flash or, where there is nothing and the boot file has modules, what these make. */
static interlock_base *find_base(interlock_creation *creation)
{
	interlock_base *base = base_image(creation);
	read_creation(creation);
	if (base)
		return base;
	if (!boot_find("module") || !maker_is_there())
		host_fail("no base image of this program is in flash, and there are no modules or no compiler to make one");
	modules_open();
	base = interlock_base_make(&platform, creation);
	base_image_close(base, creation);
	return base;
}

/* What takes the base's room in flash, for reports (host-sim/mcu-emulator/budget). */
static void print_base(const interlock_base *base)
{
	interlock_base_sizes sizes = interlock_base_measure(base);
	const char *name;
	uint32_t size;
	printf("@base {\"bytes\":%lu,\"slotBytes\":%lu,\"chunkBytes\":%lu,\"nameBytes\":%lu,\"nameTableBytes\":%lu}\n",
		sizes.all, sizes.slots, sizes.chunks, sizes.names, sizes.name_tables);
	for (size_t i = 0; (name = interlock_base_module(base, i, &size)); i++)
		printf("@module {\"name\":\"%s\",\"codeBytes\":%lu}\n", name, size);
}

void board_run(void)
{
	static interlock_creation creation;
	const char *main_module = boot_find("main");
	uint32_t period_ms = chip_option_number("memory-period", MEMORY_PERIOD_MS, 1, MEMORY_PERIOD_MAX_MS);
	interlock_base *base = find_base(&creation);
	devices_open();
	if (chip_option("make")) {
		base_image_write();
		print_base(base);
		return;
	}
	pmp_close_base();
	seed_random();
	open_flash();
	loop_open();
	chip_start_watchdog();
	host_engine = interlock_engine_start(&platform, &creation, base, main_module ? main_module : "main");
	memory_print(1);
	loop_run(report_memory, period_ms);
	memory_print(1);
	interlock_engine_stop(host_engine);
}
