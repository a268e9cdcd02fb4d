/* The modules of the boot file (boot.h), for a chip that compiles them itself: part of the maker. */

#ifndef INTERLOCK_CHIP_MODULES_H
#define INTERLOCK_CHIP_MODULES_H

#include "engine.h"

/* Finds them; ends QEMU with a message where it cannot. */
void modules_open(void);

/* For interlock_platform. A later module replaces an earlier one of the same name. */
const interlock_module *modules_at(void *context, size_t index);

#endif
