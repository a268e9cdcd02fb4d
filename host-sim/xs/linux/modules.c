/* The module table and the files it names; see modules.h. */

#define _GNU_SOURCE
#include "modules.h"
#include "creation.h"
#include "host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TABLE_MAX 512
#define LINE_SIZE 2048
/* Bytes of one module's source. */
#define SOURCE_SIZE_MAX (4 * 1024 * 1024)

static interlock_module modules[TABLE_MAX];
static size_t module_count;

static char *read_file(const char *path, size_t *size)
{
	FILE *file = fopen(path, "rb");
	if (!file)
		host_fail("cannot read %s: run `node bin/setup.mjs`", path);
	fseek(file, 0, SEEK_END);
	long length = ftell(file);
	if (length < 0 || length > SOURCE_SIZE_MAX)
		host_fail("%s is too large for a module", path);
	rewind(file);
	char *text = malloc((size_t)length + 1);
	if (!text || fread(text, 1, (size_t)length, file) != (size_t)length)
		host_fail("cannot read %s", path);
	text[length] = 0;
	fclose(file);
	*size = (size_t)length;
	return text;
}

static interlock_module *entry(const char *name)
{
	for (size_t i = 0; i < module_count; i++)
		if (!strcmp(modules[i].name, name))
			return &modules[i];
	if (module_count == TABLE_MAX)
		host_fail("more than %d modules", TABLE_MAX);
	modules[module_count].name = strdup(name);
	return &modules[module_count++];
}

void modules_read(const char *table, interlock_creation *creation)
{
	char line[LINE_SIZE], name[LINE_SIZE], word[LINE_SIZE], rest[LINE_SIZE], path[LINE_SIZE * 2];
	FILE *file = fopen(table, "r");
	if (!file)
		host_fail("cannot read the module table %s: run `node bin/setup.mjs`", table);
	const char *slash = strrchr(table, '/');
	int folder = slash ? (int)(slash - table) + 1 : 0;
	while (fgets(line, sizeof line, file)) {
		unsigned long value;
		if (sscanf(line, "creation %s %lu", name, &value) == 2) {
			if (creation_set(creation, name, (uint32_t)value))
				host_fail("the module table has an unknown limit, %s", name);
		} else if (sscanf(line, "module %s %s %[^\n]", name, word, rest) == 3) {
			interlock_module *module = entry(name);
			snprintf(path, sizeof path, "%.*s%s", rest[0] == '/' ? 0 : folder, table, rest);
			module->source = read_file(path, &module->size);
			module->preload = !strcmp(word, "preload");
		} else if (!strcmp(line, "lazy\n")) {
			for (size_t i = 0; i < module_count; i++)
				modules[i].preload = 0;
		} else if (line[0] != '\n') {
			host_fail("the module table %s has a bad line: %s", table, line);
		}
	}
	fclose(file);
}

const interlock_module *modules_at(void *context, size_t index)
{
	(void)context;
	return index < module_count ? &modules[index] : NULL;
}
