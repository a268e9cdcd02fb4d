/*
 * RAM: the C library's heap, and how much of all was ever used. RAM is painted when the chip starts, and what still has
 * its paint was never touched.
 */

#include "chip.h"

#include <errno.h>
#include <malloc.h>
#include <unistd.h>

static uint8_t *heap_first, *heap_top, *heap_end;

void ram_open(uint32_t more_ram)
{
	heap_first = more_ram ? (uint8_t *)MORE_RAM_START : heap_start;
	heap_end = more_ram ? heap_first + more_ram : (uint8_t *)RAM_START + RAM_SIZE;
	heap_top = heap_first;
	for (uint32_t *word = (uint32_t *)heap_first; word < (uint32_t *)heap_end; word++)
		*word = PAINT;
}

/* What malloc takes its memory by; it gives none back. */
void *sbrk(ptrdiff_t size)
{
	if (size > heap_end - heap_top || size < heap_first - heap_top) {
		errno = ENOMEM;
		return (void *)-1;
	}
	heap_top += size;
	return heap_top - size;
}

ram_use ram_measure(void)
{
	const uint32_t *stack = (uint32_t *)stack_bottom, *heap = (uint32_t *)heap_end;
	while (stack < (uint32_t *)stack_top && *stack == PAINT)
		stack++;
	while (heap > (uint32_t *)heap_first && heap[-1] == PAINT)
		heap--;
	uint32_t stack_free = (uint32_t)((uint8_t *)stack - stack_bottom);
	uint32_t heap_free = (uint32_t)(heap_end - (uint8_t *)heap);
	return (ram_use){
		.ram = (uint32_t)(stack_top - stack_bottom + bss_end - data_start + heap_end - heap_first),
		.statics = (uint32_t)(bss_end - data_start),
		.stack = (uint32_t)(stack_top - stack_bottom),
		.stack_peak = (uint32_t)(stack_top - (uint8_t *)stack),
		.heap = mallinfo().uordblks,
		.heap_peak = (uint32_t)(heap_top - heap_first),
		.never_touched = stack_free + heap_free,
	};
}
