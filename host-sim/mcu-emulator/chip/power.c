/*
 * How a run begins and ends. A few bytes that no reset clears carry the reason over, as the RTC memory of a real chip
 * does; after power-on they hold nothing of ours.
 */

#include "chip.h"
#include "host.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define MAGIC 0x494C5253
#define FINISHER_FAIL 0x3333
#define FINISHER_PASS 0x5555
#define FINISHER_RESET 0x7777
#define MESSAGE_SIZE 256

static const char *const reasons[] = {
	[CHIP_POWER_ON] = "power-on",
	[CHIP_BROWN_OUT] = "brown-out",
	[CHIP_WATCHDOG] = "watchdog",
	[CHIP_STACK_OVERFLOW] = "stack-overflow",
	[CHIP_MEMORY_FULL] = "memory-full",
	[CHIP_UNHANDLED] = "unhandled",
	[CHIP_ENGINE_FAULT] = "engine-fault",
	[CHIP_FAULT] = "fault",
	[CHIP_NETWORK_STUCK] = "network-stuck",
	[CHIP_RESTART] = "restart",
};

#define REASONS (sizeof reasons / sizeof *reasons)

typedef struct {
	uint32_t magic, reason, complement;
} retained_record;

static volatile retained_record *const retained = (volatile retained_record *)RETAINED_START;
static uint32_t reset_reason;
static int ending;

void power_open(void)
{
	int is_ours = retained->magic == MAGIC && retained->reason == ~retained->complement && retained->reason < REASONS;
	reset_reason = is_ours ? retained->reason : CHIP_POWER_ON;
	/* So that a reset from outside, which says nothing, does not tell this one again. */
	retained->magic = 0;
}

const char *host_reset_reason(void)
{
	return reasons[reset_reason];
}

static void finish(uint32_t how) __attribute__((noreturn));
static void finish(uint32_t how)
{
	mmio_write(FINISHER_START, how);
	for (;;)
		;
}

/* QEMU ends with `status`. */
static void leave(int status) __attribute__((noreturn));
static void leave(int status)
{
	finish(status ? FINISHER_FAIL | (uint32_t)status << 16 : FINISHER_PASS);
}

static void print_end(int status, const char *message)
{
	console_fresh_line();
	printf("@ended {\"status\":%d,\"message\":", status);
	console_string(message);
	printf("}\n");
}

void chip_end(chip_reason reason, int status, const char *message)
{
	const char *how = chip_option("on-end");
	/* What ends while it ends says no more. */
	if (!ending++)
		print_end(status, message);
	if (how && !strcmp(how, "exit"))
		leave(status);
	retained->reason = reason;
	retained->complement = ~(uint32_t)reason;
	retained->magic = MAGIC;
	finish(FINISHER_RESET);
}

void chip_panic(const char *reason, const char *message)
{
	uint32_t which = 0;
	while (which < REASONS && strcmp(reasons[which], reason))
		which++;
	chip_end(which < REASONS ? which : CHIP_FAULT, CHIP_FAULTED, message);
}

void chip_off(void)
{
	leave(0);
}

/* What QEMU was started with cannot be used: no restart would help. */
static void fail(int status, const char *format, va_list arguments) __attribute__((noreturn));
static void fail(int status, const char *format, va_list arguments)
{
	char message[MESSAGE_SIZE];
	vsnprintf(message, sizeof message, format, arguments);
	print_end(status, message);
	leave(status);
}

void host_fail(const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	fail(HOST_USAGE, format, arguments);
}

void host_fail_with(int status, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	fail(status, format, arguments);
}
