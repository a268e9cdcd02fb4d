/*
 * What main.c asks of a profiler (host-sim/xs/profiled). Builds without it have no `profiler`, whose address is then
 * NULL; nothing else tells the builds of the host apart.
 */

#ifndef INTERLOCK_PROFILER_H
#define INTERLOCK_PROFILER_H

#include "engine.h"

typedef struct {
	/* Before the machine: where the profile is written. Without it the others do nothing. */
	void (*open)(const char *path);
	/* `[FROM>]TO=LINE`: a console line that ends the phase FROM (any) and begins TO. TO alone: the first phase. */
	void (*mark)(const char *argument);
	/* One slot of so many is watched, "1" to "1000". */
	void (*every)(const char *count);
	/* The machine is as a board's at power-on. */
	void (*start)(interlock_engine *engine);
	/* Part of a line for the console. */
	void (*console)(const char *text);
	/* Writes the profile. The machine must still be there. */
	void (*finish)(void);
} host_profiler;

extern const host_profiler profiler __attribute__((weak));

#endif
