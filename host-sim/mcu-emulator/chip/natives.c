/* See natives.h. */

#include "natives.h"

#include <stdlib.h>
#include <string.h>

static int compare(const void *symbol, const void *native)
{
	return strcmp(symbol, ((const chip_native *)native)->symbol);
}

void *natives_find(void *context, const char *symbol)
{
	(void)context;
	const chip_native *found = bsearch(symbol, chip_natives, chip_native_count, sizeof *chip_natives, compare);
	return found ? (void *)found->function : NULL;
}
