/* The limits of interlock_creation by the names that the manifest has for them. */

#ifndef INTERLOCK_CREATION_H
#define INTERLOCK_CREATION_H

#include "engine.h"

/* `name` is for example "heap.initial". Returns 0, or -1 where there is no such limit. */
int creation_set(interlock_creation *creation, const char *name, uint32_t value);

#endif
