/*
 * X25519 (RFC 7748): key pairs that live in PSA, and shared secrets that go from PSA into a new
 * Key.
 */
#include "handle.h"
#include "secret.h"

#define X25519_TYPE PSA_KEY_TYPE_ECC_KEY_PAIR(PSA_ECC_FAMILY_MONTGOMERY)
#define X25519_BITS 255

/** Puts a new pair into `this` and its public half into `publicKey`; takes the pair over. */
static void give(xsMachine *the, psa_status_t status, psa_key_id_t id, buffer_t publicKey)
{
	size_t size;
	if (status == PSA_SUCCESS)
		status = psa_export_public_key(id, publicKey.bytes, publicKey.size, &size);
	if (status == PSA_SUCCESS)
		interlock_key_fill(the, THIS, id);
	else if (id != PSA_KEY_ID_NULL)
		(void)psa_destroy_key(id);
	interlock_return(the, interlock_failure(status));
}

void xs_interlock_x25519_generate(xsMachine *the)
{
	psa_key_id_t id = interlock_key(the, THIS);
	buffer_t publicKey = interlock_buffer(the, 0, true);
	if (id != PSA_KEY_ID_NULL || publicKey.size != X25519_SIZE) {
		interlock_return(the, id != PSA_KEY_ID_NULL ? PLATFORM : BAD_SIZE);
		return;
	}
	psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
	psa_set_key_type(&attributes, X25519_TYPE);
	psa_set_key_bits(&attributes, X25519_BITS);
	psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_DERIVE);
	psa_set_key_algorithm(&attributes, PSA_ALG_ECDH);
	psa_status_t status = psa_crypto_init();
	if (status == PSA_SUCCESS)
		status = psa_generate_key(&attributes, &id);
	give(the, status, id, publicKey);
}

void xs_interlock_x25519_import(xsMachine *the)
{
	psa_key_id_t id = interlock_key(the, THIS);
	buffer_t bytes = interlock_buffer(the, 0, false);
	buffer_t publicKey = interlock_buffer(the, 1, true);
	if (id != PSA_KEY_ID_NULL || bytes.size != X25519_SIZE || publicKey.size != X25519_SIZE) {
		interlock_return(the, id != PSA_KEY_ID_NULL ? PLATFORM : BAD_SIZE);
		return;
	}
	psa_status_t status = interlock_import(
		X25519_TYPE, PSA_KEY_USAGE_DERIVE, PSA_ALG_ECDH, bytes.bytes, bytes.size, &id);
	give(the, status, id, publicKey);
}

/** In constant time. The answer is public. */
static bool is_zero(const uint8_t *bytes, size_t size)
{
	volatile uint8_t any = 0;
	for (size_t i = 0; i < size; i++)
		any = (uint8_t)(any | bytes[i]);
	bool zero = any == 0;
	INTERLOCK_PUBLIC(zero);
	return zero;
}

void xs_interlock_x25519_agree(xsMachine *the)
{
	psa_key_id_t id = interlock_key(the, THIS);
	buffer_t peer = interlock_buffer(the, 0, false);
	psa_key_id_t secret = interlock_key(the, 1);
	if (id == PSA_KEY_ID_NULL || secret != PSA_KEY_ID_NULL || peer.size != X25519_SIZE) {
		interlock_return(the, id == PSA_KEY_ID_NULL ? CLOSED
			: secret != PSA_KEY_ID_NULL ? PLATFORM : BAD_SIZE);
		return;
	}
	uint8_t shared[X25519_SIZE];
	size_t size = 0;
	psa_status_t status = psa_raw_key_agreement(
		PSA_ALG_ECDH, id, peer.bytes, peer.size, shared, sizeof shared, &size);
	/* Low order: one library refuses the point, another gives zeros. */
	bool refused = status == PSA_ERROR_INVALID_ARGUMENT
		|| (status == PSA_SUCCESS && is_zero(shared, sizeof shared));
	if (status == PSA_SUCCESS && !refused)
		status = interlock_import_secret(shared, size, &secret);
	interlock_wipe(shared, sizeof shared);
	if (status == PSA_SUCCESS && !refused)
		interlock_key_fill(the, 1, secret);
	interlock_return(the, refused ? REFUSED : interlock_failure(status));
}
