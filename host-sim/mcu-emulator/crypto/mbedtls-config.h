/*
 * mbedTLS on the chip: what modules/crypto asks of PSA Crypto and nothing else. AES-256-GCM, RSA with OAEP and PSS,
 * X25519, HKDF, HMAC and SHA-256; random numbers by CTR-DRBG from the chip's entropy source.
 *
 * Sizes are chosen for RAM. Its memory is counted (crypto-memory.c). Left out: TLS, X.509, generating RSA keys, keys that
 * outlive a run, accelerators.
 */

#ifndef INTERLOCK_MBEDTLS_CONFIG_H
#define INTERLOCK_MBEDTLS_CONFIG_H

#include <limits.h>
#include <stddef.h>

#define MBEDTLS_PSA_CRYPTO_C
#define MBEDTLS_CIPHER_C
#define MBEDTLS_MD_C

#define MBEDTLS_AES_C
#define MBEDTLS_GCM_C
#define MBEDTLS_SHA256_C
#define MBEDTLS_HKDF_C
#define MBEDTLS_ASN1_PARSE_C
#define MBEDTLS_ASN1_WRITE_C
#define MBEDTLS_BIGNUM_C
#define MBEDTLS_OID_C
#define MBEDTLS_PK_C
#define MBEDTLS_PK_PARSE_C
#define MBEDTLS_PK_WRITE_C
#define MBEDTLS_RSA_C
#define MBEDTLS_PKCS1_V15
#define MBEDTLS_PKCS1_V21
#define MBEDTLS_ECP_C
#define MBEDTLS_ECDH_C
#define MBEDTLS_ECP_DP_CURVE25519_ENABLED

#define MBEDTLS_ENTROPY_C
#define MBEDTLS_CTR_DRBG_C
#define MBEDTLS_NO_PLATFORM_ENTROPY
#define MBEDTLS_ENTROPY_HARDWARE_ALT

#define MBEDTLS_PLATFORM_C
#define MBEDTLS_PLATFORM_MEMORY
#define MBEDTLS_PLATFORM_CALLOC_MACRO crypto_calloc
#define MBEDTLS_PLATFORM_FREE_MACRO crypto_free
void *crypto_calloc(size_t count, size_t size);
void crypto_free(void *block);

/* Bytes of the largest key, RSA-4096. */
#define MBEDTLS_MPI_MAX_SIZE 512
/* AES's tables are constants in flash. */
#define MBEDTLS_AES_ROM_TABLES

#include "mbedtls/check_config.h"

#endif
