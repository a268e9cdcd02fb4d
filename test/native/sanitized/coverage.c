/*
 * Which code of modules/crypto an input reached, after AFL: pairs of one place and the place before it. How often
 * does not count: the loops here run over bytes. The compiler calls __sanitizer_cov_trace_pc() at each basic block.
 *
 * The input that is being run is also in the file behind descriptor 3, if there is one, so that it is known however
 * the process ends.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <psa/crypto.h>
#include <sanitizer/lsan_interface.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "xsmc.h"

#define INPUT_FILE 3
#define PAIRS (1 << 16)
#define PLACES_MAX 4096

static bool seen[PAIRS];
static uint32_t last;
static xsIntegerValue news;
static uintptr_t base;
static uintptr_t places[PLACES_MAX];
static int place_count;

static void keep_place(uintptr_t place)
{
	size_t at = (place * 0x9E3779B1u) % PLACES_MAX;
	while (places[at] != 0 && places[at] != place)
		at = (at + 1) % PLACES_MAX;
	if (places[at] == 0 && place_count < PLACES_MAX / 2) {
		places[at] = place;
		place_count++;
	}
}

void __sanitizer_cov_trace_pc(void)
{
	uintptr_t place = (uintptr_t)__builtin_return_address(0) - base;
	uint32_t here = (uint32_t)(place * 0x9E3779B1u) >> 8;
	uint32_t pair = (here ^ last) % PAIRS;
	last = here >> 1;
	if (!seen[pair])
		news++;
	seen[pair] = true;
	keep_place(place);
}

/** Argument: the input that begins. */
void xs_test_begin(xsMachine *the)
{
	void *bytes;
	xsUnsignedValue size;
	Dl_info file = { 0 };
	if (base == 0 && dladdr((void *)__sanitizer_cov_trace_pc, &file))
		base = (uintptr_t)file.dli_fbase;
	xsmcGetBufferReadable(xsArg(0), &bytes, &size);
	if (ftruncate(INPUT_FILE, 0) == 0)
		(void)!pwrite(INPUT_FILE, bytes, size, 0);
	news = 0;
	last = 0;
}

/** @returns how much of what the input reached no input reached before it. */
void xs_test_news(xsMachine *the)
{
	xsmcSetInteger(xsResult, news);
}

/** @returns how many places were reached since the start. */
void xs_test_place_count(xsMachine *the)
{
	xsmcSetInteger(xsResult, place_count);
}

/** Prints them on one line, as addresses in the program's file. */
void xs_test_print_places(xsMachine *the)
{
	(void)the;
	printf("@places");
	for (int i = 0; i < PLACES_MAX; i++)
		if (places[i] != 0)
			printf(" %lx", (unsigned long)places[i]);
	printf("\n");
}

/** @returns how many of PSA's key slots are taken. */
void xs_test_open_keys(xsMachine *the)
{
	mbedtls_psa_stats_t stats;
	mbedtls_psa_get_stats(&stats);
	xsmcSetInteger(xsResult, (xsIntegerValue)(stats.volatile_slots + stats.half_filled_slots));
}

/** Collects garbage: destructors run. */
void xs_test_collect(xsMachine *the)
{
	xsCollectGarbage();
}

/** @returns whether memory was lost since the start; tells LeakSanitizer's report. */
void xs_test_leaked(xsMachine *the)
{
	xsmcSetBoolean(xsResult, __lsan_do_recoverable_leak_check() != 0);
}
