/* See modules.h. Sources stay where they are. */

#include "modules.h"
#include "boot.h"
#include "creation.h"
#include "host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TABLE_MAX 512

static interlock_module *modules;
static size_t module_count;

static interlock_module *entry(const char *name)
{
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

static void read_module(const char *line, int is_lazy)
{
	char name[INTERLOCK_NAME_SIZE], how[8];
	unsigned long size;
	if (sscanf(line, "%127s %7s %lu", name, how, &size) != 3)
		host_fail("the boot file has a bad line: module %s", line);
	interlock_module *module = entry(name);
	module->source = line + strlen(line) + 1;
	module->size = size;
	module->preload = !is_lazy && !strcmp(how, "preload");
}

static void read_creation(const char *line, interlock_creation *creation)
{
	char name[INTERLOCK_NAME_SIZE];
	unsigned long value;
	if (sscanf(line, "%127s %lu", name, &value) != 2 || creation_set(creation, name, (uint32_t)value))
		host_fail("the boot file has an unknown limit: %s", line);
}

void modules_open(interlock_creation *creation)
{
	int is_lazy = boot_find("lazy") != NULL;
	modules = calloc(TABLE_MAX, sizeof *modules);
	if (!modules)
		host_fail("no room for the module table");
	for (const char *line = boot_find("creation"); line; line = boot_next("creation", line))
		read_creation(line, creation);
	for (const char *line = boot_find("module"); line; line = boot_next("module", line))
		read_module(line, is_lazy);
}

const interlock_module *modules_at(void *context, size_t index)
{
	(void)context;
	return index < module_count ? &modules[index] : NULL;
}
