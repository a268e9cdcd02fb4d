/*
 * The platform's random generator, and comparison in constant time.
 */
#include "handle.h"
#include "secret.h"

void xs_interlock_random(xsMachine *the)
{
	buffer_t target = interlock_buffer(the, 0, true);
	psa_status_t status = psa_crypto_init();
	if (status == PSA_SUCCESS && target.size > 0)
		status = psa_generate_random(target.bytes, target.size);
	interlock_return(the, interlock_failure(status));
}

void xs_interlock_equal(xsMachine *the)
{
	buffer_t a = interlock_buffer(the, 0, false);
	buffer_t b = interlock_buffer(the, 1, false);
	bool equal = a.size == b.size;
	if (equal) {
		volatile uint8_t difference = 0;
		for (size_t i = 0; i < a.size; i++)
			difference = (uint8_t)(difference | (a.bytes[i] ^ b.bytes[i]));
		equal = difference == 0;
		INTERLOCK_PUBLIC(equal);
	}
	xsmcSetBoolean(xsResult, equal);
}
