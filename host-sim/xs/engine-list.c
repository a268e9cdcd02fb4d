/*
 * What a base holds, for reports: how large each of its parts is. See engine.h.
 *
 * Leaves out what its heap slots are used for; XS keeps no record of that.
 */

#include "engine-private.h"

static uint32_t slot_bytes(const txPreparation *preparation)
{
	size_t size = 0;
	/* The first slot of a block says where the next block is and where this one ends. */
	for (const txSlot *heap = preparation->heap; heap; heap = heap->next)
		size += (size_t)((txByte *)heap->value.reference - (txByte *)heap);
	return (uint32_t)size;
}

static uint32_t name_bytes(const txPreparation *preparation)
{
	size_t size = 0;
	for (txID i = 0; i < (txID)preparation->keyCount; i++) {
		const txSlot *key = preparation->keys[i];
		if (key && (key->kind == XS_KEY_KIND || key->kind == XS_KEY_X_KIND) && key->value.key.string)
			size += strlen(key->value.key.string) + 1;
	}
	return (uint32_t)size;
}

interlock_base_sizes interlock_base_measure(const interlock_base *base)
{
	const txPreparation *preparation = &base->preparation;
	return (interlock_base_sizes){
		.all = (uint32_t)((const txByte *)base->end - (const txByte *)base),
		.slots = slot_bytes(preparation),
		.chunks = base->chunk_bytes,
		.names = name_bytes(preparation),
		.name_tables = (uint32_t)(preparation->keyCount * sizeof *preparation->keys
			+ (size_t)preparation->nameModulo * sizeof *preparation->names
			+ (size_t)preparation->symbolModulo * sizeof *preparation->symbols),
	};
}

const char *interlock_base_module(const interlock_base *base, size_t index, uint32_t *code_size)
{
	if (index >= base->module_count)
		return NULL;
	*code_size = (uint32_t)base->modules[index].script.codeSize;
	return base->modules[index].name;
}
