/*
 * Functions have no `length` and no `name`, as those that the SDK's linker puts on a board: two slots each. The linker
 * gives XS these two for its own (setup/mcu.mjs). Stack traces name functions all the same, by their code.
 */

#include "xsAll.h"

txSlot *__wrap_fxNewFunctionLength(txMachine *the, txSlot *instance, txNumber length);
txSlot *__wrap_fxNewFunctionName(txMachine *the, txSlot *instance, txID id, txIndex index, txID former,
	txString prefix);

txSlot *__wrap_fxNewFunctionLength(txMachine *the, txSlot *instance, txNumber length)
{
	return C_NULL;
}

txSlot *__wrap_fxNewFunctionName(txMachine *the, txSlot *instance, txID id, txIndex index, txID former,
	txString prefix)
{
	return C_NULL;
}
