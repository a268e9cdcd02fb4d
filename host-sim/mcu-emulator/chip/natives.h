/* The C functions that JavaScript declares, by name. bin/setup/mcu-natives.mjs makes the table from the declarations. */

#ifndef INTERLOCK_NATIVES_H
#define INTERLOCK_NATIVES_H

#include <stddef.h>

typedef struct {
	const char *symbol;
	void (*function)(void);
} chip_native;

/* In the order of their symbols. */
extern const chip_native chip_natives[];
extern const size_t chip_native_count;

/* For interlock_platform. */
void *natives_find(void *context, const char *symbol);

#endif
