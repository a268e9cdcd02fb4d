/* What the C library asks of a system: the time, which this chip counts from power-on, and an end. */

#include "chip.h"

#include <stdlib.h>
#include <sys/time.h>

int gettimeofday(struct timeval *now, void *zone)
{
	uint64_t us = chip_now_us();
	(void)zone;
	*now = (struct timeval){ .tv_sec = (time_t)(us / 1000000), .tv_usec = (suseconds_t)(us % 1000000) };
	return 0;
}

/* Failed assertions end here too. */
void abort(void)
{
	chip_panic("fault", "the program aborted");
}
