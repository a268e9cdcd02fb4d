/*
 * What the parts of the chip share: registers, time, sleep, options, and the ways in which a run ends. Addresses are in
 * memory-map.h. There is one core, no thread, and no interrupt but the watchdog's, which does not return.
 */

#ifndef INTERLOCK_CHIP_H
#define INTERLOCK_CHIP_H

#include "memory-map.h"

#include <stddef.h>
#include <stdint.h>

static inline uint32_t mmio_read(uintptr_t at)
{
	return *(volatile uint32_t *)at;
}

static inline void mmio_write(uintptr_t at, uint32_t value)
{
	*(volatile uint32_t *)at = value;
}

static inline uint8_t mmio_read_byte(uintptr_t at)
{
	return *(volatile uint8_t *)at;
}

static inline void mmio_write_byte(uintptr_t at, uint8_t value)
{
	*(volatile uint8_t *)at = value;
}

#define csr_read(name) \
	({ \
		uint32_t csr_value; \
		__asm__ volatile("csrr %0, " name : "=r"(csr_value)); \
		csr_value; \
	})
#define csr_write(name, value) __asm__ volatile("csrw " name ", %0" : : "r"((uint32_t)(value)) : "memory")
#define csr_set(name, bits) __asm__ volatile("csrs " name ", %0" : : "r"((uint32_t)(bits)) : "memory")
#define csr_clear(name, bits) __asm__ volatile("csrc " name ", %0" : : "r"((uint32_t)(bits)) : "memory")

/* clock.c: microseconds since power-on. */
uint64_t chip_now_us(void);
/*
 * Instructions since clock_open(), which comes first: those that count, and those between chip_pause_count and
 * chip_resume_count (which nest).
 * Exact under QEMU's `-icount shift=0`; without -icount QEMU gives the host's cycles.
 */
void clock_open(void);
uint64_t chip_instructions(void);
uint64_t chip_instructions_apart(void);
void chip_pause_count(void);
void chip_resume_count(void);

/* sleep.c: sleeps until `until_us` or an interrupt of an enabled source, whichever is first; both may have been before. */
void chip_sleep(uint64_t until_us);
/* Lets a source of the PLIC end sleeps. After each sleep its device is told that it was heard, then looked at. */
void chip_irq_enable(int source);
/* From now on the chip restarts where it does not sleep for as long as the option `watchdog` says. */
void chip_start_watchdog(void);

/* options.c: a boot option for the chip, "" where it has no value, NULL where absent. */
const char *chip_option(const char *name);
/* The same as a number; `absent` where there is no such option. */
uint32_t chip_option_number(const char *name, uint32_t absent, uint32_t least, uint32_t most);
/* Ends QEMU where there is an option that nobody knows. */
void options_check(void);

/* console.c: `text` as a JSON string, quotes included. */
void console_string(const char *text);
/* Ends a line that is under way. */
void console_fresh_line(void);
/* The line `@instructions`. */
void console_instructions(void);

/* Why the run before this one ended; power.c has their names. */
typedef enum {
	CHIP_POWER_ON,
	CHIP_BROWN_OUT,
	CHIP_WATCHDOG,
	CHIP_STACK_OVERFLOW,
	CHIP_MEMORY_FULL,
	CHIP_UNHANDLED,
	CHIP_ENGINE_FAULT,
	CHIP_FAULT,
	CHIP_NETWORK_STUCK,
	CHIP_RESTART,
} chip_reason;

/* Statuses beside those of engine.h and host.h. */
enum {
	CHIP_FAULTED = 74,	/* a trap, or chip_panic */
	CHIP_BITTEN = 75,	/* by the watchdog */
};

/* power.c */
void power_open(void);
/*
 * Ends the run: prints `@ended`, keeps the reason over the reset, and resets; with the option `on-end exit` QEMU exits
 * with `status` instead.
 */
void chip_end(chip_reason reason, int status, const char *message) __attribute__((noreturn));
/* The same with CHIP_FAULTED and a reason by its name. */
void chip_panic(const char *reason, const char *message) __attribute__((noreturn));
/* Nothing is left to do: QEMU exits with status 0. */
void chip_off(void) __attribute__((noreturn));

/*
 * pmp.c: from now on flash is not written, data is not executed, and what memory-map.h does not have is not there; the
 * part of flash that has the base image can be written until pmp_close_base.
 */
void pmp_open(uint32_t more_ram);
void pmp_close_base(void);

/*
 * ram.c: the heap is what RAM has behind .bss or, where there is `more_ram`, all of that. Nothing may be allocated
 * before.
 */
void ram_open(uint32_t more_ram);

typedef struct {
	uint32_t ram, statics;
	uint32_t stack, stack_peak;
	uint32_t heap, heap_peak;
	uint32_t never_touched;	/* of stack and heap */
} ram_use;

ram_use ram_measure(void);

/* Bounds that the linker knows. */
extern uint8_t stack_bottom[], stack_top[], data_start[], bss_end[], heap_start[];

#endif
