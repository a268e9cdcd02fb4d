/*
 * Making a base: what a board has in flash, as the SDK's linker makes it for a real one.
 *
 * A machine is created, every module compiled, the preloaded ones run. Then XS shares it: what of it may be changed
 * gets a number under which a clone finds its own copy, the rest is only read. The machine itself is dropped; its
 * slots, chunks, used stack and tables stay, in memory that the platform keeps and that is not written again.
 */

#include "engine-private.h"

/*
 * What the machine begins with and grows by while the base is made. Small steps take longer, since garbage is collected
 * before each, and leave fewer slots unused in the end, which a chip would have in its flash.
 */
#define BASE_CHUNKS (16 * 1024)
#ifndef BASE_SLOTS
#define BASE_SLOTS 1024
#endif
#define BASE_STACK 4096
#define BASE_KEYS 4096
#define KEYS_STEP 512
/* For a block of the heap, beside one slot for each module. */
#define SHARE_SLOTS 16

/* XS has it, undeclared. */
extern void fxGrowSlots(txMachine *the, txSize count);

static void create(interlock_engine *maker)
{
	const interlock_creation *creation = maker->creation;
	txCreation base = { 0 };
	base.initialChunkSize = BASE_CHUNKS;
	base.incrementalChunkSize = BASE_CHUNKS;
	base.initialHeapCount = BASE_SLOTS;
	base.incrementalHeapCount = BASE_SLOTS;
	base.stackCount = BASE_STACK;
	base.initialKeyCount = BASE_KEYS;
	base.incrementalKeyCount = KEYS_STEP;
	base.nameModulo = (txSize)creation->keys_name;
	base.symbolModulo = (txSize)creation->keys_symbol;
	base.parserBufferSize = (txSize)creation->parser_buffer;
	base.parserTableModulo = (txSize)creation->parser_table;
	maker->machine = fxCreateMachine(&base, "base", maker, XS_NO_ID);
	if (!maker->machine)
		engine_end(maker, INTERLOCK_MEMORY_FULL, "no room for the machine that becomes the base");
}

static void add_builtins(interlock_engine *maker)
{
	txMachine *the = fxBeginHost(maker->machine);
	engine_freeze_builtins(the);
	fxNewHostFunction(the, engine_trace, 1, XS_NO_ID, XS_NO_ID);
	mxPush(mxGlobal);
	fxSetID(the, fxID(the, "trace"));
	mxPop();
	fxEndHost(the);
}

/* XS looks a global name up once and remembers it; in a base it can remember nothing later. */
static void look_up_globals(interlock_engine *maker)
{
	txMachine *the = maker->machine;
	txSlot *global = mxGlobal.value.reference;
	for (txID id = XS_SYMBOL_ID_COUNT; id < XS_INTRINSICS_COUNT; id++)
		if (!mxBehaviorGetProperty(the, global, id, 0, XS_OWN))
			engine_end(maker, INTERLOCK_ENGINE_FAULT, "the global object is not that of this XS");
}

/* What bears a number that XS gave out: instances, and variables behind closures. The first, 0, is left alone. */
static void find_numbered(txMachine *the, txSlot **numbered)
{
	for (txSlot *heap = the->firstHeap; heap; heap = heap->next)
		for (txSlot *slot = heap + 1; slot < heap->value.reference; slot++) {
			txSlot *bearer = NULL;
			if (slot->kind == XS_INSTANCE_KIND)
				bearer = slot;
			else if (slot->kind == XS_CLOSURE_KIND && !(slot->value.closure->flag & XS_DONT_SET_FLAG))
				bearer = slot->value.closure;
			if (bearer && bearer->ID != XS_NO_ID)
				numbered[bearer->ID] = bearer;
		}
}

/* The list of a function's outer variables never changes, once it is made; only these do, which have their own numbers. */
static void drop_scopes(txMachine *the, txSlot **numbered)
{
	for (txSlot *heap = the->firstHeap; heap; heap = heap->next)
		for (txSlot *slot = heap + 1; slot < heap->value.reference; slot++) {
			int is_code = slot->kind == XS_CODE_KIND || slot->kind == XS_CODE_X_KIND;
			txSlot *scope = is_code ? slot->value.code.closures : NULL;
			if (scope && scope->ID != XS_NO_ID) {
				numbered[scope->ID] = NULL;
				scope->ID = XS_NO_ID;
			}
		}
}

/* A clone keeps a pointer in RAM for each number: without gaps, and none for what is never copied. */
static void renumber(txMachine *the)
{
	txSlot **numbered = calloc((size_t)the->aliasCount, sizeof *numbered);
	txID count = 1;
	if (!numbered)
		fxAbort(the, XS_NOT_ENOUGH_MEMORY_EXIT);
	find_numbered(the, numbered);
	drop_scopes(the, numbered);
	for (txID i = 1; i < the->aliasCount; i++)
		if (numbered[i])
			numbered[i]->ID = count++;
	the->aliasCount = count;
	free(numbered);
}

/*
 * XS numbers what can be changed from 0, which also means none. The first is what stands first in the heap: let that be
 * a list which no clone looks at, in a block of its own that has room for what XS makes while it shares.
 */
static void share(interlock_engine *maker)
{
	txMachine *the = maker->machine;
	engine_keep(maker, 1);
	fxGrowSlots(the, (txSize)maker->base->module_count + SHARE_SLOTS);
	fxNewInstance(the);
	mxPull(mxUnhandledPromises);
	fxShareMachine(the);
	if (mxUnhandledPromises.value.reference != the->firstHeap + 1)
		engine_end(maker, INTERLOCK_ENGINE_FAULT, "an object of the base has no number");
	renumber(the);
}

static void *copy(interlock_engine *maker, const void *bytes, size_t size)
{
	return memcpy(engine_keep(maker, size), bytes, size);
}

static void fill(interlock_engine *maker)
{
	txMachine *the = maker->machine;
	interlock_base *base = maker->base;
	txPreparation *preparation = &base->preparation;
	base->slots = (uint32_t)the->currentHeapCount;
	base->chunk_bytes = (uint32_t)the->currentChunksSize;
	preparation->version[0] = XS_MAJOR_VERSION;
	preparation->version[1] = XS_MINOR_VERSION;
	preparation->version[2] = XS_PATCH_VERSION;
	preparation->aliasCount = the->aliasCount;
	preparation->heap = the->firstHeap;
	preparation->heapCount = the->currentHeapCount;
	preparation->stackCount = (txSize)(the->stackTop - the->stack);
	preparation->stack = copy(maker, the->stack, (size_t)preparation->stackCount * sizeof(txSlot));
	preparation->keyCount = the->keyIndex;
	preparation->keys = copy(maker, the->keyArray, the->keyIndex * sizeof *the->keyArray);
	preparation->nameModulo = the->nameModulo;
	preparation->names = copy(maker, the->nameTable, (size_t)the->nameModulo * sizeof *the->nameTable);
	preparation->symbolModulo = the->symbolModulo;
	preparation->symbols = copy(maker, the->symbolTable, (size_t)the->symbolModulo * sizeof *the->symbolTable);
	preparation->profileID = the->profileID;
}

/* Gives back what XS took beside the base; heap and chunks are no longer its own. */
static void drop(interlock_engine *maker)
{
	txMachine *the = maker->machine;
	free(the->stackBottom);
	the->stackBottom = C_NULL;
	the->firstHeap = C_NULL;
	the->firstBlock = C_NULL;
	fxDeleteMachine(the);
	maker->machine = NULL;
}

interlock_base *interlock_base_make(const interlock_platform *platform, const interlock_creation *creation)
{
	static interlock_engine the_maker;
	interlock_engine *maker = &the_maker;
	*maker = (interlock_engine){ .platform = platform, .creation = creation, .is_maker = 1 };
	engine_stack_limit = platform->stack_limit;
	interlock_base *base = engine_keep(maker, sizeof *base);
	base->end = base + 1;
	maker->base = base;
	create(maker);
	engine_compile_all(maker);
	add_builtins(maker);
	for (size_t i = 0; i < base->module_count; i++)
		if (base->modules[i].preload)
			interlock_engine_enter(maker, engine_import, (void *)base->modules[i].name);
	look_up_globals(maker);
	engine_freeze_classes(maker->machine);
	share(maker);
	engine_seal(maker);
	fill(maker);
	drop(maker);
	return base;
}
