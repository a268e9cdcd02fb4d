/*
 * Stands before each source of modules/crypto in the memcheck host, between it and PSA Crypto: says what is secret of
 * what goes in and comes out. Secret bytes are undefined for valgrind's memcheck, which follows them and tells each
 * branch and each address that depends on one. What is made public again is what others may see.
 */
#ifndef INTERLOCK_TEST_BOUNDARY_H
#define INTERLOCK_TEST_BOUNDARY_H

#include <psa/crypto.h>
#include <valgrind/memcheck.h>

#define SECRET(bytes, size) ((void)VALGRIND_MAKE_MEM_UNDEFINED((bytes), (size)))
#define SECRET_OF_PUBLIC_SIZE(bytes, size) (PUBLIC(size, sizeof *(size)), SECRET(bytes, *(size)))
#define PUBLIC(bytes, size) ((void)VALGRIND_MAKE_MEM_DEFINED((bytes), (size)))
#define INTERLOCK_PUBLIC(value) PUBLIC(&(value), sizeof(value))

/* Calls, and marks `size` bytes. That and how it failed is public: the caller tells it to everyone. */
#define AFTER(call, mark, bytes, size) \
	({ \
		psa_status_t status_ = (call); \
		INTERLOCK_PUBLIC(status_); \
		if (status_ == PSA_SUCCESS) \
			mark(bytes, size); \
		status_; \
	})

/* Private and symmetric keys, whole secrets; their kind and size are public. */
#define psa_import_key(attributes, bytes, size, id) \
	(PSA_KEY_TYPE_IS_PUBLIC_KEY(psa_get_key_type(attributes)) ? (void)0 : SECRET(bytes, size), \
		AFTER(psa_import_key(attributes, bytes, size, id), PUBLIC, id, sizeof *(id)))
#define psa_get_key_attributes(id, attributes) \
	AFTER(psa_get_key_attributes(id, attributes), PUBLIC, attributes, sizeof *(attributes))
#define psa_export_key(id, bytes, room, size) \
	AFTER(psa_export_key(id, bytes, room, size), SECRET, bytes, *(size))
#define psa_key_derivation_output_bytes(operation, bytes, size) \
	AFTER(psa_key_derivation_output_bytes(operation, bytes, size), SECRET, bytes, size)
#define psa_raw_key_agreement(algorithm, id, peer, peer_size, bytes, room, size) \
	AFTER(psa_raw_key_agreement(algorithm, id, peer, peer_size, bytes, room, size), SECRET, bytes, *(size))
#define psa_asymmetric_decrypt(id, algorithm, in, in_size, salt, salt_size, bytes, room, size) \
	AFTER(psa_asymmetric_decrypt(id, algorithm, in, in_size, salt, salt_size, bytes, room, size), \
		SECRET_OF_PUBLIC_SIZE, bytes, size)

/* Plaintext is secret, ciphertext is not. */
#define psa_aead_encrypt(id, algorithm, nonce, nonce_size, aad, aad_size, in, in_size, out, room, size) \
	(SECRET(in, in_size), \
		AFTER(psa_aead_encrypt(id, algorithm, nonce, nonce_size, aad, aad_size, in, in_size, out, room, size), \
			PUBLIC, out, *(size)))
#define psa_aead_decrypt(id, algorithm, nonce, nonce_size, aad, aad_size, in, in_size, out, room, size) \
	AFTER(psa_aead_decrypt(id, algorithm, nonce, nonce_size, aad, aad_size, in, in_size, out, room, size), \
		SECRET, out, *(size))

/* What others see of a key. */
#define psa_export_public_key(id, bytes, room, size) \
	AFTER(psa_export_public_key(id, bytes, room, size), PUBLIC, bytes, *(size))
#define psa_asymmetric_encrypt(id, algorithm, in, in_size, salt, salt_size, out, room, size) \
	AFTER(psa_asymmetric_encrypt(id, algorithm, in, in_size, salt, salt_size, out, room, size), \
		PUBLIC, out, *(size))
#define psa_sign_hash(id, algorithm, hash, hash_size, out, room, size) \
	AFTER(psa_sign_hash(id, algorithm, hash, hash_size, out, room, size), PUBLIC, out, *(size))

#endif
