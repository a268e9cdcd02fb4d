/* A profile as JSON, on which host-sim/profile/profile.ts builds; the names are there. */

#include "profile.h"

static void write_text(FILE *file, const char *text)
{
	if (!text) {
		fputs("null", file);
		return;
	}
	fputc('"', file);
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;
		if (c < 0x20 || c == '"' || c == '\\')
			fprintf(file, "\\u%04x", c);
		else
			fputc(c, file);
	}
	fputc('"', file);
}

static const char *name_of(txID id)
{
	return id == XS_NO_ID ? NULL : fxGetKeyName(profile.engine->machine, id);
}

static void write_functions(FILE *file, const char *(*symbol)(const void *address))
{
	fputs("\"functions\":[", file);
	for (uint32_t i = 0; i < profile.function_count; i++) {
		const profile_function *function = &profile.functions[i];
		fputs(i ? ",\n{\"name\":" : "\n{\"name\":", file);
		write_text(file, function->text ? function->text : name_of(function->name));
		fprintf(file, ",\"kind\":\"%s\"", function->text ? i < PROFILE_PSEUDO_COUNT ? "pseudo" : "phase"
			: function->is_native ? "native" : "script");
		if (!function->text) {
			fputs(",\"class\":", file);
			write_text(file, name_of(function->class_name));
		}
		if (!function->text && function->is_native) {
			fputs(",\"symbol\":", file);
			write_text(file, symbol(function->key));
		} else if (!function->text) {
			fputs(",\"module\":", file);
			write_text(file, profile_module_of(function->key));
			fprintf(file, ",\"line\":%d", profile_line_of(function->key));
		}
		fputc('}', file);
	}
	fputs("]", file);
}

/* Rows: parent, function, ticks, waiting, collections, slots, bytes; slots and bytes alive last, and at the peak. */
static void write_nodes(FILE *file)
{
	fputs("\"nodes\":[", file);
	for (uint32_t i = 0; i < profile.node_count; i++) {
		const profile_node *node = &profile.nodes[i];
		fprintf(file, "%s[%u,%u,%u,%u,%u,%llu,%llu,%llu,%llu,%llu,%llu]", i ? ",\n" : "\n", node->parent,
			node->function, node->ticks, node->waiting, node->collections, (unsigned long long)node->slots,
			(unsigned long long)node->bytes, (unsigned long long)node->live_slots,
			(unsigned long long)node->live_bytes, (unsigned long long)node->peak_slots,
			(unsigned long long)node->peak_bytes);
	}
	fputs("]", file);
}

static void write_list(FILE *file, const char *name, const uint32_t *list, uint32_t count)
{
	fprintf(file, "\"%s\":[", name);
	for (uint32_t i = 0; i < count; i++)
		fprintf(file, i ? ",%u" : "%u", list[i]);
	fputs("]", file);
}

static void write_census(FILE *file, const char *name, const profile_census *census)
{
	fprintf(file, "\"%s\":{\"slots\":%u,\"chunkBytes\":%llu,\"unownedBytes\":%llu,\"owners\":[", name,
		census->slots, (unsigned long long)census->chunk_bytes, (unsigned long long)census->unowned_bytes);
	const char *separator = "\n";
	for (uint32_t i = 0; i < census->owner_count; i++) {
		const profile_owner *owner = &census->owners[i];
		if (!owner->slots && !owner->chunk_bytes)
			continue;
		fprintf(file, "%s{\"name\":", separator);
		write_text(file, owner->kind ? owner->kind : name_of(owner->name));
		fprintf(file, ",\"kind\":\"%s\",\"module\":", owner->kind ? "kind" : "class");
		write_text(file, owner->kind ? owner->key : profile_module_of(owner->key));
		fprintf(file, ",\"instances\":%u,\"slots\":%u,\"chunkBytes\":%llu}", owner->instances, owner->slots,
			(unsigned long long)owner->chunk_bytes);
		separator = ",\n";
	}
	fputs("]}", file);
}

void profile_write(FILE *file, const char *(*symbol)(const void *address))
{
	const interlock_engine *engine = profile.engine;
	fprintf(file, "{\"format\":\"interlock-profile-1\",\"engine\":\"XS %s\",\"intervalNs\":%u,\"slotPeriod\":%u,\n",
		interlock_engine_version(), profile.interval_ns, profile.slot_period);
	fprintf(file, "\"wallNs\":%llu,\"cpuNs\":%llu,\"ticks\":%llu,\"ticksUnordered\":%llu,\"stacksCut\":%llu,\n",
		(unsigned long long)profile.wall_ns, (unsigned long long)profile.cpu_ns,
		(unsigned long long)profile.ticks, (unsigned long long)profile.ticks_unordered,
		(unsigned long long)profile.stacks_cut);
	fprintf(file, "\"collections\":%llu,\"compactions\":%llu,\"collectionNs\":%llu,\"reports\":%llu,\n",
		(unsigned long long)profile.collections, (unsigned long long)profile.compactions,
		(unsigned long long)profile.collection_ns, (unsigned long long)profile.reports);
	fprintf(file, "\"slotsAllocated\":%llu,\"chunksAllocated\":%llu,\"chunkBytesAllocated\":%llu,\n",
		(unsigned long long)profile.slots_allocated, (unsigned long long)profile.chunks_allocated,
		(unsigned long long)profile.chunk_bytes_allocated);
	fprintf(file, "\"trackedLost\":%u,\"slotSize\":%d,\"reservedBytes\":%u,\"limitBytes\":%u,\"stackBytes\":%u,\n",
		profile.tracked_lost, INTERLOCK_BOARD_SLOT_SIZE, (unsigned)engine->reserved, (unsigned)engine->creation->static_size,
		(unsigned)(engine->creation->stack * INTERLOCK_BOARD_SLOT_SIZE));
	write_functions(file, symbol);
	fputs(",\n", file);
	write_nodes(file);
	fputs(",\n", file);
	write_list(file, "samples", profile.samples, profile.sample_count);
	fputs(",\n", file);
	write_list(file, "sampleTicks", profile.sample_ticks, profile.sample_count);
	fputs(",\n", file);
	write_census(file, "peak", &profile.peak);
	fputs(",\n", file);
	write_census(file, "end", &profile.end);
	fputs("}\n", file);
}
