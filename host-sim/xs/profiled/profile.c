/* The tables of a profile and the ticks that fill them; see profile.h. */

#include "profile.h"

#define FUNCTION_SLOTS (PROFILE_FUNCTIONS_MAX * 2)
/* Of a prototype, until its constructor is found. */
#define PROPERTIES_MAX 64
#define NODE_SLOTS (PROFILE_NODES_MAX * 2)

profile_state profile = { .slot_period = PROFILE_SLOT_PERIOD };

/* Open hash tables of index + 1. */
static uint32_t function_table[FUNCTION_SLOTS], node_table[NODE_SLOTS];

static uint32_t mix(uint64_t value)
{
	value *= 0x9e3779b97f4a7c15u;
	return (uint32_t)(value >> 32);
}

static void add_pseudo(const char *text)
{
	profile_function *function = &profile.functions[profile.function_count++];
	*function = (profile_function){ .text = text, .name = XS_NO_ID };
}

static void prepare(void)
{
	static const char *const names[PROFILE_PSEUDO_COUNT] = {
		"(root)", "(idle)", "(event loop)", "(engine)", "(garbage collector)", "(memory report)", "(profiler)",
		"(not told apart)",
	};
	if (profile.function_count)
		return;
	for (int i = 0; i < PROFILE_PSEUDO_COUNT; i++)
		add_pseudo(names[i]);
	profile.node_count = 1;
}

int profile_phase(const char *text)
{
	prepare();
	for (uint32_t i = 0; i < profile.phase_count; i++)
		if (!strcmp(profile.functions[PROFILE_PSEUDO_COUNT + i].text, text))
			return (int)i;
	if (profile.phase_count == PROFILE_PHASES_MAX || profile.engine)
		return -1;
	add_pseudo(text);
	return (int)profile.phase_count++;
}

void profile_enter_phase(int phase)
{
	uint32_t before = profile_note(profile.phase_node);
	profile.phase = (uint32_t)phase;
	profile.phase_node = profile_child(PROFILE_ROOT, PROFILE_PSEUDO_COUNT + (uint32_t)phase);
	profile_release(before == 0 ? 0 : profile.phase_node);
}

uint32_t profile_child(uint32_t parent, uint32_t function)
{
	uint32_t at = mix((uint64_t)parent << 32 | function) % NODE_SLOTS;
	for (uint32_t index; (index = node_table[at]); at = (at + 1) % NODE_SLOTS) {
		const profile_node *node = &profile.nodes[index - 1];
		if (node->parent == parent && node->function == function)
			return index - 1;
	}
	/* The last nodes are for the phases' own children, so that nothing is counted where it does not belong. */
	uint32_t reserve = function < PROFILE_PSEUDO_COUNT + PROFILE_PHASES_MAX ? 0 : 256;
	if (profile.node_count + reserve >= PROFILE_NODES_MAX)
		return parent;
	profile_node *node = &profile.nodes[profile.node_count];
	node->parent = parent;
	node->function = function;
	node_table[at] = ++profile.node_count;
	return profile.node_count - 1;
}

/*
 * Whether `slot` lies in the heap or the base. A frame's function always does; a tick trusts nothing that it reads of a
 * machine which it stopped between two instructions.
 */
static int is_slot(const txMachine *the, const txSlot *slot)
{
	if (profile_in_base(slot))
		return 1;
	for (const txSlot *heap = the->firstHeap; heap; heap = heap->next)
		if (slot > heap && slot < heap->value.reference)
			return 1;
	return 0;
}

/* The code of a function's instance, or NULL. */
static const txSlot *code_of(const txMachine *the, const txSlot *instance)
{
	const txSlot *code = is_slot(the, instance) ? instance->next : NULL;
	if (!code || !is_slot(the, code) || !(code->flag & XS_INTERNAL_FLAG))
		return NULL;
	int is_function = code->kind == XS_CODE_KIND || code->kind == XS_CODE_X_KIND
		|| code->kind == XS_CALLBACK_KIND || code->kind == XS_CALLBACK_X_KIND;
	return is_function ? code : NULL;
}

/* The class of a method, or XS_NO_ID: its home object is the class itself, or the prototype that names it. */
static txID class_of(const txMachine *the, const txSlot *function, const txSlot *home)
{
	const txSlot *object = home && is_slot(the, home) && home->kind == XS_HOME_KIND ? home->value.home.object : NULL;
	const txSlot *code = NULL;
	if (!object || object == function || !is_slot(the, object))
		return XS_NO_ID;
	if ((code = code_of(the, object)))
		return code->ID;
	const txSlot *property = object->next;
	for (int i = 0; i < PROPERTIES_MAX && property && is_slot(the, property); i++, property = property->next) {
		if ((property->flag & XS_INTERNAL_FLAG) || property->ID != mxID(_constructor))
			continue;
		if (property->kind != XS_REFERENCE_KIND || property->value.reference == function)
			return XS_NO_ID;
		code = code_of(the, property->value.reference);
		return code ? code->ID : XS_NO_ID;
	}
	return XS_NO_ID;
}

uint32_t profile_function_of(const txSlot *instance)
{
	const txSlot *code = instance->next;
	int is_script = code->kind == XS_CODE_X_KIND;
	if (code->kind == XS_CODE_KIND)
		return PROFILE_LOST;
	const void *key = is_script ? (const void *)code->value.code.address
		: (const void *)code->value.callback.address;
	uint32_t at = mix((uint64_t)(uintptr_t)key) % FUNCTION_SLOTS;
	for (uint32_t index; (index = function_table[at]); at = (at + 1) % FUNCTION_SLOTS)
		if (profile.functions[index - 1].key == key)
			return index - 1;
	if (profile.function_count == PROFILE_FUNCTIONS_MAX)
		return PROFILE_LOST;
	profile_function *function = &profile.functions[profile.function_count];
	*function = (profile_function){ .key = key, .name = code->ID, .is_native = !is_script };
	function->class_name = class_of(profile.engine->machine, instance, code->next);
	function_table[at] = ++profile.function_count;
	return profile.function_count - 1;
}

static const txSlot *function_in(const txMachine *the, const txSlot *frame)
{
	const txSlot *function = frame + 3;
	if (function->kind != XS_REFERENCE_KIND || !code_of(the, function->value.reference))
		return NULL;
	return function->value.reference;
}

/* The node of the running frame, made where it is not there. */
static uint32_t running(void)
{
	const txMachine *the = profile.engine->machine;
	uint32_t functions[PROFILE_DEPTH_MAX], node = profile.phase_node;
	int depth = 0;
	for (const txSlot *frame = the->frame; frame; frame = frame->next) {
		if (frame < the->stackBottom || frame + 4 >= the->stackTop || frame->kind != XS_FRAME_KIND)
			break;
		const txSlot *instance = function_in(the, frame);
		if (!instance)
			continue;
		if (depth == PROFILE_DEPTH_MAX) {
			profile.stacks_cut++;
			break;
		}
		functions[depth++] = profile_function_of(instance);
	}
	if (!depth)
		return profile_child(node, PROFILE_ENGINE);
	while (depth)
		node = profile_child(node, functions[--depth]);
	return node;
}

uint32_t profile_here(void)
{
	if (!profile.engine->entered)
		return profile_child(profile.phase_node, PROFILE_HOST);
	return running();
}

void profile_tick(uint32_t ticks, uint64_t cpu_ns, int is_waiting)
{
	uint32_t node, waiting = 0;
	if (!profile.engine || !profile.engine->machine)
		return;
	if (profile.noted)
		node = profile.noted;
	else if (profile.engine->entered)
		node = running();
	else
		node = profile_child(profile.phase_node, is_waiting ? PROFILE_IDLE : PROFILE_HOST);
	/* A tick that came late: the process was blocked, or others had the processor. */
	if (ticks > 1 && !(is_waiting && !profile.engine->entered)) {
		uint64_t busy = cpu_ns / profile.interval_ns;
		waiting = busy >= ticks ? 0 : ticks - (uint32_t)(busy ? busy : 1);
	}
	profile.ticks += ticks;
	profile.nodes[node].ticks += ticks;
	profile.nodes[node].waiting += waiting;
	if (profile.sample_count == PROFILE_SAMPLES_MAX) {
		profile.ticks_unordered += ticks;
		return;
	}
	profile.samples[profile.sample_count] = node;
	profile.sample_ticks[profile.sample_count++] = ticks;
}

void profile_start(interlock_engine *engine)
{
	if (!profile.phase_count)
		profile_phase("run");
	profile.engine = engine;
	profile_enter_phase(0);
}
