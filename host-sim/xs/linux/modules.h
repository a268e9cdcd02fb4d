/*
 * The table of modules that bin/setup.mjs writes from manifest.json, as lines of words:
 *
 *   creation NAME NUMBER         one of the manifest's limits, for example `creation heap.initial 1024`
 *   module NAME preload|load PATH   PATH is absolute, or relative to the table's folder
 *   lazy                         none of the modules above is preloaded: a test loads what it imports
 *
 * A later table adds to an earlier one and replaces modules of the same name.
 */

#ifndef INTERLOCK_MODULES_H
#define INTERLOCK_MODULES_H

#include "engine.h"

/* Reads a table and the modules in it; ends the process with a message where it cannot. */
void modules_read(const char *table, interlock_creation *creation);

const interlock_module *modules_at(void *context, size_t index);

#endif
