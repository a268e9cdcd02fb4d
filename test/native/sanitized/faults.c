/*
 * Makes one call of boundary.h fail: the Nth from now on, with a status that the fuzzer chose.
 */
#include <psa/crypto.h>

#include "xsmc.h"

static const psa_status_t statuses[] = {
	PSA_ERROR_INSUFFICIENT_MEMORY, PSA_ERROR_INSUFFICIENT_STORAGE, PSA_ERROR_GENERIC_ERROR,
	PSA_ERROR_HARDWARE_FAILURE, PSA_ERROR_CORRUPTION_DETECTED, PSA_ERROR_INSUFFICIENT_ENTROPY,
	PSA_ERROR_COMMUNICATION_FAILURE, PSA_ERROR_BUFFER_TOO_SMALL, PSA_ERROR_INVALID_ARGUMENT,
};

static int left;
static psa_status_t chosen;

bool fault_due(void)
{
	return left > 0 && --left == 0;
}

psa_status_t fault_status(void)
{
	return chosen;
}

/** Arguments: how many calls until one fails, 0 for none; which failure, any number from 0. */
void xs_test_fault(xsMachine *the)
{
	left = xsmcToInteger(xsArg(0));
	chosen = statuses[(unsigned)xsmcToInteger(xsArg(1)) % (sizeof statuses / sizeof *statuses)];
}
