/*
 * RSAES-OAEP and RSASSA-PSS (RFC 8017), both with SHA-256 and MGF1-SHA-256, the salt 32 bytes. Keys
 * are PKCS#1 DER. A private key comes from the platform's key store and goes straight into PSA.
 */
#include "handle.h"
#include "keystore.h"

#include <stdlib.h>
#include <string.h>

#define OAEP PSA_ALG_RSA_OAEP(PSA_ALG_SHA_256)
#define PSS PSA_ALG_RSA_PSS(PSA_ALG_SHA_256)
#define PRIVATE_SIZE_MAX PSA_EXPORT_KEY_OUTPUT_SIZE(PSA_KEY_TYPE_RSA_KEY_PAIR, RSA_BITS_MAX)

/** Modulus size in bytes; 0 where the key is none that we accept. */
static size_t modulus_size(psa_key_id_t id)
{
	psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
	size_t bits = 0;
	if (psa_get_key_attributes(id, &attributes) == PSA_SUCCESS
		&& PSA_KEY_TYPE_IS_RSA(psa_get_key_type(&attributes)))
		bits = psa_get_key_bits(&attributes);
	psa_reset_key_attributes(&attributes);
	return bits >= RSA_BITS_MIN && bits <= RSA_BITS_MAX && bits % 8 == 0 ? bits / 8 : 0;
}

/** Does a failed import say nothing about the key: is the platform at fault? */
static bool is_platform(psa_status_t status)
{
	return status == PSA_ERROR_INSUFFICIENT_ENTROPY || status == PSA_ERROR_HARDWARE_FAILURE
		|| status == PSA_ERROR_COMMUNICATION_FAILURE || status == PSA_ERROR_CORRUPTION_DETECTED;
}

/** Puts an imported key into `this`; takes it over. */
static void give(xsMachine *the, psa_status_t status, psa_key_id_t id)
{
	failure_t failure = interlock_failure(status);
	if (status == PSA_SUCCESS ? modulus_size(id) == 0
			: strcmp(failure, NO_MEMORY) != 0 && !is_platform(status))
		failure = BAD_KEY;
	if (failure == NULL)
		interlock_key_fill(the, THIS, id);
	else if (status == PSA_SUCCESS)
		(void)psa_destroy_key(id);
	interlock_return(the, failure);
}

void xs_interlock_rsa_public(xsMachine *the)
{
	psa_key_id_t id = interlock_key(the, THIS);
	buffer_t der = interlock_buffer(the, 0, false);
	bool verify = interlock_flag(the, 1);
	if (id != PSA_KEY_ID_NULL) {
		interlock_return(the, PLATFORM);
		return;
	}
	psa_status_t status = interlock_import(PSA_KEY_TYPE_RSA_PUBLIC_KEY,
		verify ? PSA_KEY_USAGE_VERIFY_HASH : PSA_KEY_USAGE_ENCRYPT, verify ? PSS : OAEP, der.bytes,
		der.size, &id);
	give(the, status, id);
}

void xs_interlock_rsa_private(xsMachine *the)
{
	char name[INTERLOCK_KEY_NAME_MAX + 1] = { 0 };
	psa_key_id_t id = interlock_key(the, THIS);
	buffer_t text = interlock_buffer(the, 0, false);
	bool sign = interlock_flag(the, 1);
	if (id != PSA_KEY_ID_NULL || text.size == 0 || text.size > INTERLOCK_KEY_NAME_MAX) {
		interlock_return(the, id != PSA_KEY_ID_NULL ? PLATFORM : BAD_SIZE);
		return;
	}
	memcpy(name, text.bytes, text.size);
	uint8_t *der = malloc(PRIVATE_SIZE_MAX);
	if (der == NULL) {
		interlock_return(the, NO_MEMORY);
		return;
	}
	size_t size = 0;
	psa_status_t status = PSA_ERROR_DOES_NOT_EXIST;
	if (interlock_keystore_read(name, der, PRIVATE_SIZE_MAX, &size) == 0)
		status = interlock_import(PSA_KEY_TYPE_RSA_KEY_PAIR,
			sign ? PSA_KEY_USAGE_SIGN_HASH : PSA_KEY_USAGE_DECRYPT, sign ? PSS : OAEP, der, size, &id);
	interlock_wipe(der, PRIVATE_SIZE_MAX);
	free(der);
	give(the, status, id);
}

void xs_interlock_rsa_wrap(xsMachine *the)
{
	psa_key_id_t id = interlock_key(the, THIS);
	psa_key_id_t secret = interlock_key(the, 0);
	buffer_t label = interlock_buffer(the, 1, false);
	buffer_t target = interlock_buffer(the, 2, true);
	if (id == PSA_KEY_ID_NULL || secret == PSA_KEY_ID_NULL) {
		interlock_return(the, CLOSED);
		return;
	}
	uint8_t bytes[SECRET_SIZE];
	size_t size = 0;
	psa_status_t status = psa_export_key(secret, bytes, sizeof bytes, &size);
	/* A longer secret does not fit; any other failure to export is not the size's. */
	bool whole = status != PSA_ERROR_BUFFER_TOO_SMALL && target.size == modulus_size(id)
		&& (status != PSA_SUCCESS || size == SECRET_SIZE);
	if (whole && status == PSA_SUCCESS)
		status = psa_asymmetric_encrypt(id, OAEP, bytes, sizeof bytes, label.bytes, label.size,
			target.bytes, target.size, &size);
	interlock_wipe(bytes, sizeof bytes);
	interlock_return(the, whole ? interlock_failure(status) : BAD_SIZE);
}

void xs_interlock_rsa_unwrap(xsMachine *the)
{
	psa_key_id_t id = interlock_key(the, THIS);
	buffer_t wrapped = interlock_buffer(the, 0, false);
	buffer_t label = interlock_buffer(the, 1, false);
	psa_key_id_t secret = interlock_key(the, 2);
	if (id == PSA_KEY_ID_NULL || secret != PSA_KEY_ID_NULL) {
		interlock_return(the, id == PSA_KEY_ID_NULL ? CLOSED : PLATFORM);
		return;
	}
	uint8_t bytes[SECRET_SIZE];
	size_t size = 0;
	psa_status_t status = psa_asymmetric_decrypt(id, OAEP, wrapped.bytes, wrapped.size, label.bytes,
		label.size, bytes, sizeof bytes, &size);
	if (status == PSA_SUCCESS && size != SECRET_SIZE)
		status = PSA_ERROR_INVALID_PADDING;
	if (status == PSA_SUCCESS)
		status = interlock_import_secret(bytes, sizeof bytes, &secret);
	interlock_wipe(bytes, sizeof bytes);
	if (status == PSA_SUCCESS)
		interlock_key_fill(the, 2, secret);
	interlock_return(the, status == PSA_SUCCESS ? NULL
		: status == PSA_ERROR_INSUFFICIENT_MEMORY ? NO_MEMORY : REFUSED);
}

static psa_status_t hash(buffer_t message, uint8_t digest[DIGEST_SIZE])
{
	size_t size;
	return psa_hash_compute(
		PSA_ALG_SHA_256, message.bytes, message.size, digest, DIGEST_SIZE, &size);
}

void xs_interlock_rsa_sign(xsMachine *the)
{
	psa_key_id_t id = interlock_key(the, THIS);
	buffer_t message = interlock_buffer(the, 0, false);
	buffer_t target = interlock_buffer(the, 1, true);
	if (id == PSA_KEY_ID_NULL || target.size != modulus_size(id)) {
		interlock_return(the, id == PSA_KEY_ID_NULL ? CLOSED : BAD_SIZE);
		return;
	}
	uint8_t digest[DIGEST_SIZE];
	size_t size;
	psa_status_t status = hash(message, digest);
	if (status == PSA_SUCCESS)
		status = psa_sign_hash(id, PSS, digest, sizeof digest, target.bytes, target.size, &size);
	interlock_return(the, interlock_failure(status));
}

void xs_interlock_rsa_verify(xsMachine *the)
{
	psa_key_id_t id = interlock_key(the, THIS);
	buffer_t message = interlock_buffer(the, 0, false);
	buffer_t signature = interlock_buffer(the, 1, false);
	if (id == PSA_KEY_ID_NULL) {
		interlock_return(the, CLOSED);
		return;
	}
	uint8_t digest[DIGEST_SIZE];
	psa_status_t status = hash(message, digest);
	if (status != PSA_SUCCESS) {
		interlock_return(the, interlock_failure(status));
		return;
	}
	status = psa_verify_hash(id, PSS, digest, sizeof digest, signature.bytes, signature.size);
	interlock_return(the, status == PSA_SUCCESS ? NULL
		: status == PSA_ERROR_INSUFFICIENT_MEMORY ? NO_MEMORY : REFUSED);
}
