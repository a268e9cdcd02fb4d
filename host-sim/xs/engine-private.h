/* What engine.c, engine-memory.c, engine-modules.c and engine-freeze.c share; see engine.h. */

#ifndef INTERLOCK_ENGINE_PRIVATE_H
#define INTERLOCK_ENGINE_PRIVATE_H

#include "engine.h"
#include "xsAll.h"
#include "xsScript.h"

/* At most this many modules in one machine. */
#define MODULES_MAX 512

typedef struct {
	const interlock_module *module;
	txScript *script;	/* compiled; NULL where it does not parse */
	char *error;	/* why not, owned */
} compiled_module;

struct interlock_engine {
	const interlock_platform *platform;
	const interlock_creation *creation;
	txMachine *machine;
	int promise_jobs;
	int entered;	/* JavaScript may be running */
	size_t reserved;	/* at a board's slot size, without the base */
	size_t limit;	/* 0 until the base is in place, and where there is none */
	uint32_t base_slots, base_chunk_bytes;
	uint32_t ballast_slots, ballast_bytes;	/* taken so that what is free is what a board starts with */
	compiled_module *modules;
	size_t module_count;
	txScript *loading;	/* whose natives build_natives supplies */
};

#define ENGINE(the) ((interlock_engine *)(the)->context)

/* engine-modules.c */
void engine_compile_all(interlock_engine *engine);
/* NULL where it does not parse. `flags` of XS's parser beside those that every module needs. */
txScript *engine_compile(txMachine *the, const interlock_module *module, txUnsigned flags);
/* Makes the names that compiled code uses, as they are part of a board's image, and lets it run from where it is. */
void engine_link_all(interlock_engine *engine);
void engine_free_modules(interlock_engine *engine);

/* engine-freeze.c */
void engine_freeze_builtins(txMachine *the);
void engine_freeze_classes(txMachine *the);

/* engine-memory.c */
void engine_set_limit(interlock_engine *engine);

/* engine.c */
void engine_end(interlock_engine *engine, int status, const char *message) __attribute__((noreturn));

#endif
