/* What lwIP wants to know of the compiler and the chip; sys_now() and chip_random() are in devices/network.c. */

#ifndef INTERLOCK_LWIP_CC_H
#define INTERLOCK_LWIP_CC_H

#include <stdint.h>

void chip_panic(const char *reason, const char *message) __attribute__((noreturn));
uint32_t chip_random(void);

#define BYTE_ORDER LITTLE_ENDIAN
#define LWIP_PLATFORM_ASSERT(message) chip_panic("fault", "lwIP: " message)
#define LWIP_PLATFORM_DIAG(arguments) ((void)0)
#define LWIP_RAND() chip_random()

#endif
