/*
 * Faults of each kind that the checks look for, compiled as modules/crypto is: a check that does not find its own
 * proves nothing. Only the tests load these.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "handle.h"

static bool is_letter(uint8_t byte)
{
	return byte >> 4 == 4;
}

/** Writes behind its target where the input begins with two capital letters up to O, to be found one by one. */
void xs_planted_overflow(xsMachine *the)
{
	buffer_t input = interlock_buffer(the, 0, false);
	buffer_t target = interlock_buffer(the, 1, true);
	if (input.size >= 2 && is_letter(input.bytes[0]) && is_letter(input.bytes[1]))
		target.bytes[target.size] = 1;
}

/** Writes to bytes that it may only read. */
void xs_planted_scribble(xsMachine *the)
{
	buffer_t input = interlock_buffer(the, 0, false);
	*(volatile uint8_t *)input.bytes = 1;
}

/** Shifts a number too far. */
void xs_planted_undefined(xsMachine *the)
{
	buffer_t input = interlock_buffer(the, 0, false);
	xsmcSetInteger(xsResult, 1 << (input.size + 31));
}

/** Forgets what it allocated. */
void xs_planted_leak(xsMachine *the)
{
	(void)the;
	uint8_t *volatile lost = calloc(1, 77);
	lost = NULL;
	(void)lost;
}

/** Compares until the first difference. */
void xs_planted_early_exit(xsMachine *the)
{
	buffer_t a = interlock_buffer(the, 0, false);
	buffer_t b = interlock_buffer(the, 1, false);
	for (size_t i = 0; i < a.size && i < b.size; i++)
		if (a.bytes[i] != b.bytes[i]) {
			xsmcSetBoolean(xsResult, false);
			return;
		}
	xsmcSetBoolean(xsResult, true);
}

/** Compares with the C library's memcmp. */
void xs_planted_memcmp(xsMachine *the)
{
	buffer_t a = interlock_buffer(the, 0, false);
	buffer_t b = interlock_buffer(the, 1, false);
	volatile int order = memcmp(a.bytes, b.bytes, a.size < b.size ? a.size : b.size);
	(void)order;
}

/** Reads a table at a place that the input gives. */
void xs_planted_lookup(xsMachine *the)
{
	static const uint8_t table[256] = { 1 };
	buffer_t input = interlock_buffer(the, 0, false);
	volatile uint8_t read = table[input.bytes[0]];
	(void)read;
}
