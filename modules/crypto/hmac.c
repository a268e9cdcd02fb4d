/*
 * HMAC-SHA-256 under a 32-byte key.
 */
#include "handle.h"

void xs_interlock_mac_import(xsMachine *the)
{
	psa_key_id_t id = interlock_key(the, THIS);
	buffer_t bytes = interlock_buffer(the, 0, false);
	if (id != PSA_KEY_ID_NULL || bytes.size != SECRET_SIZE) {
		interlock_return(the, id != PSA_KEY_ID_NULL ? PLATFORM : BAD_SIZE);
		return;
	}
	psa_status_t status = interlock_import(PSA_KEY_TYPE_HMAC, PSA_KEY_USAGE_SIGN_MESSAGE,
		PSA_ALG_HMAC(PSA_ALG_SHA_256), bytes.bytes, bytes.size, &id);
	if (status == PSA_SUCCESS)
		interlock_key_fill(the, THIS, id);
	interlock_return(the, interlock_failure(status));
}

void xs_interlock_mac_compute(xsMachine *the)
{
	psa_key_id_t id = interlock_key(the, THIS);
	buffer_t message = interlock_buffer(the, 0, false);
	buffer_t target = interlock_buffer(the, 1, true);
	size_t size;
	interlock_return(the, id == PSA_KEY_ID_NULL ? CLOSED : target.size != DIGEST_SIZE ? BAD_SIZE
		: interlock_failure(psa_mac_compute(id, PSA_ALG_HMAC(PSA_ALG_SHA_256),
			message.bytes, message.size, target.bytes, target.size, &size)));
}
