/* See boot.h. */

#include "boot.h"
#include "chip.h"
#include "host.h"

#include <stdlib.h>
#include <string.h>

#define MAGIC "interlock-boot1"

static const char *after(const char *line)
{
	size_t size = strlen(line) + 1;
	if (boot_rest(line, "module"))
		size += strtoul(strrchr(line, ' '), NULL, 10) + 1;
	if (size > (size_t)(BOOT_START + BOOT_SIZE - (uintptr_t)line) || !line[size])
		host_fail("the boot file has no end");
	return line + size;
}

const char *boot_line(const char *line)
{
	const char *first = (const char *)BOOT_START;
	if (!line && strcmp(first, MAGIC))
		return NULL;
	line = after(line ? line : first);
	return strcmp(line, "end") ? line : NULL;
}

const char *boot_rest(const char *line, const char *word)
{
	size_t size = strlen(word);
	if (strncmp(line, word, size) || (line[size] && line[size] != ' '))
		return NULL;
	return line + size + (line[size] == ' ');
}

const char *boot_find(const char *word)
{
	const char *found = NULL;
	for (const char *line = NULL; (line = boot_line(line));) {
		const char *rest = boot_rest(line, word);
		found = rest ? rest : found;
	}
	return found;
}
