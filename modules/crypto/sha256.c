/*
 * SHA-256, incrementally. The operation lives in the C heap: a driver may keep pointers into it, and the
 * XS heap moves.
 */
#include "handle.h"

#include <stdlib.h>

void xs_interlock_hash_destructor(void *data);

static psa_hash_operation_t *running(xsMachine *the)
{
	return fxGetHostDataValidate(the, &xsThis, (void *)xs_interlock_hash_destructor);
}

void xs_interlock_hash_destructor(void *data)
{
	if (data == NULL)
		return;
	(void)psa_hash_abort(data);
	interlock_wipe(data, sizeof(psa_hash_operation_t));
	free(data);
}

void xs_interlock_hash(xsMachine *the)
{
	(void)the;
}

void xs_interlock_hash_close(xsMachine *the)
{
	psa_hash_operation_t *operation = running(the);
	xsmcSetHostData(xsThis, NULL);
	xs_interlock_hash_destructor(operation);
}

void xs_interlock_hash_start(xsMachine *the)
{
	if (running(the) != NULL) {
		interlock_return(the, PLATFORM);
		return;
	}
	psa_hash_operation_t *operation = malloc(sizeof *operation);
	if (operation == NULL) {
		interlock_return(the, NO_MEMORY);
		return;
	}
	*operation = psa_hash_operation_init();
	psa_status_t status = psa_crypto_init();
	if (status == PSA_SUCCESS)
		status = psa_hash_setup(operation, PSA_ALG_SHA_256);
	if (status == PSA_SUCCESS)
		xsmcSetHostData(xsThis, operation);
	else
		xs_interlock_hash_destructor(operation);
	interlock_return(the, interlock_failure(status));
}

void xs_interlock_hash_update(xsMachine *the)
{
	psa_hash_operation_t *operation = running(the);
	buffer_t input = interlock_buffer(the, 0, false);
	interlock_return(the, operation == NULL ? CLOSED
		: interlock_failure(psa_hash_update(operation, input.bytes, input.size)));
}

void xs_interlock_hash_digest(xsMachine *the)
{
	psa_hash_operation_t *operation = running(the);
	buffer_t target = interlock_buffer(the, 0, true);
	size_t size;
	interlock_return(the, operation == NULL ? CLOSED : target.size != DIGEST_SIZE ? BAD_SIZE
		: interlock_failure(psa_hash_finish(operation, target.bytes, target.size, &size)));
}
