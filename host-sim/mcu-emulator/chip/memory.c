/* The console lines `@memory`: what the machine holds, as on Linux, and the chip's RAM by who has it. */

#include "memory.h"
#include "chip.h"
#include "crypto-memory.h"
#include "devices.h"
#include "host.h"

#include <stdio.h>
#include <string.h>

static void print(const interlock_memory *memory)
{
	ram_use ram = ram_measure();
	network_figures network = network_measure();
	printf("@memory {\"slots\":%lu,\"chunkBytes\":%lu,\"baseSlots\":%lu,\"baseChunkBytes\":%lu,\"reservedBytes\":%lu,"
		"\"reservedChunkBytes\":%lu,\"limitBytes\":%lu,\"chip\":{\"ramBytes\":%lu,\"neverTouchedBytes\":%lu,\"stackBytes\":%lu,"
		"\"stackPeakBytes\":%lu,\"staticBytes\":%lu,\"heapBytes\":%lu,\"heapPeakBytes\":%lu,\"cryptoBytes\":%lu,"
		"\"cryptoPeakBytes\":%lu,\"networkBytes\":%lu,\"networkPeakBytes\":%lu}}\n", memory->slots,
		memory->chunk_bytes, memory->base_slots, memory->base_chunk_bytes, memory->reserved_bytes,
		memory->reserved_chunk_bytes, memory->limit_bytes, ram.ram, ram.never_touched, ram.stack, ram.stack_peak, ram.statics, ram.heap,
		ram.heap_peak, crypto_bytes(), crypto_peak_bytes(), network.bytes, network.peak_bytes);
	console_instructions();
}

void memory_print(int always)
{
	static interlock_memory last;
	chip_pause_count();
	interlock_memory memory = interlock_engine_memory(host_engine);
	if (always || memcmp(&memory, &last, sizeof memory))
		print(&memory);
	last = memory;
	chip_resume_count();
}
