/*
 * The platform header of XS for the simulator's hosts: a desktop process and an emulated chip.
 *
 * It uses only C99, <errno.h> and <sys/time.h>: no threads, no mmap, no sockets. XS includes it from xsPlatform.h
 * (INCLUDE_XSPLATFORM, XSPLATFORM), natives through xs.h; both must see the same values, since they shape the machine.
 * What XS leaves to the host (allocation, modules, promise jobs, abort) is in engine.c and engine-memory.c.
 */

#ifndef INTERLOCK_XS_PLATFORM_H
#define INTERLOCK_XS_PLATFORM_H

#undef mxLittleEndian
#define mxLittleEndian 1

#include <ctype.h>
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* XS needs one field here; the engine is reached through the machine's context instead. */
#define mxMachinePlatform void *host;

#define mxUseDefaultMachinePlatform 1
#define mxUseDefaultBuildKeys 1
#define mxUseDefaultParseScript 1
#define mxUseDefaultSharedChunks 1
#define mxUseDefaultCStackLimit 0

#if INTPTR_MAX == INT64_MAX
	#define mx32bitID 1
#endif

#endif
