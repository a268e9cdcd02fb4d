/*
 * What lwIP wants to know of the compiler and the chip; sys_now(), chip_random() and lwip_failed() are in
 * devices/network.c.
 */

#ifndef INTERLOCK_LWIP_CC_H
#define INTERLOCK_LWIP_CC_H

#include <stdint.h>

/* An assertion: tells the line, and the address for addr2line, since the texts of all of them take 10 KB. */
void lwip_failed(int line) __attribute__((noreturn));
uint32_t chip_random(void);

#define BYTE_ORDER LITTLE_ENDIAN
#define LWIP_PLATFORM_ASSERT(message) lwip_failed(__LINE__)
#define LWIP_PLATFORM_DIAG(arguments) ((void)0)
#define LWIP_RAND() chip_random()

#endif
