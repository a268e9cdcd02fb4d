/*
 * Where the base lies: one part of the address space, as flash is on a board. It is filled once and then read-only. A
 * write to it afterwards, which would trap on a board, ends the process with INTERLOCK_ENGINE_FAULT and a message.
 */

#ifndef INTERLOCK_BASE_MEMORY_H
#define INTERLOCK_BASE_MEMORY_H

#include <stddef.h>

/* Most that a base may take: names, bytecode and objects of all modules, on a 64-bit host. */
#define BASE_MEMORY_MAX (64 * 1024 * 1024)

void base_memory_open(void);

/* Zeroed; NULL where BASE_MEMORY_MAX is used up. `size` is a multiple of 16, `context` unused. */
void *base_memory_keep(void *context, size_t size);

/* From now on it is only read. */
void base_memory_close(void);

#endif
