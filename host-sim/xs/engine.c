/* The life of the running machine; see engine.h. */

#include "engine-private.h"

#if XS_MAJOR_VERSION > 13
	#define RUN_IMPORT(the, realm) \
		do { \
			mxPushUndefined(); \
			fxRunImport(the, realm, C_NULL); \
		} while (0)
	#define IS_STACK_OVERFLOW(reason) \
		((reason) == XS_NATIVE_STACK_OVERFLOW_EXIT || (reason) == XS_JAVASCRIPT_STACK_OVERFLOW_EXIT)
#else
	#define RUN_IMPORT(the, realm) fxRunImport(the, realm, XS_NO_ID)
	#define IS_STACK_OVERFLOW(reason) ((reason) == XS_STACK_OVERFLOW_EXIT)
#endif

char *engine_stack_limit;

const char *interlock_engine_version(void)
{
	static char version[16];
	snprintf(version, sizeof version, "%d.%d", XS_MAJOR_VERSION, XS_MINOR_VERSION);
	return version;
}

char *fxCStackLimit(void)
{
	return engine_stack_limit;
}

void engine_end(interlock_engine *engine, int status, const char *message)
{
	engine->platform->ended(engine->platform->context, status, message);
	for (;;)
		;
}

void fxQueuePromiseJobs(txMachine *the)
{
	ENGINE(the)->promise_jobs = 1;
}

/* The exception as text: its stack where it has one. */
static void describe(txMachine *the, char *text, size_t size)
{
	txSlot exception = mxException;
	mxException = mxUndefined;
	snprintf(text, size, "no message");
	mxTry(the) {
		mxPushSlot(&exception);
		if (exception.kind == XS_REFERENCE_KIND) {
			mxDub();
			mxGetID(mxID(_stack));
			if (mxIsUndefined(the->stack))
				mxPop();
		}
		fxToStringBuffer(the, the->stack, text, (txSize)size);
		mxPop();
	}
	mxCatch(the) {
		snprintf(text, size, "an exception that cannot be shown");
	}
}

void fxAbort(txMachine *the, int reason)
{
	interlock_engine *engine = ENGINE(the);
	char message[1000], what[900];
	if (IS_STACK_OVERFLOW(reason))
		engine_end(engine, INTERLOCK_STACK_OVERFLOW, "stack overflow");
	switch (reason) {
	case XS_NOT_ENOUGH_MEMORY_EXIT:
		snprintf(message, sizeof message, "memory full: %u of %u bytes are taken",
			(unsigned)engine->reserved, (unsigned)engine->creation->static_size);
		engine_end(engine, INTERLOCK_MEMORY_FULL, message);
	case XS_NO_MORE_KEYS_EXIT:
		engine_end(engine, INTERLOCK_ENGINE_FAULT, "not enough keys: creation.keys is used up");
	case XS_UNHANDLED_EXCEPTION_EXIT:
	case XS_UNHANDLED_REJECTION_EXIT:
		describe(the, what, sizeof what);
		snprintf(message, sizeof message, "unhandled %s: %s",
			reason == XS_UNHANDLED_EXCEPTION_EXIT ? "exception" : "rejection", what);
		engine_end(engine, INTERLOCK_UNHANDLED, message);
	default:
		snprintf(message, sizeof message, "the engine stopped (%d)", reason);
		engine_end(engine, INTERLOCK_ENGINE_FAULT, message);
	}
	for (;;)
		;
}

/* Runs until no promise job is left; a rejection that is unhandled by then stays so. */
static void run_jobs(txMachine *the)
{
	interlock_engine *engine = ENGINE(the);
	while (engine->promise_jobs) {
		engine->promise_jobs = 0;
		fxRunPromiseJobs(the);
	}
	fxCheckUnhandledRejections(the, 1);
}

void interlock_engine_enter(interlock_engine *engine, void (*body)(void *machine, void *data), void *data)
{
	txMachine *the = fxBeginHost(engine->machine);
	engine->entered = 1;
	mxTry(the) {
		body(the, data);
	}
	mxCatch(the) {
		fxAbort(the, XS_UNHANDLED_EXCEPTION_EXIT);
	}
	run_jobs(the);
	engine->entered = 0;
	fxEndHost(the);
}

void engine_trace(txMachine *the)
{
	interlock_engine *engine = ENGINE(the);
	for (txInteger i = 0; i < mxArgc; i++)
		engine->platform->trace(engine->platform->context, fxToString(the, mxArgv(i)));
}

void engine_import(void *machine, void *data)
{
	txMachine *the = machine;
	mxPushStringC((txString)data);
	RUN_IMPORT(the, mxModuleInstanceInternal(mxProgram.value.reference)->value.module.realm);
	mxPop();
}

static txMachine *clone(interlock_engine *engine)
{
	const interlock_creation *creation = engine->creation;
	txPreparation *preparation = &engine->base->preparation;
	txCreation machine = { 0 };
	machine.initialChunkSize = (txSize)creation->chunk_initial;
	machine.incrementalChunkSize = (txSize)creation->chunk_incremental;
	machine.initialHeapCount = (txSize)creation->heap_initial;
	machine.incrementalHeapCount = (txSize)creation->heap_incremental;
	machine.stackCount = (txSize)creation->stack;
	machine.initialKeyCount = (txSize)creation->keys_initial;
	machine.incrementalKeyCount = (txSize)creation->keys_incremental;
	machine.nameModulo = preparation->nameModulo;
	machine.symbolModulo = preparation->symbolModulo;
	machine.parserBufferSize = (txSize)creation->parser_buffer;
	machine.parserTableModulo = (txSize)creation->parser_table;
	return fxPrepareMachine(&machine, preparation, "interlock", engine, C_NULL);
}

interlock_engine *interlock_engine_start(const interlock_platform *platform, const interlock_creation *creation,
	interlock_base *base, const char *main_module)
{
	static interlock_engine the_engine;
	interlock_engine *engine = &the_engine;
	*engine = (interlock_engine){ .platform = platform, .creation = creation, .base = base };
	engine_stack_limit = platform->stack_limit;
	engine_open_memory(engine);
	engine->machine = clone(engine);
	if (!engine->machine)
		engine_end(engine, INTERLOCK_ENGINE_FAULT, "the base is of another XS");
	if (platform->ready)
		platform->ready(platform->context, engine);
	interlock_engine_enter(engine, engine_import, (void *)main_module);
	return engine;
}

void interlock_engine_stop(interlock_engine *engine)
{
	fxDeleteMachine(engine->machine);
	engine->machine = NULL;
	engine_close_memory();
}
