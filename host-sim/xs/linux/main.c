/*
 * The simulator's board: one XS machine in a Linux process.
 *
 *   interlock-xs --modules TABLE [--modules TABLE]... [--main NAME] [--flash FILE] [--option NAME=VALUE]... [--leash]
 *                [--memory-period MS] [--crash-at flash-write:N] [--reset-reason NAME]
 *                [--profile FILE [--profile-mark [FROM>]TO=LINE]... [--profile-slots N]]
 *
 * Standard output is the serial console. A line `@memory {...}` about once a second (or MS, 1 to 3,600,000), where the
 * numbers changed, and at the end tells what the machine holds; garbage is collected first. SIGTERM and SIGINT end the
 * process with status 0; so does a main module that leaves nothing to wait for. `--engine` prints the engine's version.
 * Other statuses: engine.h and host.h. With `--leash` the process is killed when its parent dies.
 * With `--crash-at flash-write:N` the power is cut in the middle of the Nth write to flash (or erasure of a block) since the
 * start, from 1: half of its bytes are written, and the process dies by SIGKILL.
 * `--profile` writes a profile when the process ends by itself; only the variant "profiled" can (profiler.h).
 * `--reset-reason` says what the board's last life ended by (docs/protocol.md, why a board starts); left out: power-on.
 * `--option` values are what the module "host-options" gives; simulated devices use them, firmware does not.
 */

#define _GNU_SOURCE
#include "base-memory.h"
#include "engine.h"
#include "flash-file.h"
#include "flash.h"
#include "host.h"
#include "loop.h"
#include "modules.h"
#include "options.h"
#include "profiler.h"

#include <dlfcn.h>
#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <unistd.h>

/* Bytes of C stack the machine may use; its own frames are about twice as large as on a board. */
#define STACK_SIZE (1024 * 1024)
#define MEMORY_PERIOD_MS 1000
#define MEMORY_PERIOD_MAX_MS 3600000
#define REASON_MAX 32

interlock_engine *host_engine;
static uint32_t memory_period_ms = MEMORY_PERIOD_MS;
static const char *reset_reason = "power-on";

static void fail(int status, const char *format, va_list arguments)
{
	fflush(stdout);
	fputs("interlock-xs: ", stderr);
	vfprintf(stderr, format, arguments);
	fputc('\n', stderr);
	_exit(status);
}

void host_fail(const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	fail(HOST_USAGE, format, arguments);
	__builtin_unreachable();
}

void host_fail_with(int status, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	fail(status, format, arguments);
	__builtin_unreachable();
}

static void *find_native(void *context, const char *symbol)
{
	(void)context;
	return dlsym(RTLD_DEFAULT, symbol);
}

/* Standard output is line-buffered, so a reader of the console gets whole lines. */
static void trace(void *context, const char *text)
{
	(void)context;
	if (&profiler)
		profiler.console(text);
	fputs(text, stdout);
}

static void ended(void *context, int status, const char *message)
{
	(void)context;
	if (&profiler)
		profiler.finish();
	host_fail_with(status, "%s", message);
}

static void ready(void *context, interlock_engine *engine)
{
	(void)context;
	if (&profiler)
		profiler.start(engine);
}

static void print_memory(int always)
{
	static interlock_memory last;
	interlock_memory memory = interlock_engine_memory(host_engine);
	if (!always && !memcmp(&memory, &last, sizeof memory))
		return;
	last = memory;
	printf("@memory {\"slots\":%u,\"chunkBytes\":%u,\"baseSlots\":%u,\"baseChunkBytes\":%u,"
		"\"reservedBytes\":%u,\"reservedChunkBytes\":%u,\"limitBytes\":%u}\n", memory.slots,
		memory.chunk_bytes, memory.base_slots, memory.base_chunk_bytes, memory.reserved_bytes,
		memory.reserved_chunk_bytes, memory.limit_bytes);
	fflush(stdout);
}

static void report_memory(void)
{
	print_memory(0);
}

static uint32_t memory_period(const char *text)
{
	char *end;
	unsigned long period_ms = strtoul(text, &end, 10);
	if (end == text || *end || period_ms < 1 || period_ms > MEMORY_PERIOD_MAX_MS)
		host_fail("--memory-period takes 1 to %d milliseconds, not %s", MEMORY_PERIOD_MAX_MS, text);
	return (uint32_t)period_ms;
}

static void open_flash(const char *path)
{
	flash_file_open(path);
	if (!flash_open())
		host_fail_with(HOST_FLASH, "the flash file %s is damaged or is none", path);
}

static uint32_t crash_at(const char *text)
{
	unsigned nth;
	char rest;
	if (sscanf(text, "flash-write:%u%c", &nth, &rest) != 1 || nth < 1)
		host_fail("--crash-at takes flash-write:N, N from 1, not %s", text);
	return nth;
}

const char *host_reset_reason(void)
{
	return reset_reason;
}

/* What firmware may send to the server as it is. */
static const char *checked_reason(const char *text)
{
	size_t length = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-");
	if (text[length] || length < 1 || length > REASON_MAX)
		host_fail("--reset-reason takes 1 to %d of [a-z0-9-], not %s", REASON_MAX, text);
	return text;
}

static void print_engine(void)
{
	printf("XS %s\n", interlock_engine_version());
	exit(0);
}

static const char *parse(int count, char **arguments, interlock_creation *creation)
{
	static const struct option options[] = {
		{ "modules", required_argument, NULL, 'm' }, { "main", required_argument, NULL, 'r' },
		{ "flash", required_argument, NULL, 'f' }, { "option", required_argument, NULL, 'o' },
		{ "engine", no_argument, NULL, 'e' }, { "leash", no_argument, NULL, 'l' },
		{ "memory-period", required_argument, NULL, 'p' }, { "crash-at", required_argument, NULL, 'c' },
		{ "reset-reason", required_argument, NULL, 'R' },
		{ "profile", required_argument, NULL, 'P' }, { "profile-mark", required_argument, NULL, 'M' },
		{ "profile-slots", required_argument, NULL, 'S' }, { 0 },
	};
	const char *main_module = "main";
	for (int c; (c = getopt_long(count, arguments, "", options, NULL)) != -1;) {
		if (c == 'm')
			modules_read(optarg, creation);
		else if (c == 'r')
			main_module = optarg;
		else if (c == 'f')
			open_flash(optarg);
		else if (c == 'o')
			options_add(optarg);
		else if (c == 'e')
			print_engine();
		else if (c == 'l')
			prctl(PR_SET_PDEATHSIG, SIGKILL);
		else if (c == 'c')
			flash_crash_at(crash_at(optarg));
		else if (c == 'p')
			memory_period_ms = memory_period(optarg);
		else if (c == 'R')
			reset_reason = checked_reason(optarg);
		else if (strchr("PMS", c) && !&profiler)
			host_fail("this build has no profiler: run `node bin/setup.mjs profiled`");
		else if (c == 'P')
			profiler.open(optarg);
		else if (c == 'M')
			profiler.mark(optarg);
		else if (c == 'S')
			profiler.every(optarg);
		else
			host_fail("see the head of host-sim/xs/linux/main.c for the arguments");
	}
	if (optind != count)
		host_fail("%s is not an argument", arguments[optind]);
	return main_module;
}

int main(int count, char **arguments)
{
	interlock_creation creation = { 0 };
	unsigned seed = 1;
	setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
	if (getrandom(&seed, sizeof seed, 0) != sizeof seed)
		host_fail("no random numbers");
	srand(seed);
	const char *main_module = parse(count, arguments, &creation);
	const interlock_platform platform = {
		NULL, modules_at, find_native, base_memory_keep, trace, ready, ended,
		(char *)__builtin_frame_address(0) - STACK_SIZE,
	};
	loop_open();
	base_memory_open();
	interlock_base *base = interlock_base_make(&platform, &creation);
	base_memory_close();
	host_engine = interlock_engine_start(&platform, &creation, base, main_module);
	print_memory(1);
	loop_run(report_memory, memory_period_ms);
	print_memory(1);
	if (&profiler)
		profiler.finish();
	interlock_engine_stop(host_engine);
	return 0;
}
