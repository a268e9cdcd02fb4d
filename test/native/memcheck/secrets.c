/*
 * What the checks for secrets ask of valgrind, and ways to be looked at from outside.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <valgrind/memcheck.h>

#include "handle.h"

#define HELD_SIZE 32

static int returns_left;

/** Says so on the console first: whoever counts the lines knows which pause this is. */
static void stop(void)
{
	puts("@paused");
	raise(SIGSTOP);
}

/** Declares the bytes of argument 0 secret. */
void xs_test_make_secret(xsMachine *the)
{
	buffer_t bytes = interlock_buffer(the, 0, true);
	(void)VALGRIND_MAKE_MEM_UNDEFINED(bytes.bytes, bytes.size);
}

/** Declares them public. */
void xs_test_make_public(xsMachine *the)
{
	buffer_t bytes = interlock_buffer(the, 0, true);
	(void)VALGRIND_MAKE_MEM_DEFINED(bytes.bytes, bytes.size);
}

/** @returns how many of the bytes are secret, at least in part; -1 where valgrind does not run this. */
void xs_test_secret_count(xsMachine *the)
{
	buffer_t bytes = interlock_buffer(the, 0, false);
	xsIntegerValue count = RUNNING_ON_VALGRIND ? 0 : -1;
	for (size_t i = 0; i < bytes.size; i++) {
		uint8_t bits = 0;
		if (VALGRIND_GET_VBITS(bytes.bytes + i, &bits, 1) == 1 && bits != 0)
			count++;
	}
	xsmcSetInteger(xsResult, count);
}

/** Stops the process until it is told to continue. */
void xs_test_pause(xsMachine *the)
{
	(void)the;
	stop();
}

/** Pauses at the next returns, as many as argument 0 says: when a native has its result and its frame is still there. */
void xs_test_pause_at_returns(xsMachine *the)
{
	returns_left = xsmcToInteger(xsArg(0));
}

void __real_interlock_return(xsMachine *the, failure_t failure);

/* The linker puts this in the place of interlock_return(). */
void __wrap_interlock_return(xsMachine *the, failure_t failure)
{
	if (returns_left > 0) {
		returns_left--;
		stop();
	}
	__real_interlock_return(the, failure);
}

/** Pauses with argument 0 (32 bytes) copied to the stack, each byte one more so that the copy alone is like that. */
void xs_test_pause_holding(xsMachine *the)
{
	volatile uint8_t held[HELD_SIZE];
	buffer_t bytes = interlock_buffer(the, 0, false);
	for (size_t i = 0; i < HELD_SIZE && i < bytes.size; i++)
		held[i] = (uint8_t)(bytes.bytes[i] + 1);
	stop();
	interlock_wipe((void *)held, sizeof held);
}

/** Collects garbage: destructors run. */
void xs_test_collect_garbage(xsMachine *the)
{
	xsCollectGarbage();
}
