/* What the C library asks of a system: the time, which this chip counts from power-on, and an end. */

#include "chip.h"

#include <sys/time.h>
#include <unistd.h>

int gettimeofday(struct timeval *now, void *zone)
{
	uint64_t us = chip_now_us();
	(void)zone;
	*now = (struct timeval){ .tv_sec = (time_t)(us / 1000000), .tv_usec = (suseconds_t)(us % 1000000) };
	return 0;
}

/* abort() and failed assertions come here. */
void _exit(int status)
{
	(void)status;
	chip_panic("fault", "the program aborted");
}
