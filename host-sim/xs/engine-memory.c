/*
 * The memory of the machine, against a board's budget, and of the base.
 *
 * `creation.static` of the manifest is what a board gives to stack, heap and chunks together: one region, in which
 * chunks grow from the start and slots, the stack first, from the end. On a 64-bit host a slot takes 32 bytes where a
 * board's takes 16; slots are counted at 16 whatever they take, and the region is large enough for that. Chunks are
 * counted as they are; those that hold slots or pointers (arrays, tables) are larger there than on a board, so the
 * simulator is never the more generous of the two. What XS takes outside of it (names that are made while it runs,
 * the table of aliases, the machine itself) a board does not count either.
 *
 * A base is in memory that the platform keeps, and is not counted.
 */

#include "engine-private.h"

#define ALIGNMENT 16

/* Not in the engine: XS forgets that before it frees what it has. */
static struct {
	txByte *start;	/* NULL without a budget: everything is allocated by itself */
	size_t size, chunks, slots;	/* taken from the start and from the end */
} region;

void *engine_keep(interlock_engine *maker, size_t size)
{
	const interlock_platform *platform = maker->platform;
	size = (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
	void *memory = platform->keep(platform->context, size);
	if (!memory || (maker->base && memory != maker->base->end))
		engine_end(maker, INTERLOCK_MEMORY_FULL, "no room for the base in one piece");
	if (maker->base)
		maker->base->end = (txByte *)memory + size;
	return memory;
}

void engine_open_memory(interlock_engine *engine)
{
	size_t limit = engine->creation->static_size;
	memset(&region, 0, sizeof region);
	if (!limit)
		return;
	region.size = (limit * (sizeof(txSlot) / INTERLOCK_BOARD_SLOT_SIZE)) & ~(size_t)(ALIGNMENT - 1);
	region.start = malloc(region.size);
	if (!region.start)
		engine_end(engine, INTERLOCK_MEMORY_FULL, "no room for the machine");
}

void engine_close_memory(void)
{
	free(region.start);
	region.start = NULL;
}

/* Counts `size` of the budget; 0 where it is used up. */
static int take(interlock_engine *engine, size_t size)
{
	size_t limit = engine->creation->static_size;
	if (limit && (size > limit || engine->reserved > limit - size))
		return 0;
	engine->reserved += size;
	return 1;
}

static size_t left(void)
{
	return region.size - region.chunks - region.slots;
}

void *fxAllocateChunks(txMachine *the, txSize size)
{
	interlock_engine *engine = ENGINE(the);
	if (size < 0)
		return C_NULL;
	if (engine->is_maker)
		return engine_keep(engine, (size_t)size);
	if (!take(engine, (size_t)size))
		return C_NULL;
	engine->reserved_chunks += (size_t)size;
	if (!region.start)
		return malloc((size_t)size);
	if ((size_t)size > left())
		return C_NULL;
	region.chunks += (size_t)size;
	return region.start + region.chunks - size;
}

txSlot *fxAllocateSlots(txMachine *the, txSize count)
{
	interlock_engine *engine = ENGINE(the);
	size_t size = (size_t)count * sizeof(txSlot);
	if (count < 0)
		return C_NULL;
	/* XS asks for the stack first; of that the base needs only the part that is used in the end. */
	if (engine->is_maker)
		return the->stackBottom ? engine_keep(engine, size) : malloc(size);
	if (!take(engine, (size_t)count * INTERLOCK_BOARD_SLOT_SIZE))
		return C_NULL;
	if (!region.start)
		return malloc(size);
	if (size > left())
		return C_NULL;
	region.slots += size;
	return (txSlot *)(region.start + region.size - region.slots);
}

/* Blocks are only given back when the machine ends, and then the region as a whole. */
void fxFreeChunks(txMachine *the, void *block)
{
	(void)the;
	if (!region.start)
		free(block);
}

void fxFreeSlots(txMachine *the, void *slots)
{
	(void)the;
	if (!region.start)
		free(slots);
}

interlock_memory interlock_engine_memory(interlock_engine *engine)
{
	txMachine *the = engine->machine;
	interlock_memory memory = { 0 };
	fxCollectGarbage(the);
	memory.slots = (uint32_t)the->currentHeapCount;
	memory.chunk_bytes = (uint32_t)the->currentChunksSize;
	memory.base_slots = engine->base->slots;
	memory.base_chunk_bytes = engine->base->chunk_bytes;
	memory.reserved_bytes = (uint32_t)engine->reserved;
	memory.reserved_chunk_bytes = (uint32_t)engine->reserved_chunks;
	memory.limit_bytes = engine->creation->static_size;
	return memory;
}
