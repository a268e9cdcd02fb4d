/* Options of the boot file (boot.h). One that cannot be used ends QEMU with HOST_USAGE. */

#include "boot.h"
#include "chip.h"
#include "host.h"

#include <stdlib.h>
#include <string.h>

static const char *const chip_names[] = {
	"brown-out", "crash-at", "make", "memory-period", "network-stuck", "on-end", "ram", "watchdog",
};

/* What follows `name` and `separator` in the last line `word` that has it: "" where nothing does, NULL without a line. */
static const char *value_of(const char *word, const char *name, char separator)
{
	size_t size = strlen(name);
	const char *value = NULL;
	for (const char *line = NULL; (line = boot_line(line));) {
		const char *rest = boot_rest(line, word);
		if (rest && !strncmp(rest, name, size) && (rest[size] == separator || !rest[size]))
			value = rest + size + (rest[size] == separator);
	}
	return value;
}

static void check_name(const char *option)
{
	for (size_t i = 0; i < sizeof chip_names / sizeof *chip_names; i++)
		if (boot_rest(option, chip_names[i]))
			return;
	host_fail("the boot file's \"chip %s\" is no option", option);
}

void options_check(void)
{
	for (const char *line = NULL; (line = boot_line(line));) {
		const char *option = boot_rest(line, "chip");
		if (option)
			check_name(option);
	}
	const char *end = chip_option("on-end");
	if (end && strcmp(end, "restart") && strcmp(end, "exit"))
		host_fail("on-end takes restart or exit, not %s", end);
}

const char *chip_option(const char *name)
{
	return value_of("chip", name, ' ');
}

uint32_t chip_option_number(const char *name, uint32_t absent, uint32_t least, uint32_t most)
{
	const char *text = chip_option(name);
	char *end;
	if (!text)
		return absent;
	unsigned long value = strtoul(text, &end, 10);
	if (end == text || *end || value < least || value > most)
		host_fail("%s takes %lu to %lu, not %s", name, (unsigned long)least, (unsigned long)most, text);
	return value;
}

const char *host_option(const char *name)
{
	return value_of("option", name, '=');
}
