/*
 * A profile of one machine: where its time goes, who takes its memory, what is alive. See docs/profiling.md.
 *
 * Only the variant "profiled" has it (bin/setup/variants.mjs). There XS keeps the running frame in the machine where
 * others can see it, and calls what stands here before it collects garbage or takes slots and chunks. The parts:
 *
 *   profile.c         tables: functions, the call tree, samples; ticks
 *   profile-watch.c   what stands in front of XS: collections and allocations
 *   profile-blocks.c  the heap's blocks
 *   profile-heap.c    who owns what is alive
 *   profile-lines.c   the source line of a function
 *   profile-write.c   all of it as JSON
 *   profile-linux.c   timer, signal and arguments; the only part that asks the operating system for anything
 *
 * All tables are here from the beginning and have a fixed size. A tick may come at any instruction: it allocates
 * nothing, and where a table or the heap is being changed it counts for the node that was noted before.
 */

#ifndef INTERLOCK_PROFILE_H
#define INTERLOCK_PROFILE_H

#include "../engine-private.h"

#include <stdatomic.h>

#define PROFILE_FUNCTIONS_MAX 4096
#define PROFILE_NODES_MAX 32768
/* Frames of a stack that are told apart; those further out are left out. */
#define PROFILE_DEPTH_MAX 96
/* Ticks whose order is kept; later ones are only counted. Tests make it smaller. */
#ifndef PROFILE_SAMPLES_MAX
	#define PROFILE_SAMPLES_MAX (1 << 20)
#endif
#define PROFILE_PHASES_MAX 12
#define PROFILE_OWNERS_MAX 512
/* Slots that are watched at once for who allocated what is alive. */
#define PROFILE_TRACKED_MAX 65536
/* One slot of so many is watched, by default. */
#define PROFILE_SLOT_PERIOD 16

/* Functions that are none of JavaScript's. The phases follow them. */
enum {
	PROFILE_ROOT, PROFILE_IDLE, PROFILE_HOST, PROFILE_ENGINE, PROFILE_COLLECTOR, PROFILE_REPORT, PROFILE_SELF,
	PROFILE_LOST, PROFILE_PSEUDO_COUNT
};

typedef struct {
	const void *key;	/* its bytecode or C function; NULL for the pseudo functions */
	txID name;
	int is_native;
	const char *text;	/* of pseudo functions */
	txID class_name;
} profile_function;

typedef struct {
	uint32_t parent, function;
	uint32_t ticks, waiting;	/* waiting: part of the ticks, not on the processor */
	uint32_t collections;
	uint64_t slots, bytes;	/* allocated here; estimated from those watched */
	uint64_t live_slots, live_bytes;	/* of them, at the last count */
	uint64_t peak_slots, peak_bytes;	/* and at the highest */
} profile_node;

typedef struct {
	const char *kind;	/* what it is where it is no constructor's; else NULL */
	txID name;	/* the constructor's */
	const void *key;	/* its bytecode or C function; of a kind: the module's name, or NULL */
	uint32_t instances, slots;
	uint64_t chunk_bytes;
} profile_owner;

typedef struct {
	uint32_t slots;
	uint64_t chunk_bytes;
	uint64_t unowned_bytes;	/* of chunks: those that nothing counted refers to */
	uint32_t owner_count;
	profile_owner owners[PROFILE_OWNERS_MAX];
} profile_census;

typedef struct {
	interlock_engine *engine;	/* NULL until profile_start */
	uint32_t interval_ns, slot_period;
	uint32_t function_count, node_count, sample_count;
	uint32_t phase_count, phase;	/* index; its function is PROFILE_PSEUDO_COUNT + index, its node `phase_node` */
	uint32_t phase_node;
	volatile uint32_t noted;	/* while not 0, ticks count for this node */
	int collecting;	/* the heap cannot be read */
	uint64_t cpu_ns, wall_ns, ticks, ticks_unordered, stacks_cut;
	uint64_t collections, compactions, collection_ns, reports;
	uint64_t slots_allocated, chunks_allocated, chunk_bytes_allocated;
	uint32_t tracked_count, tracked_lost;
	uint64_t peak_bytes;
	profile_function functions[PROFILE_FUNCTIONS_MAX];
	profile_node nodes[PROFILE_NODES_MAX];
	uint32_t samples[PROFILE_SAMPLES_MAX], sample_ticks[PROFILE_SAMPLES_MAX];
	struct { const txSlot *slot; uint32_t node; } tracked[PROFILE_TRACKED_MAX];
	profile_census peak, end;
} profile_state;

extern profile_state profile;

/* profile.c */

/* Before the machine: a name for the time from now on. At most PROFILE_PHASES_MAX; returns its index, or -1. */
int profile_phase(const char *text);
void profile_enter_phase(int phase);
/* The machine is as a board's at power-on. */
void profile_start(interlock_engine *engine);
/*
 * `ticks` intervals have passed, `cpu_ns` of them on the processor; `is_waiting`: the host waits for something to do.
 */
void profile_tick(uint32_t ticks, uint64_t cpu_ns, int is_waiting);
/* The node of what runs now. Not for a tick. */
uint32_t profile_here(void);
uint32_t profile_child(uint32_t parent, uint32_t function);
/* PROFILE_LOST where the table is full, and for code that JavaScript compiled, which moves. */
uint32_t profile_function_of(const txSlot *instance);

/* While `node` is noted, the tables and the heap may be changed. Returns what was noted before, for profile_release. */
static inline uint32_t profile_note(uint32_t node)
{
	uint32_t before = profile.noted;
	profile.noted = node;
	atomic_signal_fence(memory_order_seq_cst);
	return before;
}

static inline void profile_release(uint32_t before)
{
	atomic_signal_fence(memory_order_seq_cst);
	profile.noted = before;
}

/* Whether `at` lies in what a board has in flash. */
static inline int profile_in_base(const void *at)
{
	const interlock_base *base = profile.engine->base;
	return (const txByte *)at >= (const txByte *)base && (const txByte *)at < (const txByte *)base->end;
}

/* profile-blocks.c */

typedef struct {
	const txSlot *start, *end;
	uint32_t first;	/* the index of `start` */
} profile_range;

/* The heap's blocks in order of their addresses; the caller frees them. Returns how many slots they have. */
uint32_t profile_ranges(const txMachine *the, profile_range **ranges, uint32_t *count);
/* The slot's index among `ranges`, or -1. */
int64_t profile_index(const profile_range *ranges, uint32_t count, const txSlot *slot);
/* Of the chunk whose bytes are at `data`; 0 where it is the base's, or `data` is NULL. */
uint64_t profile_chunk_size(const void *data);
uint64_t profile_live_bytes(void);
/* Drops the watched slots that were collected. Right after a collection. */
void profile_prune(void);

/* profile-heap.c */
void profile_count(profile_census *census);

/* profile-lines.c */
/* The module whose bytecode is at `key`, or NULL. */
const char *profile_module_of(const void *key);
/* The line of the function whose bytecode is at `key`, from 1; 0 where it is not known. Compiles its module again. */
int profile_line_of(const void *key);

/* profile-write.c: `symbol` gives a C function's name or NULL. */
void profile_write(FILE *file, const char *(*symbol)(const void *address));

/* Of the host: nanoseconds on the processor. */
uint64_t profile_cpu_ns(void);

#endif
