/* See options.h. */

#include "options.h"
#include "host.h"

#include <string.h>

#define OPTIONS_MAX 64

static struct { const char *name, *value; } options[OPTIONS_MAX];
static size_t count;

void options_add(char *text)
{
	char *equals = strchr(text, '=');
	size_t i = 0;
	if (!equals || equals == text)
		host_fail("--option takes NAME=VALUE, not %s", text);
	*equals = 0;
	while (i < count && strcmp(options[i].name, text))
		i++;
	if (i == OPTIONS_MAX)
		host_fail("more than %d options", OPTIONS_MAX);
	options[i].name = text;
	options[i].value = equals + 1;
	count += i == count;
}

const char *host_option(const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (!strcmp(options[i].name, name))
			return options[i].value;
	return NULL;
}
