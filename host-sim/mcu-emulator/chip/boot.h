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
 *   module NAME preload|load SIZE      followed by SIZE bytes of source and a zero
 *   lazy                               none of the modules above is preloaded
 *   end                                the last
 */

#ifndef INTERLOCK_BOOT_H
#define INTERLOCK_BOOT_H

/* The line after `line`, the first where that is NULL; NULL past the last, and where there is no boot file. */
const char *boot_line(const char *line);

/* What `line` has behind its first word, "" where nothing, if that is `word`; else NULL. */
const char *boot_rest(const char *line, const char *word);

/* The same of the last such line; NULL where there is none. */
const char *boot_find(const char *word);

#endif
