/*
 * Stands before each source of modules/crypto in the sanitized host. A byte array is read and written through a fenced
 * copy (fence.c), and what can fail for want of memory or in the library fails when the fuzzer wants it (faults.c).
 */
#ifndef INTERLOCK_TEST_BOUNDARY_H
#define INTERLOCK_TEST_BOUNDARY_H

#include <psa/crypto.h>
#include <stdlib.h>

#include "xsmc.h"

xsIntegerValue fence_buffer(
	xsMachine *the, xsSlot *slot, void **data, xsUnsignedValue *size, xsBooleanValue writable);
#define _xsmcGetBuffer fence_buffer

bool fault_due(void);
psa_status_t fault_status(void);

#define FAULT(call) (fault_due() ? fault_status() : (call))
#define malloc(size) (fault_due() ? NULL : malloc(size))
#define psa_crypto_init() FAULT(psa_crypto_init())
#define psa_import_key(...) FAULT(psa_import_key(__VA_ARGS__))
#define psa_export_key(...) FAULT(psa_export_key(__VA_ARGS__))
#define psa_export_public_key(...) FAULT(psa_export_public_key(__VA_ARGS__))
#define psa_generate_key(...) FAULT(psa_generate_key(__VA_ARGS__))
#define psa_generate_random(...) FAULT(psa_generate_random(__VA_ARGS__))
#define psa_get_key_attributes(...) FAULT(psa_get_key_attributes(__VA_ARGS__))
#define psa_aead_encrypt(...) FAULT(psa_aead_encrypt(__VA_ARGS__))
#define psa_aead_decrypt(...) FAULT(psa_aead_decrypt(__VA_ARGS__))
#define psa_mac_compute(...) FAULT(psa_mac_compute(__VA_ARGS__))
#define psa_hash_setup(...) FAULT(psa_hash_setup(__VA_ARGS__))
#define psa_hash_update(...) FAULT(psa_hash_update(__VA_ARGS__))
#define psa_hash_finish(...) FAULT(psa_hash_finish(__VA_ARGS__))
#define psa_hash_compute(...) FAULT(psa_hash_compute(__VA_ARGS__))
#define psa_key_derivation_setup(...) FAULT(psa_key_derivation_setup(__VA_ARGS__))
#define psa_key_derivation_input_bytes(...) FAULT(psa_key_derivation_input_bytes(__VA_ARGS__))
#define psa_key_derivation_input_key(...) FAULT(psa_key_derivation_input_key(__VA_ARGS__))
#define psa_key_derivation_output_bytes(...) FAULT(psa_key_derivation_output_bytes(__VA_ARGS__))
#define psa_raw_key_agreement(...) FAULT(psa_raw_key_agreement(__VA_ARGS__))
#define psa_asymmetric_encrypt(...) FAULT(psa_asymmetric_encrypt(__VA_ARGS__))
#define psa_asymmetric_decrypt(...) FAULT(psa_asymmetric_decrypt(__VA_ARGS__))
#define psa_sign_hash(...) FAULT(psa_sign_hash(__VA_ARGS__))
#define psa_verify_hash(...) FAULT(psa_verify_hash(__VA_ARGS__))

#endif
