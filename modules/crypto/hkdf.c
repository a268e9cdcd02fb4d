/*
 * Secrets, and HKDF-SHA-256 (RFC 5869) over one to three of them. A secret is exportable inside
 * PSA, because joining two and wrapping one need its bytes for a moment; no binding gives them to
 * JavaScript.
 */
#include "handle.h"

#include <stdlib.h>

#define HKDF PSA_ALG_HKDF(PSA_ALG_SHA_256)
#define SECRET_USAGE (PSA_KEY_USAGE_DERIVE | PSA_KEY_USAGE_EXPORT)

void xs_interlock_derivation_destructor(void *data);

psa_status_t interlock_import_secret(const uint8_t *bytes, size_t size, psa_key_id_t *id)
{
	return interlock_import(PSA_KEY_TYPE_DERIVE, SECRET_USAGE, HKDF, bytes, size, id);
}

void xs_interlock_secret_import(xsMachine *the)
{
	psa_key_id_t id = interlock_key(the, THIS);
	buffer_t bytes = interlock_buffer(the, 0, false);
	if (id != PSA_KEY_ID_NULL || bytes.size == 0 || bytes.size > SECRETS_SIZE_MAX) {
		interlock_return(the, id != PSA_KEY_ID_NULL ? PLATFORM : BAD_SIZE);
		return;
	}
	psa_status_t status = interlock_import_secret(bytes.bytes, bytes.size, &id);
	if (status == PSA_SUCCESS)
		interlock_key_fill(the, THIS, id);
	interlock_return(the, interlock_failure(status));
}

void xs_interlock_secret_generate(xsMachine *the)
{
	psa_key_id_t id = interlock_key(the, THIS);
	if (id != PSA_KEY_ID_NULL) {
		interlock_return(the, PLATFORM);
		return;
	}
	psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
	psa_set_key_type(&attributes, PSA_KEY_TYPE_DERIVE);
	psa_set_key_bits(&attributes, 8 * SECRET_SIZE);
	psa_set_key_usage_flags(&attributes, SECRET_USAGE);
	psa_set_key_algorithm(&attributes, HKDF);
	psa_status_t status = psa_crypto_init();
	if (status == PSA_SUCCESS)
		status = psa_generate_key(&attributes, &id);
	if (status == PSA_SUCCESS)
		interlock_key_fill(the, THIS, id);
	interlock_return(the, interlock_failure(status));
}

static psa_key_derivation_operation_t *running(xsMachine *the)
{
	return fxGetHostDataValidate(the, &xsThis, (void *)xs_interlock_derivation_destructor);
}

void xs_interlock_derivation_destructor(void *data)
{
	if (data == NULL)
		return;
	(void)psa_key_derivation_abort(data);
	interlock_wipe(data, sizeof(psa_key_derivation_operation_t));
	free(data);
}

void xs_interlock_derivation(xsMachine *the)
{
	(void)the;
}

void xs_interlock_derivation_close(xsMachine *the)
{
	psa_key_derivation_operation_t *operation = running(the);
	xsmcSetHostData(xsThis, NULL);
	xs_interlock_derivation_destructor(operation);
}

/** Joins `count` secrets into one volatile key. */
static psa_status_t join(const psa_key_id_t *secrets, int count, psa_key_id_t *joined)
{
	uint8_t bytes[SECRETS_SIZE_MAX];
	size_t size = 0;
	psa_status_t status = PSA_SUCCESS;
	for (int i = 0; i < count && status == PSA_SUCCESS; i++) {
		size_t added = 0;
		status = psa_export_key(secrets[i], bytes + size, sizeof bytes - size, &added);
		size += added;
	}
	if (status == PSA_SUCCESS)
		status = interlock_import_secret(bytes, size, joined);
	interlock_wipe(bytes, sizeof bytes);
	return status;
}

static psa_status_t start(psa_key_derivation_operation_t *operation, buffer_t salt, buffer_t info,
	const psa_key_id_t *secrets, int count)
{
	psa_key_id_t joined = PSA_KEY_ID_NULL;
	psa_status_t status = join(secrets, count, &joined);
	if (status == PSA_SUCCESS)
		status = psa_key_derivation_setup(operation, HKDF);
	if (status == PSA_SUCCESS)
		status = psa_key_derivation_input_bytes(
			operation, PSA_KEY_DERIVATION_INPUT_SALT, salt.bytes, salt.size);
	if (status == PSA_SUCCESS)
		status = psa_key_derivation_input_key(operation, PSA_KEY_DERIVATION_INPUT_SECRET, joined);
	if (status == PSA_SUCCESS)
		status = psa_key_derivation_input_bytes(
			operation, PSA_KEY_DERIVATION_INPUT_INFO, info.bytes, info.size);
	if (joined != PSA_KEY_ID_NULL)
		(void)psa_destroy_key(joined);
	return status;
}

void xs_interlock_derivation_start(xsMachine *the)
{
	psa_key_id_t secrets[3];
	int count = xsmcArgc - 2;
	buffer_t salt = interlock_buffer(the, 0, false);
	buffer_t info = interlock_buffer(the, 1, false);
	if (running(the) != NULL || count < 1 || count > 3) {
		interlock_return(the, PLATFORM);
		return;
	}
	for (int i = 0; i < count; i++) {
		secrets[i] = interlock_key(the, 2 + i);
		if (secrets[i] == PSA_KEY_ID_NULL) {
			interlock_return(the, CLOSED);
			return;
		}
	}
	psa_key_derivation_operation_t *operation = malloc(sizeof *operation);
	if (operation == NULL) {
		interlock_return(the, NO_MEMORY);
		return;
	}
	*operation = psa_key_derivation_operation_init();
	psa_status_t status = start(operation, salt, info, secrets, count);
	if (status == PSA_SUCCESS)
		xsmcSetHostData(xsThis, operation);
	else
		xs_interlock_derivation_destructor(operation);
	interlock_return(
		the, status == PSA_ERROR_BUFFER_TOO_SMALL ? BAD_SIZE : interlock_failure(status));
}

/**
 * Not psa_key_derivation_output_key(): in mbedTLS 2.28 that leaves a copy of the key in freed memory.
 */
static void output_key(
	xsMachine *the, psa_key_type_t type, psa_key_usage_t usage, psa_algorithm_t algorithm)
{
	psa_key_derivation_operation_t *operation = running(the);
	psa_key_id_t id = interlock_key(the, 0);
	if (operation == NULL || id != PSA_KEY_ID_NULL) {
		interlock_return(the, operation == NULL ? CLOSED : PLATFORM);
		return;
	}
	uint8_t bytes[SECRET_SIZE];
	psa_status_t status = psa_key_derivation_output_bytes(operation, bytes, sizeof bytes);
	if (status == PSA_SUCCESS)
		status = interlock_import(type, usage, algorithm, bytes, sizeof bytes, &id);
	interlock_wipe(bytes, sizeof bytes);
	if (status == PSA_SUCCESS)
		interlock_key_fill(the, 0, id);
	interlock_return(the, interlock_failure(status));
}

void xs_interlock_derivation_aead(xsMachine *the)
{
	output_key(the, PSA_KEY_TYPE_AES, PSA_KEY_USAGE_ENCRYPT | PSA_KEY_USAGE_DECRYPT, PSA_ALG_GCM);
}

void xs_interlock_derivation_mac(xsMachine *the)
{
	output_key(the, PSA_KEY_TYPE_HMAC, PSA_KEY_USAGE_SIGN_MESSAGE, PSA_ALG_HMAC(PSA_ALG_SHA_256));
}

void xs_interlock_derivation_bytes(xsMachine *the)
{
	psa_key_derivation_operation_t *operation = running(the);
	buffer_t target = interlock_buffer(the, 0, true);
	interlock_return(the, operation == NULL ? CLOSED
		: interlock_failure(psa_key_derivation_output_bytes(operation, target.bytes, target.size)));
}
