/* What mbedTLS holds of the heap. */

#ifndef INTERLOCK_CRYPTO_MEMORY_H
#define INTERLOCK_CRYPTO_MEMORY_H

#include <stdint.h>

/* Bytes now, and the most that there ever were. */
uint32_t crypto_bytes(void);
uint32_t crypto_peak_bytes(void);

#endif
