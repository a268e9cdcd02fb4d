/*
 * Sleep and watchdog, both by the CLINT's timer interrupt: while code runs it is the watchdog's, in a sleep it ends the
 * sleep. Interrupts of devices are only ever pending: they end a sleep and are handled by whoever slept.
 */

#include "chip.h"

#define MTIMECMP (CLINT_START + 0x4000)
#define TICKS_PER_US 10
#define PLIC_PRIORITY(source) (PLIC_START + 4 * (uint32_t)(source))
#define PLIC_ENABLE (PLIC_START + 0x2000)
#define PLIC_THRESHOLD (PLIC_START + 0x200000)
#define PLIC_CLAIM (PLIC_START + 0x200004)
#define MSTATUS_MIE (1u << 3)
#define MIE_TIMER (1u << 7)
#define MIE_EXTERNAL (1u << 11)

/*
 * A run that does not sleep for so long is lost. The longest that firmware does in one go is an RSA operation with a
 * private key of 4,096 bits, 784 million instructions: 2 s of a busy desktop, on which a whole line of chips may run.
 */
#define WATCHDOG_MS 30000
#define WATCHDOG_MS_MAX 3600000

static uint32_t watchdog_ms;

static void set_alarm(uint64_t at_us)
{
	uint64_t ticks = at_us > UINT64_MAX / TICKS_PER_US ? UINT64_MAX : at_us * TICKS_PER_US;
	/* No half-written value may lie in the past. */
	mmio_write(MTIMECMP + 4, UINT32_MAX);
	mmio_write(MTIMECMP, (uint32_t)ticks);
	mmio_write(MTIMECMP + 4, (uint32_t)(ticks >> 32));
}

static void guard(void)
{
	set_alarm(watchdog_ms ? chip_now_us() + watchdog_ms * 1000ull : UINT64_MAX);
}

void chip_start_watchdog(void)
{
	watchdog_ms = chip_option_number("watchdog", WATCHDOG_MS, 1, WATCHDOG_MS_MAX);
	guard();
	csr_set("mie", MIE_TIMER);
	csr_set("mstatus", MSTATUS_MIE);
}

void chip_irq_enable(int source)
{
	mmio_write(PLIC_PRIORITY(source), 1);
	mmio_write(PLIC_THRESHOLD, 0);
	mmio_write(PLIC_ENABLE, mmio_read(PLIC_ENABLE) | 1u << source);
}

/* Before the devices are looked at: what one asks for from then on is pending again. */
static void take_interrupts(void)
{
	for (uint32_t source; (source = mmio_read(PLIC_CLAIM));)
		mmio_write(PLIC_CLAIM, source);
}

void chip_sleep(uint64_t until_us)
{
	chip_pause_count();
	csr_clear("mstatus", MSTATUS_MIE);
	set_alarm(until_us);
	csr_set("mie", MIE_TIMER | MIE_EXTERNAL);
	/* Wakes for what is pending and enabled in `mie`, whatever `mstatus` says, and then goes on here. */
	__asm__ volatile("wfi" : : : "memory");
	csr_clear("mie", MIE_EXTERNAL);
	take_interrupts();
	guard();
	csr_set("mstatus", MSTATUS_MIE);
	chip_resume_count();
}
