/*
 * Who owns what is alive. What a board keeps in flash (preloaded modules, built-ins) is not in the heap and not counted.
 *
 * A slot belongs to the instance that holds it: its properties, private fields, entries of a map. An instance belongs
 * to its constructor, which its prototype names; functions and the variables that they capture to their module. A
 * chunk belongs to the slot that refers to it. Slots are counted as engine-memory.c does it.
 */

#include "profile.h"

#define FREE UINT16_MAX

static struct {
	profile_range *ranges;
	uint32_t count;
	uint16_t *owners;	/* index + 1 of each slot's owner */
	profile_census *census;
	uint64_t owned_bytes;
} walk;

/* Where there are too many, the first takes the rest. */
static uint16_t owner_of(const char *kind, txID name, const void *key)
{
	profile_census *census = walk.census;
	for (uint32_t i = 0; i < census->owner_count; i++) {
		const profile_owner *owner = &census->owners[i];
		if (owner->key == key && owner->kind == kind && owner->name == name)
			return (uint16_t)i;
	}
	if (census->owner_count == PROFILE_OWNERS_MAX)
		return 0;
	census->owners[census->owner_count] = (profile_owner){ .kind = kind, .name = name, .key = key };
	return (uint16_t)census->owner_count++;
}

static const char OTHER[] = "other", FUNCTIONS[] = "functions", CAPTURED[] = "captured variables",
	NAMES[] = "names", BARE[] = "objects without prototype";

/* Of the chunks that the slot alone refers to. */
static uint64_t chunks_of(const txSlot *slot)
{
	switch (slot->kind) {
	case XS_STRING_KIND: return profile_chunk_size(slot->value.string);
	case XS_BIGINT_KIND: return profile_chunk_size(slot->value.bigint.data);
	case XS_ARGUMENTS_SLOPPY_KIND:
	case XS_ARGUMENTS_STRICT_KIND:
	case XS_ARRAY_KIND:
	case XS_STACK_KIND: return profile_chunk_size(slot->value.array.address);
	case XS_ARRAY_BUFFER_KIND: return profile_chunk_size(slot->value.arrayBuffer.address);
	case XS_CODE_KIND: return profile_chunk_size(slot->value.code.address);
	case XS_GLOBAL_KIND:
	case XS_MAP_KIND:
	case XS_SET_KIND: return profile_chunk_size(slot->value.table.address);
	case XS_HOST_KIND: return slot->flag & XS_HOST_CHUNK_FLAG ? profile_chunk_size(slot->value.host.data) : 0;
	case XS_IDS_KIND: return profile_chunk_size(slot->value.IDs);
	case XS_KEY_KIND: return profile_chunk_size(slot->value.key.string);
	case XS_REGEXP_KIND: return profile_chunk_size(slot->value.regexp.code) + profile_chunk_size(slot->value.regexp.data);
	default: return 0;
	}
}

static void own(const txSlot *slot, uint16_t owner);

static void own_list(const txSlot *slot, uint16_t owner)
{
	for (; slot; slot = slot->next)
		own(slot, owner);
}

static void add_chunks(const txSlot *slot, uint16_t owner)
{
	uint64_t bytes = chunks_of(slot);
	walk.owned_bytes += bytes;
	walk.census->owners[owner].chunk_bytes += bytes;
}

/* What hangs on a slot and is no instance. */
static void own_parts(const txSlot *slot, uint16_t owner)
{
	switch (slot->kind) {
	case XS_ARGUMENTS_SLOPPY_KIND:
	case XS_ARGUMENTS_STRICT_KIND:
	case XS_ARRAY_KIND:
	case XS_STACK_KIND: {
		const txSlot *item = slot->value.array.address;
		const txByte *data = (const txByte *)item;
		txIndex room = item ? (txIndex)(((const txChunk *)(data - sizeof(txChunk)))->size / sizeof(txSlot)) : 0;
		txIndex length = slot->value.array.length < room ? slot->value.array.length : room;
		for (txIndex i = 0; i < length; i++)
			add_chunks(item + i, owner);
		break;
	}
	case XS_CLOSURE_KIND:
		if (slot->value.closure)
			own(slot->value.closure, owner);
		break;
	case XS_LIST_KIND: own_list(slot->value.list.first, owner); break;
	case XS_PRIVATE_KIND: own_list(slot->value.private.first, owner); break;
	case XS_WEAK_MAP_KIND:
	case XS_WEAK_SET_KIND: own_list(slot->value.weakList.first, owner); break;
	case XS_MAP_KIND:
	case XS_SET_KIND:
		for (txSize i = 0; i < slot->value.table.length; i++)
			own_list(slot->value.table.address[i], owner);
		break;
	}
}

static void own(const txSlot *slot, uint16_t owner)
{
	int64_t index = profile_index(walk.ranges, walk.count, slot);
	if (index < 0 || walk.owners[index])
		return;
	walk.owners[index] = (uint16_t)(owner + 1);
	add_chunks(slot, owner);
	walk.census->owners[owner].slots++;
	walk.census->slots++;
	own_parts(slot, owner);
}

static void own_instance(const txSlot *instance, uint16_t owner)
{
	int64_t index = profile_index(walk.ranges, walk.count, instance);
	if (index < 0 || walk.owners[index])
		return;
	own(instance, owner);
	walk.census->owners[owner].instances++;
	own_list(instance->next, owner);
}

static int is_environment(const txSlot *instance)
{
	return (instance->flag & XS_EXOTIC_FLAG) && instance->next && instance->next->ID == XS_ENVIRONMENT_BEHAVIOR;
}

/* A function, with the variables that it and the functions around it captured. */
static void own_function(const txSlot *instance)
{
	const txSlot *code = instance->next;
	int is_script = code->kind == XS_CODE_KIND || code->kind == XS_CODE_X_KIND;
	const char *module = is_script ? profile_module_of(code->value.code.address) : NULL;
	own_instance(instance, owner_of(FUNCTIONS, 0, module));
	const txSlot *environment = is_script ? code->value.code.closures : code->value.callback.closures;
	for (; environment && is_environment(environment); environment = environment->value.instance.prototype)
		own_instance(environment, owner_of(CAPTURED, 0, module));
}

static uint16_t constructor_of(txMachine *the, const txSlot *instance)
{
	const txSlot *prototype = instance->value.instance.prototype;
	if (!prototype)
		return owner_of(BARE, 0, NULL);
	for (; prototype; prototype = prototype->value.instance.prototype)
		for (const txSlot *property = prototype->next; property; property = property->next) {
			if ((property->flag & XS_INTERNAL_FLAG) || property->ID != mxID(_constructor)
				|| property->kind != XS_REFERENCE_KIND || !mxIsFunction(property->value.reference))
				continue;
			const txSlot *code = property->value.reference->next;
			int is_script = code->kind == XS_CODE_KIND || code->kind == XS_CODE_X_KIND;
			return owner_of(NULL, code->ID, is_script ? (const void *)code->value.code.address
				: (const void *)code->value.callback.address);
		}
	return owner_of(OTHER, 0, NULL);
}

static void for_each_slot(void (*visit)(txMachine *the, const txSlot *slot))
{
	txMachine *the = profile.engine->machine;
	for (uint32_t i = 0; i < walk.count; i++)
		for (const txSlot *slot = walk.ranges[i].start; slot < walk.ranges[i].end; slot++)
			if (!walk.owners[walk.ranges[i].first + (slot - walk.ranges[i].start)])
				visit(the, slot);
}

static void visit_function(txMachine *the, const txSlot *slot)
{
	if (slot->kind == XS_INSTANCE_KIND && mxIsFunction(slot))
		own_function(slot);
}

static void visit_instance(txMachine *the, const txSlot *slot)
{
	if (slot->kind == XS_INSTANCE_KIND)
		own_instance(slot, is_environment(slot) ? owner_of(CAPTURED, 0, NULL) : constructor_of(the, slot));
}

static void visit_rest(txMachine *the, const txSlot *slot)
{
	(void)the;
	own(slot, owner_of(slot->kind == XS_KEY_KIND || slot->kind == XS_KEY_X_KIND ? NAMES : OTHER, 0, NULL));
}

/* The stack refers to chunks too. */
static void visit_stack(const txMachine *the)
{
	uint16_t owner = owner_of(OTHER, 0, NULL);
	for (const txSlot *slot = the->stack; slot < the->stackTop; slot++)
		if (slot->kind == XS_STRING_KIND || slot->kind == XS_BIGINT_KIND)
			add_chunks(slot, owner);
}

static void count_tracked(void)
{
	for (uint32_t i = 0; i < profile.node_count; i++)
		profile.nodes[i].live_slots = profile.nodes[i].live_bytes = 0;
	for (uint32_t i = 0; i < profile.tracked_count; i++) {
		profile_node *node = &profile.nodes[profile.tracked[i].node];
		node->live_slots += profile.slot_period;
		node->live_bytes += chunks_of(profile.tracked[i].slot) * profile.slot_period;
	}
}

void profile_count(profile_census *census)
{
	const txMachine *the = profile.engine->machine;
	memset(census, 0, sizeof *census);
	uint32_t slots = profile_ranges(the, &walk.ranges, &walk.count);
	walk.owners = calloc(slots ? slots : 1, sizeof *walk.owners);
	walk.census = census;
	walk.owned_bytes = 0;
	if (walk.owners) {
		for (const txSlot *slot = the->freeHeap; slot; slot = slot->next)
			walk.owners[profile_index(walk.ranges, walk.count, slot)] = FREE;
		for_each_slot(visit_function);
		for_each_slot(visit_instance);
		for_each_slot(visit_rest);
		visit_stack(the);
	}
	census->chunk_bytes = (uint64_t)the->currentChunksSize;
	census->unowned_bytes = census->chunk_bytes > walk.owned_bytes ? census->chunk_bytes - walk.owned_bytes : 0;
	count_tracked();
	free(walk.owners);
	free(walk.ranges);
}
