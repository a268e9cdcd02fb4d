/* What the parts of the engine share; see engine.h. */

#ifndef INTERLOCK_ENGINE_PRIVATE_H
#define INTERLOCK_ENGINE_PRIVATE_H

#include "engine.h"
#include "xsAll.h"
#include "xsScript.h"

/* At most this many modules in one base. */
#define MODULES_MAX 512

typedef struct {
	const char *name;
	int preload;
	const char *error;	/* why it does not compile; NULL where it does */
	const char *missing;	/* a native that it declares and the platform has not, or NULL */
	const txHostFunctionBuilder *natives;
	txID native_count;
	txScript script;
} compiled_module;

struct interlock_base {
	txPreparation preparation;	/* what XS clones */
	void *end;	/* of what was kept, which lies in one piece from here on */
	uint32_t slots, chunk_bytes;
	size_t module_count;
	compiled_module *modules;
} __attribute__((aligned(16)));

struct interlock_engine {
	const interlock_platform *platform;
	const interlock_creation *creation;
	interlock_base *base;
	txMachine *machine;
	int is_maker;	/* the machine will be a base: its slots and chunks are kept */
	int promise_jobs;
	int entered;	/* JavaScript may be running */
	size_t reserved;	/* of the budget, at a board's slot size */
	size_t reserved_chunks;	/* of these */
	const compiled_module *loading;	/* whose natives build_natives supplies */
};

#define ENGINE(the) ((interlock_engine *)(the)->context)

/* engine-compile.c, where only a maker has it */

/* NULL where it does not parse. `flags` of XS's parser beside those that every module needs. */
txScript *engine_compile(txMachine *the, const interlock_module *module, txUnsigned flags);
/* Every module of the platform's table, with the names that it uses; its code runs from where it is. */
void engine_compile_all(interlock_engine *maker);

/* engine-freeze.c, the same */
void engine_freeze_builtins(txMachine *the);
void engine_freeze_classes(txMachine *the);
/* After the machine was shared: nothing of it will be written again. */
void engine_seal(interlock_engine *maker);

/* engine-memory.c */
/* Memory of the base, zeroed; ends the maker where there is none. */
void *engine_keep(interlock_engine *maker, size_t size);
void engine_open_memory(interlock_engine *engine);
void engine_close_memory(void);

/* engine.c */
extern char *engine_stack_limit;
/* Imports the module called `data`; for interlock_engine_enter. */
void engine_import(void *machine, void *data);
/* The global function `trace`. */
void engine_trace(txMachine *the);
void engine_end(interlock_engine *engine, int status, const char *message) __attribute__((noreturn));

#endif
