/* The native of the module "host-options" (host-sim/device/host-options.js). */

#include "host.h"
#include "xs.h"

#define NAME_SIZE 64

void xs_sim_option(xsMachine *the)
{
	char name[NAME_SIZE];
	xsToStringBuffer(xsArg(0), name, sizeof name);
	const char *value = host_option(name);
	if (value)
		xsResult = xsString((xsStringValue)value);
}
