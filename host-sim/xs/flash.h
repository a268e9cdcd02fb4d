/*
 * The flash file: one file for all of a board's flash, with named partitions. host-sim/flash-image.ts makes it.
 *
 *   offset 0     "interlock-flash1"
 *   16           number of partitions, 1 to 16 (u32, little-endian like all that follow)
 *   20 + 32 i    partition i: name (16 bytes, zero-padded), offset (u32), size (u32), flags (u32; 1: private), 0 (u32)
 *   20 + 32 n    CRC-32 of everything before it
 *   from 4,096   the partitions, each on a multiple of 4,096
 *
 * Bytes of partitions are stored as their complement: erased flash (0xFF) is zeros, so a fresh image is a hole in the
 * file. As on NOR flash a write needs erased bytes and erasing takes whole blocks. One process at a time may have the
 * file open.
 *
 * What a write or erase changed outlives the process at once, and the host's own crash after flash_sync(). Only the
 * key-value records need that (host-sim/device/key-value.ts): that a file is complete is a record written after the last
 * of its segments, into the same flash file, whose sync takes the segments along. A slot that a host's crash leaves half
 * written is what torn flash is: the tags find it.
 */

#ifndef INTERLOCK_FLASH_H
#define INTERLOCK_FLASH_H

#include <stddef.h>
#include <stdint.h>

#define FLASH_BLOCK_SIZE 4096
#define FLASH_NAME_SIZE 16
#define FLASH_PARTITIONS_MAX 16

typedef struct {
	char name[FLASH_NAME_SIZE];
	uint32_t offset, size;
	int is_private;	/* no JavaScript may open it */
} flash_partition;

/* Reads the table of the file that flash-media.h has; 0 where it is damaged or is none. */
int flash_open(void);

/* Cuts the power in the middle of the nth write or erase from now on, from 1: half of it is done. */
void flash_crash_at(uint32_t nth);

/* NULL where there is none, or no file is open. */
const flash_partition *flash_find(const char *name);
/* The index-th partition, or NULL past the last. */
const flash_partition *flash_at(size_t index);

/* These return NULL, or why they did nothing. A read cannot fail inside its partition but for the disk. */
const char *flash_read(const flash_partition *partition, uint32_t offset, void *bytes, size_t size);
const char *flash_write(const flash_partition *partition, uint32_t offset, const void *bytes, size_t size);
const char *flash_erase(const flash_partition *partition, uint32_t first, uint32_t end);

/* All that was written and erased so far is on the disk when this returns, or the board ends with HOST_FLASH. */
void flash_sync(void);

#endif
