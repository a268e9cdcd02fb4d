/*
 * What of a base can be changed, and how it is made one that is only read.
 *
 * On a board the built-ins are in read-only memory: assigning to one throws, and so does assigning `toString` to an
 * object whose prototype has it. Classes of preloaded modules, their prototypes and their functions are there too.
 * Other objects of preloaded modules stay writable; XS gives them a copy in RAM when they are changed. It can do that
 * with objects, arrays, variables and private fields; whatever else a preloaded module holds (a map, a set, a buffer, a
 * regular expression, a date) can be read and not changed. What cannot even be read without being written, a promise or
 * a suspended generator, may not be there, nor what a native allocated.
 *
 * XS 13 forgets the copy in some places, on a board too: `import * as` shows an exported variable as it was at first,
 * `setTime` of a date writes to flash, and JSON.stringify refuses an object of a preloaded module.
 */

#include "engine-private.h"

static void freeze(txSlot *instance)
{
	instance->flag |= XS_DONT_PATCH_FLAG;
	for (txSlot *property = instance->next; property; property = property->next) {
		if (property->kind == XS_PRIVATE_KIND)
			continue;
		property->flag |= XS_DONT_DELETE_FLAG;
		if (property->kind != XS_ACCESSOR_KIND)
			property->flag |= XS_DONT_SET_FLAG;
		if (property->kind == XS_ARRAY_KIND && property->value.array.address)
			for (txIndex i = 0; i < fxGetIndexSize(NULL, property); i++)
				property->value.array.address[i].flag |= XS_DONT_DELETE_FLAG | XS_DONT_SET_FLAG;
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

void engine_freeze_builtins(txMachine *the)
{
	for_each_instance(the, freeze_builtin);
}

/* Refuses what cannot lie in a base. Returns whether XS could give the instance a copy. */
static int can_be_copied(txMachine *the, const txSlot *instance)
{
	const char *what = NULL;
	int can = 1;
	for (const txSlot *property = instance->next; property && property->flag & XS_INTERNAL_FLAG;
		property = property->next)
		switch (property->kind) {
		case XS_ARGUMENTS_SLOPPY_KIND:
		case XS_ARGUMENTS_STRICT_KIND:
		case XS_ARRAY_BUFFER_KIND:
		case XS_DATE_KIND:
		case XS_GLOBAL_KIND:
		case XS_MAP_KIND:
		case XS_PROXY_KIND:
		case XS_REGEXP_KIND:
		case XS_SET_KIND:
		case XS_WEAK_MAP_KIND:
		case XS_WEAK_REF_KIND:
		case XS_WEAK_SET_KIND: can = 0; break;
		case XS_PROMISE_KIND: what = "a promise"; break;
		case XS_STACK_KIND: what = "a generator"; break;
		case XS_FINALIZATION_REGISTRY_KIND: what = "a finalization registry"; break;
		case XS_HOST_KIND: what = property->value.host.data ? "an object of a native" : NULL; break;
		}
	if (what && instance != mxPromisePrototype.value.reference) {
		char message[100];
		snprintf(message, sizeof message, "a preloaded module holds %s, which cannot be kept in flash", what);
		engine_end(ENGINE(the), INTERLOCK_ENGINE_FAULT, message);
	}
	return can;
}

static void freeze_class(txMachine *the, txSlot *instance)
{
	txSlot *prototype = is_function(instance) ? prototype_of(the, instance) : NULL;
	if (is_function(instance) || !can_be_copied(the, instance))
		freeze(instance);
	if (prototype)
		freeze(prototype);
}

void engine_freeze_classes(txMachine *the)
{
	/* What is garbage is not asked whether it may lie in a base. */
	fxCollectGarbage(the);
	for_each_instance(the, freeze_class);
}

/*
 * Chunks of the base are no longer the collector's. A slot that refers to one says so, since values are copied into
 * slots that are collected. A regular expression takes fresh memory for what it matched.
 */
static void seal(txSlot *slot)
{
	switch (slot->kind) {
	case XS_STRING_KIND: slot->kind = XS_STRING_X_KIND; break;
	case XS_BIGINT_KIND: slot->kind = XS_BIGINT_X_KIND; break;
	case XS_KEY_KIND: slot->kind = XS_KEY_X_KIND; break;
	case XS_CODE_KIND: slot->kind = XS_CODE_X_KIND; break;
	case XS_REGEXP_KIND: slot->value.regexp.data = C_NULL; break;
	case XS_ARGUMENTS_SLOPPY_KIND:
	case XS_ARGUMENTS_STRICT_KIND:
	case XS_ARRAY_KIND:
		if (slot->value.array.address)
			for (txIndex i = 0; i < fxGetIndexSize(NULL, slot); i++)
				seal(slot->value.array.address + i);
		break;
	}
}

void engine_seal(interlock_engine *maker)
{
	txMachine *the = maker->machine;
	for (txSlot *heap = the->firstHeap; heap; heap = heap->next)
		for (txSlot *slot = heap + 1; slot < heap->value.reference; slot++)
			seal(slot);
	for (txSlot *slot = the->stack; slot < the->stackTop; slot++)
		seal(slot);
}
