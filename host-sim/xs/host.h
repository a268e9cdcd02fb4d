/* What the Linux services of the simulator share. */

#ifndef INTERLOCK_HOST_H
#define INTERLOCK_HOST_H

#include "engine.h"

/* Exit statuses of the process beside those in engine.h. */
enum {
	HOST_USAGE = 64,	/* unusable arguments or files of the build */
	HOST_FLASH = 65,	/* the flash file is missing, damaged, in use or does not take writes */
};

/* Prints `interlock-xs: MESSAGE` on standard error and ends the process with HOST_USAGE. */
void host_fail(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));
/* The same with a status of one's own. */
void host_fail_with(int status, const char *format, ...) __attribute__((noreturn, format(printf, 2, 3)));

/* Why the board started, a word of docs/protocol.md §6 (1 to 32 characters of [a-z0-9-]); the same until it ends. */
const char *host_reset_reason(void);
/* What the host was told about the simulated devices under this name, or NULL. */
const char *host_option(const char *name);


/* The one engine of this process. */
extern interlock_engine *host_engine;

#endif
