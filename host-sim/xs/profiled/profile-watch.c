/*
 * What stands in front of XS in the profiled variant: fxCollect, fxNewSlot, fxNewChunk and fxNewGrowableChunk. XS's
 * own are called `...Unwatched` there (bin/setup/variants.mjs).
 */

#include "profile.h"

extern void fxCollectUnwatched(txMachine *the, txFlag flag);
extern txSlot *fxNewSlotUnwatched(txMachine *the);
extern void *fxNewChunkUnwatched(txMachine *the, txSize size);
extern void *fxNewGrowableChunkUnwatched(txMachine *the, txSize size, txSize capacity);

/* A new peak is counted when it is above the last by this part. */
#define PEAK_STEP 64
#define CHUNK_STEP 256

static int is_on(const txMachine *the)
{
	return profile.engine && profile.engine->machine == the;
}

/* The distance to the next slot that is watched, around the period, so that no loop keeps in step with it. */
static uint32_t next_distance(void)
{
	static uint32_t random = 1;
	if (profile.slot_period == 1)
		return 1;
	random = random * 1664525 + 1013904223;
	return 1 + (random >> 8) % (profile.slot_period * 2 - 1);
}

/* Only a collection that compacts tells how much of the chunks is alive; between two, no more is taken for alive. */
static void count_peak(const txMachine *the, int is_compact)
{
	static txSize chunks;
	if (is_compact || the->currentChunksSize < chunks)
		chunks = the->currentChunksSize;
	uint64_t garbage = (uint64_t)(the->currentChunksSize - (chunks ? chunks : the->currentChunksSize));
	uint64_t bytes = profile_live_bytes() - garbage;
	if (bytes <= profile.peak_bytes + profile.peak_bytes / PEAK_STEP)
		return;
	profile.peak_bytes = bytes;
	profile_count(&profile.peak);
	for (uint32_t i = 0; i < profile.node_count; i++) {
		profile.nodes[i].peak_slots = profile.nodes[i].live_slots;
		profile.nodes[i].peak_bytes = profile.nodes[i].live_bytes;
	}
}

void fxCollect(txMachine *the, txFlag flag)
{
	if (!is_on(the) || !(the->collectFlag & XS_COLLECTING_FLAG)) {
		fxCollectUnwatched(the, flag);
		return;
	}
	int is_report = !profile.engine->entered;
	/* A slot's or chunk's allocation noted its node already, and the stack is still that of then. */
	uint32_t before = profile_note(profile.noted ? profile.noted : profile.phase_node);
	uint32_t at = is_report ? profile.phase_node : profile_here();
	uint32_t node = profile_child(at, is_report ? PROFILE_REPORT : PROFILE_COLLECTOR);
	profile_note(node);
	uint64_t start_ns = profile_cpu_ns();
	profile.collecting = 1;
	fxCollectUnwatched(the, flag);
	profile.collecting = 0;
	if (is_report) {
		profile.reports++;
	} else {
		profile.collection_ns += profile_cpu_ns() - start_ns;
		profile.collections++;
		profile.compactions += (flag & XS_COMPACT_FLAG) != 0;
		profile.nodes[node].collections++;
	}
	profile_note(profile_child(profile.phase_node, PROFILE_SELF));
	profile_prune();
	count_peak(the, flag & XS_COMPACT_FLAG);
	profile_release(before);
}

/* Watches one slot. */
static void watch_slot(const txSlot *slot, uint32_t weight)
{
	uint32_t before = profile_note(profile_child(profile.phase_node, PROFILE_SELF));
	uint32_t node = profile_here();
	profile.nodes[node].slots += weight;
	if (profile.tracked_count == PROFILE_TRACKED_MAX) {
		profile.tracked_lost++;
	} else {
		profile.tracked[profile.tracked_count].slot = slot;
		profile.tracked[profile.tracked_count++].node = node;
	}
	profile_release(before);
}

txSlot *fxNewSlot(txMachine *the)
{
	static uint32_t left = 1;
	txSlot *slot;
	if (!is_on(the))
		return fxNewSlotUnwatched(the);
	if (the->freeHeap) {
		slot = fxNewSlotUnwatched(the);
	} else {
		/* The list of heaps changes. */
		uint32_t before = profile_note(profile.phase_node);
		profile_note(profile_here());
		slot = fxNewSlotUnwatched(the);
		profile_release(before);
	}
	profile.slots_allocated++;
	if (--left == 0) {
		watch_slot(slot, profile.slot_period);
		left = next_distance();
	}
	return slot;
}

/* Small chunks are many: what they add up to counts where the sum passes the step. */
static void watch_chunk(txSize size)
{
	static uint64_t pending;
	profile.chunks_allocated++;
	profile.chunk_bytes_allocated += (uint64_t)size;
	pending += (uint64_t)size;
	if (pending < CHUNK_STEP && profile.slot_period > 1)
		return;
	uint32_t before = profile_note(profile_child(profile.phase_node, PROFILE_SELF));
	profile.nodes[profile_here()].bytes += pending;
	pending = 0;
	profile_release(before);
}

void *fxNewChunk(txMachine *the, txSize size)
{
	void *chunk = fxNewChunkUnwatched(the, size);
	if (is_on(the))
		watch_chunk(size);
	return chunk;
}

void *fxNewGrowableChunk(txMachine *the, txSize size, txSize capacity)
{
	void *chunk = fxNewGrowableChunkUnwatched(the, size, capacity);
	if (is_on(the))
		watch_chunk(capacity);
	return chunk;
}
