/*
 * Where everything is on the emulated chip: QEMU's `virt` machine used as a microcontroller with 4 MB of flash and
 * 400 KB of RAM. Read by C, by assembler and, through the preprocessor, by the linker script; so numbers only.
 *
 *   0x00000000  devices: read and write
 *   0x80000000  flash: code and constants           read and execute
 *   0x80180000  flash: the base image of XS         read and execute, once it is there
 *   0x802FF000  64 bytes that a reset leaves alone  read and write
 *   0x80300000  flash: the maker's own code, which a board does not have
 *   0x80400000  RAM: stack, .data, .bss, heap       read and write
 *   0x80500000  boot file                           read
 *   0x81000000  more RAM, for the maker and tests   read and write
 *
 * Source of the device addresses: QEMU's hw/riscv/virt.c, the SiFive manuals of CLINT, PLIC and test finisher.
 */

#ifndef INTERLOCK_MEMORY_MAP_H
#define INTERLOCK_MEMORY_MAP_H

#define DEVICES_START 0
#define DEVICES_SIZE 0x80000000
#define FLASH_START 0x80000000
#define FLASH_SIZE 0x400000
#define CODE_SIZE 0x180000
#define BASE_START 0x80180000
#define BASE_SIZE 0x17F000
#define RETAINED_START 0x802FF000
#define RETAINED_SIZE 64
#define MAKER_START 0x80300000
#define MAKER_SIZE 0x100000
#define RAM_START 0x80400000
#define RAM_SIZE 409600
#define BOOT_START 0x80500000
#define BOOT_SIZE 0xB00000
#define MORE_RAM_START 0x81000000
#define MORE_RAM_SIZE_MAX 0x2E00000

/* At the bottom of RAM, so that what overflows it meets flash and traps. */
#define STACK_SIZE 32768
/* For the handler of traps, which cannot trust the other. */
#define TRAP_STACK_SIZE 1024
/* What RAM that nothing has touched yet holds. */
#define PAINT 0xA5C3F00D

/* Where QEMU's machine begins, and jumps to FLASH_START. */
#define RESET_ROM_START 0x00001000
#define RESET_ROM_SIZE 0xF000
#define FINISHER_START 0x00100000
#define CLINT_START 0x02000000
#define PLIC_START 0x0C000000
#define UART_START 0x10000000
#define VIRTIO_START 0x10001000
#define VIRTIO_STEP 0x1000
#define VIRTIO_COUNT 8
#define VIRTIO_IRQ 1

#endif
