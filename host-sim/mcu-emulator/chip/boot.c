/* See boot.h. */

#include "boot.h"
#include "chip.h"
#include "host.h"

#include <stdlib.h>
#include <string.h>

#define MAGIC "interlock-boot1"

/* Where the line begins that a word was found in. */
static const char *line_of(const char *word, const char *found)
{
	return found - strlen(word) - 1;
}

static const char *after(const char *line)
{
	size_t size = strlen(line) + 1;
	if (!strncmp(line, "module ", 7))
		size += strtoul(strrchr(line, ' '), NULL, 10) + 1;
	if (size > (size_t)(BOOT_START + BOOT_SIZE - (uintptr_t)line))
		host_fail("the boot file has no end");
	return line + size;
}

static const char *search(const char *word, const char *line)
{
	size_t size = strlen(word);
	for (; strcmp(line, "end"); line = after(line)) {
		if (!*line)
			host_fail("the boot file has no end");
		if (!strncmp(line, word, size) && (line[size] == ' ' || !line[size]))
			return line[size] ? line + size + 1 : line + size;
	}
	return NULL;
}

const char *boot_find(const char *word)
{
	const char *first = (const char *)BOOT_START;
	return strcmp(first, MAGIC) ? NULL : search(word, after(first));
}

const char *boot_next(const char *word, const char *found)
{
	return search(word, after(line_of(word, found)));
}
