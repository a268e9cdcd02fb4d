/* See base-image.h. */

#include "base-image.h"
#include "chip.h"
#include "flash-media.h"
#include "host.h"

#include <stdio.h>
#include <string.h>

#define MAGIC "interlock-base1"
#define BUILD_SIZE 20
/* Into the linker's note: sizes, type, "GNU". */
#define BUILD_OFFSET 16
#define CONTENT_OFFSET 128

typedef struct {
	char magic[sizeof MAGIC];
	uint8_t build[BUILD_SIZE];
	uint32_t size;
	interlock_base *base;
	interlock_creation creation;
} image_header;

_Static_assert(sizeof(image_header) <= CONTENT_OFFSET, "the header has grown");

/* Of the linker, with the program's identifier. */
extern const uint8_t build_note[];

static image_header *const header = (image_header *)BASE_START;
static size_t used;

interlock_base *base_image(interlock_creation *creation)
{
	if (memcmp(header->magic, MAGIC, sizeof MAGIC)
		|| memcmp(header->build, build_note + BUILD_OFFSET, BUILD_SIZE))
		return NULL;
	*creation = header->creation;
	return header->base;
}

void *base_image_keep(void *context, size_t size)
{
	(void)context;
	if (size > BASE_SIZE - CONTENT_OFFSET - used)
		return NULL;
	uint8_t *memory = (uint8_t *)BASE_START + CONTENT_OFFSET + used;
	used += size;
	return memset(memory, 0, size);
}

void base_image_close(interlock_base *base, const interlock_creation *creation)
{
	memcpy(header->magic, MAGIC, sizeof MAGIC);
	memcpy(header->build, build_note + BUILD_OFFSET, BUILD_SIZE);
	header->size = CONTENT_OFFSET + used;
	header->base = base;
	header->creation = *creation;
}

void base_image_write(void)
{
	if (media_size() < header->size)
		host_fail("the base image takes %lu bytes, the block device has %lu", (unsigned long)header->size,
			(unsigned long)media_size());
	if (media_write(0, header, header->size))
		host_fail("the base image cannot be written");
	media_sync();
	printf("@image {\"bytes\":%lu}\n", (unsigned long)header->size);
}
