/* See crypto-memory.h; mbedtls-config.h names these two as mbedTLS's own. */

#include "crypto-memory.h"

#include "mbedtls-config.h"

#include <malloc.h>
#include <stdlib.h>

static uint32_t held, most_held;

void *crypto_calloc(size_t count, size_t size)
{
	void *block = calloc(count, size);
	if (!block)
		return NULL;
	held += malloc_usable_size(block);
	if (held > most_held)
		most_held = held;
	return block;
}

void crypto_free(void *block)
{
	if (!block)
		return;
	held -= malloc_usable_size(block);
	free(block);
}

uint32_t crypto_bytes(void)
{
	return held;
}

uint32_t crypto_peak_bytes(void)
{
	return most_held;
}
