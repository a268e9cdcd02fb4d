/*
 * The memory of the machine, against a board's budget.
 *
 * `creation.static` of the manifest is what a board gives to stack, heap and chunks together. Here a slot takes 32
 * bytes where a board's takes 16, so slots are counted at 16 whatever they take. Chunks are counted as they are; those
 * that hold slots or pointers (arrays, tables) are larger here than on a board, so the simulator is never the more
 * generous of the two. What exists when the limit is set (built-ins, preloaded modules, names) lies in a board's flash
 * and is not counted, nor is compiled code.
 */

#include "engine-private.h"

/* What XS adds to a block and to a chunk, at most; a first block below the other is not worth having. */
#define CHUNK_OVERHEAD 96
#define FIRST_CHUNK_MIN 256

/* Where chunks grow from once the base is in place. Not in the engine: XS forgets that before it frees blocks. */
static struct {
	txByte *bytes;
	size_t size, used;
} chunks;

/* XS has it, undeclared. */
extern void fxGrowSlots(txMachine *the, txSize count);

static int take(txMachine *the, size_t size)
{
	interlock_engine *engine = ENGINE(the);
	if (engine->limit && (size > engine->limit || engine->reserved > engine->limit - size))
		return 0;
	engine->reserved += size;
	return 1;
}

/* As on a board, what chunks grow by lies behind what they had, and XS makes one block of it. */
void *fxAllocateChunks(txMachine *the, txSize size)
{
	if (size < 0 || !take(the, (size_t)size))
		return C_NULL;
	if (!chunks.bytes)
		return malloc((size_t)size);
	if ((size_t)size > chunks.size - chunks.used)
		return C_NULL;
	chunks.used += (size_t)size;
	return chunks.bytes + chunks.used - size;
}

/* Blocks are only given back when the machine ends. */
void fxFreeChunks(txMachine *the, void *block)
{
	(void)the;
	txByte *bytes = block;
	if (!chunks.bytes || bytes < chunks.bytes || bytes >= chunks.bytes + chunks.size)
		free(block);
}

txSlot *fxAllocateSlots(txMachine *the, txSize count)
{
	if (count < 0 || !take(the, (size_t)count * INTERLOCK_BOARD_SLOT_SIZE))
		return C_NULL;
	return malloc((size_t)count * sizeof(txSlot));
}

void fxFreeSlots(txMachine *the, void *slots)
{
	(void)the;
	free(slots);
}

static int count_free_slots(txMachine *the)
{
	int count = 0;
	for (txSlot *slot = the->freeHeap; slot; slot = slot->next)
		count++;
	return count;
}

/* Holds free slots for good, until only `keep` are left. */
static void hold_slots(interlock_engine *engine, int keep)
{
	txMachine *the = engine->machine;
	int count = count_free_slots(the) - keep;
	if (count < 2)
		return;
	txSlot *last = fxNewInstance(the);
	for (int i = 1; i < count; i++)
		last = last->next = fxNewSlot(the);
	engine->ballast_slots = (uint32_t)count;
}

/* The same for all free chunks. */
static void hold_chunks(interlock_engine *engine)
{
	txMachine *the = engine->machine;
	for (txBlock *block = the->firstBlock; block; block = block->nextBlock) {
		txSize size = (txSize)(block->limit - block->current) & ~(txSize)15;
		if (size < 64)
			continue;
		mxPushUndefined();
		txSize before = the->currentChunksSize;
		the->stack->value.string = fxNewChunk(the, size - 32);
		the->stack->value.string[0] = 0;
		the->stack->kind = XS_STRING_KIND;
		engine->ballast_bytes += (uint32_t)(the->currentChunksSize - before);
	}
}

/* Gives the chunks one place to grow in, and the first block of it. */
static void begin_chunks(interlock_engine *engine)
{
	const interlock_creation *creation = engine->creation;
	txMachine *the = engine->machine;
	chunks.size = creation->static_size;
	chunks.bytes = chunks.size ? malloc(chunks.size) : C_NULL;
	if (chunks.size && !chunks.bytes)
		engine_end(engine, INTERLOCK_MEMORY_FULL, "no room for the machine");
	if (creation->chunk_initial < FIRST_CHUNK_MIN)
		return;
	mxPushUndefined();
	the->stack->value.string = fxNewChunk(the, (txSize)creation->chunk_initial - CHUNK_OVERHEAD);
	the->stack->value.string[0] = 0;
	the->stack->kind = XS_STRING_KIND;
	mxPop();
	fxCollectGarbage(the);
}

void engine_set_limit(interlock_engine *engine)
{
	const interlock_creation *creation = engine->creation;
	txMachine *the = engine->machine;
	fxCollectGarbage(the);
	fxCollectGarbage(the);
	engine->base_slots = (uint32_t)the->currentHeapCount;
	engine->base_chunk_bytes = (uint32_t)the->currentChunksSize;
	hold_chunks(engine);
	hold_slots(engine, (int)creation->heap_initial);
	the->minimumHeapCount = (txSize)creation->heap_incremental;
	the->minimumChunksSize = (txSize)creation->chunk_incremental;
	begin_chunks(engine);
	int free_slots = count_free_slots(the);
	if (free_slots < (int)creation->heap_initial)
		fxGrowSlots(the, (txSize)creation->heap_initial - free_slots + 2);
	engine->reserved = ((size_t)creation->stack + creation->heap_initial) * INTERLOCK_BOARD_SLOT_SIZE
		+ creation->chunk_initial;
	engine->limit = creation->static_size;
	the->keyDelta = (txID)creation->keys_incremental;
	if (the->keyCount > the->keyIndex + creation->keys_initial)
		the->keyCount = the->keyIndex + (txID)creation->keys_initial;
}

interlock_memory interlock_engine_memory(interlock_engine *engine)
{
	txMachine *the = engine->machine;
	interlock_memory memory = { 0 };
	fxCollectGarbage(the);
	memory.slots = (uint32_t)the->currentHeapCount - engine->ballast_slots;
	memory.chunk_bytes = (uint32_t)the->currentChunksSize - engine->ballast_bytes;
	memory.base_slots = engine->base_slots;
	memory.base_chunk_bytes = engine->base_chunk_bytes;
	memory.reserved_bytes = (uint32_t)engine->reserved;
	memory.limit_bytes = (uint32_t)engine->limit;
	return memory;
}
