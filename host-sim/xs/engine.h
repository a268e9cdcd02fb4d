/*
 * One XS machine as a board would have it: modules by name, natives by symbol, limits from the manifest's `creation`.
 *
 * This part makes no call of an operating system; what it needs comes through `interlock_platform`. It compiles for a
 * desktop process and for bare metal alike. It is not thread-safe and there is one engine in a process.
 *
 * Life: interlock_base_make (compiles every module, runs the preloaded ones, freezes; on a board that is done ahead and
 * lies in flash), interlock_engine_start (clones the base into RAM, then imports the main module),
 * interlock_engine_enter for every event, interlock_engine_stop.
 */

#ifndef INTERLOCK_ENGINE_H
#define INTERLOCK_ENGINE_H

#include <stddef.h>
#include <stdint.h>

/* Bytes of a module's name, with its final zero. */
#define INTERLOCK_NAME_SIZE 128
/* Bytes that one slot takes on a 32-bit board; a 64-bit process uses twice that. */
#define INTERLOCK_BOARD_SLOT_SIZE 16

/* Why the engine ended; also the exit status of the simulator's process. */
enum {
	INTERLOCK_OK = 0,
	INTERLOCK_UNHANDLED = 70,	/* an exception or rejection that nothing caught */
	INTERLOCK_MEMORY_FULL = 71,	/* the budget of `creation.static` is used up */
	INTERLOCK_STACK_OVERFLOW = 72,	/* JavaScript or C stack */
	INTERLOCK_ENGINE_FAULT = 73,	/* keys used up, a check of XS failed */
};

/* The manifest's `creation`. Counts are of slots, sizes are bytes on a board. */
typedef struct {
	uint32_t static_size;	/* budget for stack, heap and chunks together; 0: no limit */
	uint32_t chunk_initial, chunk_incremental;
	uint32_t heap_initial, heap_incremental;
	uint32_t stack;
	uint32_t keys_initial, keys_incremental;	/* beyond those of the base, which has the modules' own names */
	uint32_t keys_name, keys_symbol;
	uint32_t parser_buffer, parser_table;
} interlock_creation;

typedef struct {
	const char *name;	/* as imported, without ".js" */
	const char *source;	/* JavaScript; need not end in a zero */
	size_t size;
	int preload;	/* run when the base is made, as the SDK does at build time */
} interlock_module;

typedef struct interlock_engine interlock_engine;

/* What a board has in flash: built-ins, preloaded modules, bytecode of all modules. It is only read. */
typedef struct interlock_base interlock_base;

typedef struct {
	void *context;
	/* The index-th module, or NULL past the last. */
	const interlock_module *(*module)(void *context, size_t index);
	/* The C function called `symbol`, or NULL. */
	void *(*native)(void *context, const char *symbol);
	/* Memory for a base, zeroed, each piece right behind the last; NULL where there is none. `size` is a multiple of 16. */
	void *(*keep)(void *context, size_t size);
	/* Part of a line for the console; a line ends in "\n". */
	void (*trace)(void *context, const char *text);
	/* The machine is as a board's at power-on, the main module is next. May be NULL. */
	void (*ready)(void *context, interlock_engine *engine);
	/* Ends everything; does not return. `status` is one of the values above. */
	void (*ended)(void *context, int status, const char *message);
	/* Lowest address the C stack may reach, or NULL where unknown. */
	char *stack_limit;
} interlock_platform;

/* What the machine holds in RAM, and what a board keeps in flash: the base. */
typedef struct {
	uint32_t slots, chunk_bytes;
	uint32_t base_slots, base_chunk_bytes;
	uint32_t reserved_bytes;	/* taken of the budget, at a board's slot size */
	uint32_t reserved_chunk_bytes;	/* of these, for chunks; the rest is the stack's and the slots' */
	uint32_t limit_bytes;
} interlock_memory;

/* Of XS, for example "13.3". */
const char *interlock_engine_version(void);

/*
 * Makes a base in memory that the platform keeps; all pointers in it are into that memory or the program. What the
 * platform's `module` gives need not outlive the call. Ends through `ended` where it cannot.
 */
interlock_base *interlock_base_make(const interlock_platform *platform, const interlock_creation *creation);

/* Bytes of a base. `chunks` are those in use, with the `names` in them; what is left over is tables, natives and gaps. */
typedef struct {
	uint32_t all, slots, chunks, names, name_tables;
} interlock_base_sizes;

interlock_base_sizes interlock_base_measure(const interlock_base *base);
/* The index-th module's name and the size of its bytecode, or NULL past the last. */
const char *interlock_base_module(const interlock_base *base, size_t index, uint32_t *code_size);

/* All arguments must outlive the engine; the base may be read-only. Ends through `ended` where it cannot start. */
interlock_engine *interlock_engine_start(const interlock_platform *platform, const interlock_creation *creation,
	interlock_base *base, const char *main_module);

/*
 * Runs `body` inside the machine (an `xsMachine *`), then all promise jobs. An exception that leaves `body`, and a
 * rejection that nothing handles, end the engine.
 */
void interlock_engine_enter(interlock_engine *engine, void (*body)(void *machine, void *data), void *data);

/* Collects garbage, then measures. */
interlock_memory interlock_engine_memory(interlock_engine *engine);

void interlock_engine_stop(interlock_engine *engine);

#endif
