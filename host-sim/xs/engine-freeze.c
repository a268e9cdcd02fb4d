/*
 * Freezing what a board keeps in flash.
 *
 * On a board the built-ins are in read-only memory: assigning to one throws, and so does assigning `toString` to an
 * object whose prototype has it. Classes of preloaded modules, their prototypes and their functions are there too.
 * Here both are frozen instead, so that firmware that would fail on a board fails at home.
 * Other objects of preloaded modules stay writable; XS gives them a copy in RAM when they are changed.
 */

#include "engine-private.h"

static void freeze(txSlot *instance)
{
	instance->flag |= XS_DONT_PATCH_FLAG;
	for (txSlot *property = instance->next; property; property = property->next) {
		if (property->flag & XS_INTERNAL_FLAG)
			continue;
		property->flag |= XS_DONT_DELETE_FLAG;
		if (property->kind != XS_ACCESSOR_KIND)
			property->flag |= XS_DONT_SET_FLAG;
	}
}

static int is_function(const txSlot *instance)
{
	return (instance->flag & XS_CAN_CALL_FLAG) != 0;
}

/* The `prototype` of a function where it is an object. */
static txSlot *prototype_of(txMachine *the, txSlot *function)
{
	for (txSlot *property = function->next; property; property = property->next)
		if (!(property->flag & XS_INTERNAL_FLAG) && property->ID == mxID(_prototype)
			&& property->kind == XS_REFERENCE_KIND)
			return property->value.reference;
	return NULL;
}

static void for_each_instance(txMachine *the, void (*visit)(txMachine *, txSlot *))
{
	for (txSlot *heap = the->firstHeap; heap; heap = heap->next)
		for (txSlot *slot = heap + 1; slot < heap->value.reference; slot++)
			if (slot->kind == XS_INSTANCE_KIND)
				visit(the, slot);
}

/* The engine's own lists (realms, modules, jobs) have no prototype; of the built-ins only Object.prototype has none. */
static void freeze_builtin(txMachine *the, txSlot *instance)
{
	int is_list = !instance->value.instance.prototype && instance != mxObjectPrototype.value.reference;
	if (!is_list && instance != mxGlobal.value.reference)
		freeze(instance);
}

static void freeze_class(txMachine *the, txSlot *instance)
{
	txSlot *prototype = is_function(instance) ? prototype_of(the, instance) : NULL;
	if (is_function(instance))
		freeze(instance);
	if (prototype)
		freeze(prototype);
}

void engine_freeze_builtins(txMachine *the)
{
	for_each_instance(the, freeze_builtin);
}

void engine_freeze_classes(txMachine *the)
{
	for_each_instance(the, freeze_class);
}
