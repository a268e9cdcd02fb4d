/*
 * A chip for reset-reason.c in a process: CHIP_RESET is the number of the reset that it started by, the file CHIP_MEMORY what
 * the memory that a restart leaves alone held then and holds when esp_restart() ends the process, with status 99. Where there
 * is no such file that memory holds noise, as when power comes on.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "esp_system.h"

#define RESTARTED 99

extern char __start_rtc_noinit[], __stop_rtc_noinit[];

static size_t size(void)
{
	return (size_t)(__stop_rtc_noinit - __start_rtc_noinit);
}

static void fail(const char *what)
{
	perror(what);
	_exit(1);
}

__attribute__((constructor)) static void power_on(void)
{
	FILE *file = fopen(getenv("CHIP_MEMORY"), "rb");

	memset(__start_rtc_noinit, 0xa5, size());
	if (file == NULL)
		return;
	if (fread(__start_rtc_noinit, 1, size(), file) != size())
		fail("CHIP_MEMORY");
	fclose(file);
}

esp_reset_reason_t esp_reset_reason(void)
{
	return (esp_reset_reason_t)atoi(getenv("CHIP_RESET"));
}

void esp_restart(void)
{
	FILE *file = fopen(getenv("CHIP_MEMORY"), "wb");

	if (file == NULL || fwrite(__start_rtc_noinit, 1, size(), file) != size() || fclose(file) != 0)
		fail("CHIP_MEMORY");
	fflush(stdout);
	_exit(RESTARTED);
}

void xs_chip_restart(void *machine)
{
	(void)machine;
	esp_restart();
}
