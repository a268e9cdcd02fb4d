/*
 * Key objects, arguments and failures: see handle.h. Nothing here allocates in the XS heap.
 */
#include "handle.h"

void xs_interlock_key_destructor(void *data);

/** Argument `index`, or THIS. XS does not pad a call that passed too few. */
static xsSlot *argument(xsMachine *the, int index)
{
	if (index == THIS)
		return &xsThis;
	if (index >= xsmcArgc)
		xsTypeError("argument missing");
	return &xsArg(index);
}

buffer_t interlock_buffer(xsMachine *the, int index, bool writable)
{
	xsSlot *slot = argument(the, index);
	void *bytes;
	xsUnsignedValue size;
	xsIntegerValue kind = writable ? xsmcGetBufferWritable(*slot, &bytes, &size)
		: xsmcGetBufferReadable(*slot, &bytes, &size);
	/* XS takes a host object, such as a Key, for memory of as many bytes as its byteLength says. */
	if (kind != xsBufferRelocatable)
		xsTypeError("no byte array");
	return (buffer_t) { bytes, size };
}

bool interlock_flag(xsMachine *the, int index)
{
	xsSlot *slot = argument(the, index);
	return xsmcTest(*slot);
}

psa_key_id_t interlock_key(xsMachine *the, int index)
{
	xsSlot *slot = argument(the, index);
	void *data = fxGetHostDataValidate(the, slot, (void *)xs_interlock_key_destructor);
	return (psa_key_id_t)(uintptr_t)data;
}

void interlock_key_fill(xsMachine *the, int index, psa_key_id_t id)
{
	fxSetHostData(the, argument(the, index), (void *)(uintptr_t)id);
}

psa_status_t interlock_import(psa_key_type_t type, psa_key_usage_t usage, psa_algorithm_t algorithm,
	const uint8_t *bytes, size_t size, psa_key_id_t *id)
{
	psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
	psa_set_key_type(&attributes, type);
	psa_set_key_usage_flags(&attributes, usage);
	psa_set_key_algorithm(&attributes, algorithm);
	psa_status_t status = psa_crypto_init();
	if (status == PSA_SUCCESS)
		status = psa_import_key(&attributes, bytes, size, id);
	return status;
}

failure_t interlock_failure(psa_status_t status)
{
	switch (status) {
	case PSA_SUCCESS:
		return NULL;
	case PSA_ERROR_INSUFFICIENT_MEMORY:
	case PSA_ERROR_INSUFFICIENT_STORAGE:
		return NO_MEMORY;
	default:
		return PLATFORM;
	}
}

void interlock_return(xsMachine *the, failure_t failure)
{
	if (failure == NULL)
		xsmcSetUndefined(xsResult);
	else
		fxStringX(the, &xsResult, (xsStringValue)failure);
}

void interlock_wipe(void *bytes, size_t size)
{
	volatile uint8_t *byte = bytes;
	while (size-- > 0)
		*byte++ = 0;
}

void xs_interlock_key_destructor(void *data)
{
	if (data != NULL)
		(void)psa_destroy_key((psa_key_id_t)(uintptr_t)data);
}

void xs_interlock_key(xsMachine *the)
{
	(void)the;
}

void xs_interlock_key_close(xsMachine *the)
{
	psa_key_id_t id = interlock_key(the, THIS);
	interlock_key_fill(the, THIS, PSA_KEY_ID_NULL);
	if (id != PSA_KEY_ID_NULL)
		(void)psa_destroy_key(id);
}

void xs_interlock_key_size(xsMachine *the)
{
	psa_key_id_t id = interlock_key(the, THIS);
	psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
	size_t size = 0;
	if (id != PSA_KEY_ID_NULL && psa_get_key_attributes(id, &attributes) == PSA_SUCCESS)
		size = (psa_get_key_bits(&attributes) + 7) / 8;
	psa_reset_key_attributes(&attributes);
	xsmcSetInteger(xsResult, (xsIntegerValue)size);
}
