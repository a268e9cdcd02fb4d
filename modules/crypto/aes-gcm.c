/*
 * AES-256-GCM (NIST SP 800-38D) in one call: mbedTLS 2.28 has no multi-part AEAD. 12-byte nonce,
 * 16-byte tag at the end.
 */
#include "handle.h"

#define AEAD_USAGE (PSA_KEY_USAGE_ENCRYPT | PSA_KEY_USAGE_DECRYPT)

void xs_interlock_aead_import(xsMachine *the)
{
	psa_key_id_t id = interlock_key(the, THIS);
	buffer_t bytes = interlock_buffer(the, 0, false);
	if (id != PSA_KEY_ID_NULL || bytes.size != SECRET_SIZE) {
		interlock_return(the, id != PSA_KEY_ID_NULL ? PLATFORM : BAD_SIZE);
		return;
	}
	psa_status_t status = interlock_import(
		PSA_KEY_TYPE_AES, AEAD_USAGE, PSA_ALG_GCM, bytes.bytes, bytes.size, &id);
	if (status == PSA_SUCCESS)
		interlock_key_fill(the, THIS, id);
	interlock_return(the, interlock_failure(status));
}

void xs_interlock_aead_seal(xsMachine *the)
{
	psa_key_id_t id = interlock_key(the, THIS);
	buffer_t nonce = interlock_buffer(the, 0, false);
	buffer_t aad = interlock_buffer(the, 1, false);
	buffer_t plaintext = interlock_buffer(the, 2, false);
	buffer_t target = interlock_buffer(the, 3, true);
	if (id == PSA_KEY_ID_NULL || nonce.size != NONCE_SIZE || target.size < TAG_SIZE
		|| target.size - TAG_SIZE != plaintext.size) {
		interlock_return(the, id == PSA_KEY_ID_NULL ? CLOSED : BAD_SIZE);
		return;
	}
	size_t size;
	psa_status_t status = psa_aead_encrypt(id, PSA_ALG_GCM, nonce.bytes, nonce.size, aad.bytes,
		aad.size, plaintext.bytes, plaintext.size, target.bytes, target.size, &size);
	interlock_return(the, interlock_failure(status));
}

void xs_interlock_aead_open(xsMachine *the)
{
	psa_key_id_t id = interlock_key(the, THIS);
	buffer_t nonce = interlock_buffer(the, 0, false);
	buffer_t aad = interlock_buffer(the, 1, false);
	buffer_t sealed = interlock_buffer(the, 2, false);
	buffer_t target = interlock_buffer(the, 3, true);
	if (id == PSA_KEY_ID_NULL || nonce.size != NONCE_SIZE || sealed.size < TAG_SIZE) {
		interlock_return(the, id == PSA_KEY_ID_NULL ? CLOSED
			: nonce.size != NONCE_SIZE ? BAD_SIZE : REFUSED);
		return;
	}
	if (sealed.size - TAG_SIZE != target.size) {
		interlock_return(the, BAD_SIZE);
		return;
	}
	size_t size;
	psa_status_t status = psa_aead_decrypt(id, PSA_ALG_GCM, nonce.bytes, nonce.size, aad.bytes,
		aad.size, sealed.bytes, sealed.size, target.bytes, target.size, &size);
	if (status != PSA_SUCCESS)
		interlock_wipe(target.bytes, target.size);
	interlock_return(
		the, status == PSA_ERROR_INVALID_SIGNATURE ? REFUSED : interlock_failure(status));
}
