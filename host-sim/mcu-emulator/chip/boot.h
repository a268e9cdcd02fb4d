/*
 * The boot file: what QEMU's command line tells the chip. QEMU puts it into memory at BOOT_START, where the chip reads
 * it in place (`-device loader,file=FILE,addr=0x80500000,force-raw=on`); host-sim/mcu-emulator/boot-file.ts writes it.
 * (QEMU 7.2 has no fw_cfg files for this machine.)
 *
 * Lines, each ended by a zero byte:
 *
 *   interlock-boot1                    the first
 *   chip NAME [VALUE]                  an option of the chip (options.c has the names)
 *   option NAME=VALUE                  what simulated devices are told
 *   main NAME                          the main module, else "main"
 *   creation NAME NUMBER               one of the manifest's limits
 *   lazy                               no module is preloaded
 *   module NAME preload|load SIZE      followed by SIZE bytes of source and a zero
 *   end                                the last
 */

#ifndef INTERLOCK_BOOT_H
#define INTERLOCK_BOOT_H

#include <stddef.h>

/* The first line that begins with `word` and a space, behind that; NULL where there is none. */
const char *boot_find(const char *word);
/* The next one after a line that boot_find or this gave. */
const char *boot_next(const char *word, const char *found);

#endif
