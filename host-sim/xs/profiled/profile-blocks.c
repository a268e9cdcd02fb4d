/* The heap's blocks. What a board keeps in flash, the base, is in none of them. */

#include "profile.h"

static int by_start(const void *a, const void *b)
{
	const profile_range *left = a, *right = b;
	return left->start < right->start ? -1 : left->start > right->start;
}

uint32_t profile_ranges(const txMachine *the, profile_range **ranges, uint32_t *count)
{
	uint32_t blocks = 0, slots = 0;
	for (const txSlot *heap = the->firstHeap; heap; heap = heap->next)
		blocks++;
	*ranges = calloc(blocks ? blocks : 1, sizeof **ranges);
	*count = *ranges ? blocks : 0;
	blocks = 0;
	for (const txSlot *heap = the->firstHeap; heap && *ranges; heap = heap->next)
		(*ranges)[blocks++] = (profile_range){ heap + 1, heap->value.reference, 0 };
	if (*ranges)
		qsort(*ranges, *count, sizeof **ranges, by_start);
	for (uint32_t i = 0; i < *count; i++) {
		(*ranges)[i].first = slots;
		slots += (uint32_t)((*ranges)[i].end - (*ranges)[i].start);
	}
	return slots;
}

int64_t profile_index(const profile_range *ranges, uint32_t count, const txSlot *slot)
{
	uint32_t low = 0, high = count;
	while (low < high) {
		uint32_t middle = (low + high) / 2;
		if (slot < ranges[middle].start)
			high = middle;
		else if (slot >= ranges[middle].end)
			low = middle + 1;
		else
			return ranges[middle].first + (slot - ranges[middle].start);
	}
	return -1;
}

uint64_t profile_live_bytes(void)
{
	const txMachine *the = profile.engine->machine;
	return (uint64_t)the->currentHeapCount * INTERLOCK_BOARD_SLOT_SIZE + (uint64_t)the->currentChunksSize;
}

void profile_prune(void)
{
	txMachine *the = profile.engine->machine;
	uint32_t kept = 0;
	for (txSlot *slot = the->freeHeap; slot; slot = slot->next)
		slot->flag |= XS_MARK_FLAG;
	for (uint32_t i = 0; i < profile.tracked_count; i++)
		if (!(profile.tracked[i].slot->flag & XS_MARK_FLAG))
			profile.tracked[kept++] = profile.tracked[i];
	profile.tracked_count = kept;
	for (txSlot *slot = the->freeHeap; slot; slot = slot->next)
		slot->flag &= ~XS_MARK_FLAG;
}

uint64_t profile_chunk_size(const void *data)
{
	if (!data || profile_in_base(data))
		return 0;
	const txChunk *chunk = (const txChunk *)((const txByte *)data - sizeof(txChunk));
	return (uint64_t)((uint32_t)chunk->size & 0x7fffffffu);
}
