/*
 * The native of host-sim/device/reset-reason.js. The reason itself is the platform's: a Linux process is told it, a chip
 * keeps it where a reset does not reach.
 */

#include "host.h"

#include "xsmc.h"

void xs_sim_reset_reason(xsMachine *the)
{
	xsmcSetString(xsResult, (char *)host_reset_reason());
}
