/*
 * What the natives of this folder share: failures, buffers, and Key objects whose host data is the
 * PSA key identifier itself (PSA_KEY_ID_NULL for none). Leaves out keys that outlive the process:
 * all are volatile.
 */
#ifndef INTERLOCK_HANDLE_H
#define INTERLOCK_HANDLE_H

#include <psa/crypto.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "xsmc.h"

#define SECRET_SIZE 32
/** Secret bytes that one derivation takes: three of SECRET_SIZE. */
#define SECRETS_SIZE_MAX 96
#define DIGEST_SIZE 32
#define NONCE_SIZE 12
#define TAG_SIZE 16
#define X25519_SIZE 32
#define RSA_BITS_MIN 2048
#define RSA_BITS_MAX 4096

/** What a native returns to crypto.ts; NULL stands for success. */
typedef const char *failure_t;
#define REFUSED "refused"
#define BAD_KEY "key"
#define BAD_SIZE "size"
#define CLOSED "closed"
#define NO_MEMORY "memory"
#define PLATFORM "platform"

typedef struct {
	uint8_t *bytes;
	size_t size;
} buffer_t;

/** The bytes of argument `index`, to read or to write; throws where it is no byte array. */
buffer_t interlock_buffer(xsMachine *the, int index, bool writable);

/** Is argument `index` true? Throws where it is missing. */
bool interlock_flag(xsMachine *the, int index);

/** Stands for `this` where a Key is asked for. */
#define THIS (-1)

/**
 * The key of argument `index` (or THIS): PSA_KEY_ID_NULL where it is closed or empty; throws where it
 * is no Key.
 */
psa_key_id_t interlock_key(xsMachine *the, int index);

/** Puts `id` into the Key that is argument `index` (or THIS) and holds none. */
void interlock_key_fill(xsMachine *the, int index, psa_key_id_t id);

/** Imports bytes as a volatile key for one algorithm. */
psa_status_t interlock_import(psa_key_type_t type, psa_key_usage_t usage, psa_algorithm_t algorithm,
	const uint8_t *bytes, size_t size, psa_key_id_t *id);

/** Imports at most SECRETS_SIZE_MAX bytes as input of a derivation. */
psa_status_t interlock_import_secret(const uint8_t *bytes, size_t size, psa_key_id_t *id);

failure_t interlock_failure(psa_status_t status);

/** Sets the result of the running native: undefined for NULL. */
void interlock_return(xsMachine *the, failure_t failure);

/** Overwrites `size` bytes with zeros; a compiler may not drop it. */
void interlock_wipe(void *bytes, size_t size);

#endif
