/*
 * Byte arrays lie in the XS heap, where neither AddressSanitizer nor the processor sees a step beyond their end. While
 * the fence is up, a native gets a copy instead that ends, or begins, at a page without access; so a wrong size given
 * to mbedTLS is found too, which is not instrumented. Overlapping arrays get copies of their own: with the fence down
 * they overlap.
 */
#define _DEFAULT_SOURCE
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "xsmc.h"

#define COPIES_MAX 8
#define PAGE 4096
/* Larger arrays are given as they are. */
#define SIZE_MAX_FENCED (256 * PAGE)

typedef struct {
	uint8_t *room, *copy;
	void *original;
	size_t size;
	bool writable;
} fenced;

static fenced copies[COPIES_MAX];
static int used;
static bool is_up, at_begin;

static uint8_t *room_of(fenced *fence)
{
	if (fence->room == NULL) {
		uint8_t *pages = mmap(NULL, SIZE_MAX_FENCED + 2 * PAGE, PROT_NONE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		if (pages == MAP_FAILED || mprotect(pages + PAGE, SIZE_MAX_FENCED, PROT_READ | PROT_WRITE))
			abort();
		fence->room = pages + PAGE;
	}
	return fence->room;
}

xsIntegerValue fence_buffer(
	xsMachine *the, xsSlot *slot, void **data, xsUnsignedValue *size, xsBooleanValue writable)
{
	xsIntegerValue kind = _xsmcGetBuffer(the, slot, data, size, writable);
	if (!is_up || kind != xsBufferRelocatable || *size > SIZE_MAX_FENCED || used == COPIES_MAX)
		return kind;
	fenced *fence = &copies[used++];
	fence->copy = room_of(fence) + (at_begin ? 0 : SIZE_MAX_FENCED - *size);
	fence->original = *data;
	fence->size = *size;
	fence->writable = writable;
	if (*size > 0)
		memcpy(fence->copy, *data, *size);
	*data = fence->copy;
	return kind;
}

/**
 * Puts the fence up for one call of a native: arrays stay where they are until it is taken down. Argument: whether it
 * is before the arrays' first bytes, else behind the last.
 */
void xs_test_fence_up(xsMachine *the)
{
	xsEnableGarbageCollection(false);
	at_begin = xsmcTest(xsArg(0));
	is_up = true;
}

/** Takes it down, and puts what was written where it belongs. */
void xs_test_fence_down(xsMachine *the)
{
	for (int i = 0; i < used; i++)
		if (copies[i].writable && copies[i].size > 0)
			memcpy(copies[i].original, copies[i].copy, copies[i].size);
	used = 0;
	is_up = false;
	xsEnableGarbageCollection(true);
}
