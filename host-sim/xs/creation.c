/* See creation.h. */

#include "creation.h"

#include <stddef.h>
#include <string.h>

static const struct { const char *name; size_t offset; } fields[] = {
	{ "static", offsetof(interlock_creation, static_size) },
	{ "chunk.initial", offsetof(interlock_creation, chunk_initial) },
	{ "chunk.incremental", offsetof(interlock_creation, chunk_incremental) },
	{ "heap.initial", offsetof(interlock_creation, heap_initial) },
	{ "heap.incremental", offsetof(interlock_creation, heap_incremental) },
	{ "stack", offsetof(interlock_creation, stack) },
	{ "keys.initial", offsetof(interlock_creation, keys_initial) },
	{ "keys.incremental", offsetof(interlock_creation, keys_incremental) },
	{ "keys.name", offsetof(interlock_creation, keys_name) },
	{ "keys.symbol", offsetof(interlock_creation, keys_symbol) },
	{ "parser.buffer", offsetof(interlock_creation, parser_buffer) },
	{ "parser.table", offsetof(interlock_creation, parser_table) },
};

int creation_set(interlock_creation *creation, const char *name, uint32_t value)
{
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
		if (!strcmp(fields[i].name, name)) {
			*(uint32_t *)((char *)creation + fields[i].offset) = value;
			return 0;
		}
	return -1;
}
