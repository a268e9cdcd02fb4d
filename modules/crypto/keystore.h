/*
 * Where a platform keeps a board's private keys. The platform supplies this function: in the
 * simulator it reads the flash image's private partition, on an ESP32 see esp32/keystore.c. Only
 * the C of this folder calls it, so that no private key is ever a JavaScript value.
 */
#ifndef INTERLOCK_KEYSTORE_H
#define INTERLOCK_KEYSTORE_H

#include <stddef.h>
#include <stdint.h>

/** Characters in a key's name, without the final zero. */
#define INTERLOCK_KEY_NAME_MAX 15

/**
 * Copies the key called `name` into `buffer`.
 *
 * @param name zero-terminated, 1 to INTERLOCK_KEY_NAME_MAX characters of [a-z0-9._-].
 * @param buffer receives a PKCS#1 RSAPrivateKey in DER; the caller wipes it.
 * @param length receives the number of bytes written.
 * @return 0, or another value where there is no such key, it does not fit or it cannot be read;
 *     `buffer` may then hold anything.
 */
int interlock_keystore_read(const char *name, uint8_t *buffer, size_t capacity, size_t *length);

#endif
