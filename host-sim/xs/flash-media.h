/*
 * Where the flash file's bytes are: a file of the host, or the card of an emulated chip. flash.c makes flash of it.
 *
 * Offsets are from the file's start. What a write changed outlives the process at once, and the host's own crash after
 * media_sync().
 */

#ifndef INTERLOCK_FLASH_MEDIA_H
#define INTERLOCK_FLASH_MEDIA_H

#include <stddef.h>
#include <stdint.h>

/* 0 where no file is open. */
uint64_t media_size(void);

/* These do all of it and return 0, or an errno. What they are asked for lies inside the file. */
int media_read(uint64_t at, void *bytes, size_t size);
int media_write(uint64_t at, const void *bytes, size_t size);

/* All that was written so far is on the disk when this returns, or the process ends with HOST_FLASH. */
void media_sync(void);

/* The power fails, now. */
void media_cut_power(void) __attribute__((noreturn));

#endif
