/* See maker.h. The linker gives XS __wrap_fxParseScript for its own (setup/mcu.mjs), which is what evaluates text. */

#include "maker.h"
#include "memory-map.h"

#include "xsAll.h"
#include "xsScript.h"

txScript *__real_fxParseScript(txMachine *the, void *stream, txGetter getter, txUnsigned flags);

int maker_is_there(void)
{
	return *(volatile const uint32_t *)MAKER_START != 0;
}

/* Without a script XS throws a SyntaxError. */
txScript *__wrap_fxParseScript(txMachine *the, void *stream, txGetter getter, txUnsigned flags)
{
	return maker_is_there() ? __real_fxParseScript(the, stream, getter, flags) : C_NULL;
}
