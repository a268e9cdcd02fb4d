/*
 * Physical memory protection, locked and thus binding machine mode too. The first entry that matches an address decides.
 *
 * QEMU 7.2 keeps all this over a reset, so the ROM that a reset begins in must run.
 *
 * Source: The RISC-V Instruction Set Manual, volume II, "Physical Memory Protection".
 */

#include "chip.h"

#define R 1u
#define W 2u
#define X 4u
#define TOR (1u << 3)
#define NAPOT (3u << 3)
#define LOCKED (1u << 7)

#define OFF 0u

/* Of a power of two of bytes, aligned to itself. */
#define REGION(start, size) (((uint32_t)(start) >> 2) | (((uint32_t)(size) >> 3) - 1))
#define EVERYTHING 0xFFFFFFFF
#define ENTRIES(a, b, c, d) ((uint32_t)(a) | (uint32_t)(b) << 8 | (uint32_t)(c) << 16 | (uint32_t)(d) << 24)

/* Not locked it does not bind machine mode: the maker may fill it. */
#define BASE_ENTRY(lock) ENTRIES(LOCKED | NAPOT | R | W, OFF, (lock) | TOR | R | X, LOCKED | NAPOT | R | X)

void pmp_open(uint32_t more_ram)
{
	csr_write("pmpaddr0", REGION(RETAINED_START, RETAINED_SIZE));
	/* TOR: from the address of the entry before to this one's. */
	csr_write("pmpaddr1", BASE_START >> 2);
	csr_write("pmpaddr2", (BASE_START + BASE_SIZE) >> 2);
	csr_write("pmpaddr3", REGION(FLASH_START, FLASH_SIZE));
	csr_write("pmpaddr4", RAM_START >> 2);
	csr_write("pmpaddr5", (RAM_START + RAM_SIZE) >> 2);
	csr_write("pmpaddr6", BOOT_START >> 2);
	csr_write("pmpaddr7", (BOOT_START + BOOT_SIZE) >> 2);
	csr_write("pmpaddr8", (MORE_RAM_START + more_ram) >> 2);
	csr_write("pmpaddr9", RESET_ROM_START >> 2);
	csr_write("pmpaddr10", (RESET_ROM_START + RESET_ROM_SIZE) >> 2);
	csr_write("pmpaddr11", REGION(DEVICES_START, DEVICES_SIZE));
	csr_write("pmpaddr12", EVERYTHING);
	/* What runs must be allowed before the last entry denies the rest. */
	csr_write("pmpcfg0", BASE_ENTRY(0));
	csr_write("pmpcfg1", ENTRIES(OFF, LOCKED | TOR | R | W, OFF, LOCKED | TOR | R));
	csr_write("pmpcfg2", ENTRIES(LOCKED | TOR | R | W, OFF, LOCKED | TOR | R | X, LOCKED | NAPOT | R | W));
	csr_write("pmpcfg3", ENTRIES(LOCKED | NAPOT, OFF, OFF, OFF));
}

void pmp_close_base(void)
{
	csr_write("pmpcfg0", BASE_ENTRY(LOCKED));
}
