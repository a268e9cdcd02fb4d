/* See modules.h. Sources stay where they are. */

#include "modules.h"
#include "boot.h"
#include "host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TABLE_MAX 512

static interlock_module *modules;
static size_t module_count;

static interlock_module *entry(const char *name)
{
	if (!modules && !(modules = calloc(TABLE_MAX, sizeof *modules)))
		host_fail("no room for the module table");
	for (size_t i = 0; i < module_count; i++)
		if (!strcmp(modules[i].name, name))
			return &modules[i];
	if (module_count == TABLE_MAX)
		host_fail("more than %d modules", TABLE_MAX);
	char *copy = strdup(name);
	if (!copy)
		host_fail("no room for the modules' names");
	modules[module_count].name = copy;
	return &modules[module_count++];
}

static void read_module(const char *line, const char *rest)
{
	char name[INTERLOCK_NAME_SIZE], how[8];
	unsigned long size;
	if (sscanf(rest, "%127s %7s %lu", name, how, &size) != 3)
		host_fail("the boot file has a bad line: %s", line);
	interlock_module *module = entry(name);
	module->source = line + strlen(line) + 1;
	module->size = size;
	module->preload = !strcmp(how, "preload");
}

void modules_open(void)
{
	for (const char *line = NULL; (line = boot_line(line));) {
		const char *rest = boot_rest(line, "module");
		if (rest)
			read_module(line, rest);
		else if (boot_rest(line, "lazy"))
			for (size_t i = 0; i < module_count; i++)
				modules[i].preload = 0;
	}
}

const interlock_module *modules_at(void *context, size_t index)
{
	(void)context;
	return index < module_count ? &modules[index] : NULL;
}
