/*
 * The heap's blocks, and what of them is the base: what was there at the start, which a board keeps in flash.
 */

#include "profile.h"

/* What was alive at the start, one byte a slot; chunks in these blocks up to there. */
static struct {
	profile_range *ranges;
	uint32_t count;
	uint8_t *alive;
	struct { const txByte *start, *end; } *blocks;
	uint32_t block_count;
} base;

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

void profile_base(void)
{
	const txMachine *the = profile.engine->machine;
	uint32_t slots = profile_ranges(the, &base.ranges, &base.count);
	base.alive = malloc(slots ? slots : 1);
	for (const txBlock *block = the->firstBlock; block; block = block->nextBlock)
		base.block_count++;
	base.blocks = calloc(base.block_count ? base.block_count : 1, sizeof *base.blocks);
	if (!base.alive || !base.blocks)
		engine_end(profile.engine, INTERLOCK_MEMORY_FULL, "no room for the profile");
	memset(base.alive, 1, slots);
	for (const txSlot *slot = the->freeHeap; slot; slot = slot->next)
		base.alive[profile_index(base.ranges, base.count, slot)] = 0;
	uint32_t i = 0;
	for (const txBlock *block = the->firstBlock; block; block = block->nextBlock, i++) {
		base.blocks[i].start = (const txByte *)block;
		base.blocks[i].end = block->current;
	}
}

int profile_is_base(const txSlot *slot)
{
	int64_t index = profile_index(base.ranges, base.count, slot);
	return index >= 0 && base.alive[index];
}

uint64_t profile_live_bytes(void)
{
	const interlock_engine *engine = profile.engine;
	const txMachine *the = engine->machine;
	int64_t slots = (int64_t)the->currentHeapCount - engine->base_slots - engine->ballast_slots;
	int64_t bytes = (int64_t)the->currentChunksSize - engine->base_chunk_bytes - engine->ballast_bytes;
	int64_t live = slots * INTERLOCK_BOARD_SLOT_SIZE + bytes;
	return live > 0 ? (uint64_t)live : 0;
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
	if (!data)
		return 0;
	for (uint32_t i = 0; i < base.block_count; i++)
		if ((const txByte *)data >= base.blocks[i].start && (const txByte *)data < base.blocks[i].end)
			return 0;
	const txChunk *chunk = (const txChunk *)((const txByte *)data - sizeof(txChunk));
	return (uint64_t)((uint32_t)chunk->size & 0x7fffffffu);
}
