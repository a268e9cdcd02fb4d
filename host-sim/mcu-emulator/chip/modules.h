/* The modules and limits of the boot file (boot.h), for a chip that compiles them itself. */

#ifndef INTERLOCK_CHIP_MODULES_H
#define INTERLOCK_CHIP_MODULES_H

#include "engine.h"

/* Reads both; ends QEMU with a message where it cannot. Allocates the modules' names. */
void modules_open(interlock_creation *creation);

/* For interlock_platform. A later module replaces an earlier one of the same name. */
const interlock_module *modules_at(void *context, size_t index);

#endif
