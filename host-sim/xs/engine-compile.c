/*
 * Source to bytecode. Modules are compiled when the base is made and their bytecode is kept in it, as it is in a
 * board's flash. Natives are declared in Moddable's form, `foo() @ "xs_foo"`; XS lists their symbols per script.
 */

#include "engine-private.h"

/* XS has it, undeclared. */
extern void fxRemapIDs(txMachine *the, txByte *code, txSize size, txID *ids);

typedef struct {
	const unsigned char *next, *end;
} source_reader;

/* Why the last module did not compile; empty where it did. */
static char first_error[400];

static int read_character(void *stream)
{
	source_reader *reader = stream;
	return reader->next < reader->end ? *reader->next++ : C_EOF;
}

static void note_error(void *console, txString path, txInteger line, txString format, c_va_list arguments)
{
	char message[200];
	(void)console;
	vsnprintf(message, sizeof message, format, arguments);
	if (!first_error[0])
		snprintf(first_error, sizeof first_error, "%s:%d: %s", path ? path : "?", (int)line, message);
}

txScript *engine_compile(txMachine *the, const interlock_module *module, txUnsigned flags)
{
	source_reader reader = { (const unsigned char *)module->source,
		(const unsigned char *)module->source + module->size };
	txParser the_parser, *parser = &the_parser;
	txParserJump jump;
	txScript *volatile script = NULL;
	first_error[0] = 0;
	fxInitializeParser(parser, the, the->parserBufferSize, the->parserTableModulo);
	parser->firstJump = &jump;
	parser->reportError = note_error;
	if (c_setjmp(jump.jmp_buf) == 0) {
		parser->path = fxNewParserSymbol(parser, (txString)module->name);
		fxParserTree(parser, &reader, read_character, mxCFlag | flags, NULL);
		fxParserHoist(parser);
		fxParserBind(parser);
		script = fxParserCode(parser);
	}
	fxTerminateParser(parser);
	return script;
}

static const char *keep_text(interlock_engine *maker, const char *text)
{
	return strcpy(engine_keep(maker, strlen(text) + 1), text);
}

/*
 * Makes code and strings run from where they are, as the SDK's linker does: without this XS copies each function into
 * the heap when it is created.
 */
static void run_in_place(txByte *code, txSize size)
{
	for (txByte *next = code, *end = code + size; next < end;) {
		txU1 *opcode = (txU1 *)next;
		txS1 length = gxCodeSizes[*opcode];
		txU2 size2;
		txS4 size4;
		switch (*opcode) {
		case XS_CODE_CODE_1: *opcode = XS_CODE_CODE_ARCHIVE_1; break;
		case XS_CODE_CODE_2: *opcode = XS_CODE_CODE_ARCHIVE_2; break;
		case XS_CODE_CODE_4: *opcode = XS_CODE_CODE_ARCHIVE_4; break;
		case XS_CODE_STRING_1: *opcode = XS_CODE_STRING_ARCHIVE_1; break;
		case XS_CODE_STRING_2: *opcode = XS_CODE_STRING_ARCHIVE_2; break;
		case XS_CODE_STRING_4: *opcode = XS_CODE_STRING_ARCHIVE_4; break;
		}
		if (length > 0) {
			next += length;
		} else if (length == 0) {
			next += 1 + sizeof(txID);
		} else if (length == -1) {
			next += 2 + opcode[1];
		} else if (length == -2) {
			memcpy(&size2, next + 1, sizeof size2);
			next += 1 + sizeof size2 + size2;
		} else {
			memcpy(&size4, next + 1, sizeof size4);
			next += 1 + sizeof size4 + (size_t)size4;
		}
	}
}

/* Names become the machine's own; afterwards the script needs its symbols no more and XS leaves it alone. */
static void link_names(txMachine *the, txScript *script)
{
	txByte *symbol = script->symbolsBuffer;
	txID count;
	mxDecodeID(symbol, count);
	txID *ids = calloc(count, sizeof *ids);
	if (!ids)
		fxAbort(the, XS_NOT_ENOUGH_MEMORY_EXIT);
	ids[0] = XS_NO_ID;
	for (txID i = 1; i < count; i++) {
		ids[i] = fxNewNameC(the, (txString)symbol);
		symbol += strlen((char *)symbol) + 1;
	}
	fxRemapIDs(the, script->codeBuffer, script->codeSize, ids);
	free(ids);
	run_in_place(script->codeBuffer, script->codeSize);
}

/* The native functions and destructors that the script declares. */
static void link_natives(interlock_engine *maker, compiled_module *compiled, const txScript *script)
{
	const interlock_platform *platform = maker->platform;
	txByte *host = script->hostsBuffer;
	txID count;
	mxDecodeID(host, count);
	txHostFunctionBuilder *natives = engine_keep(maker, count * sizeof *natives);
	for (txID i = 0; i < count; i++) {
		txByte length = *host++;
		txID id;
		mxDecodeID(host, id);
		void *native = platform->native(platform->context, (char *)host);
		if (!native && !compiled->missing)
			compiled->missing = keep_text(maker, (char *)host);
		host += strlen((char *)host) + 1;
		natives[i].callback = (txCallback)native;
		natives[i].length = length;
		natives[i].id = XS_NO_ID;
	}
	compiled->natives = natives;
	compiled->native_count = count;
}

static void keep_script(interlock_engine *maker, compiled_module *compiled, const txScript *script)
{
	txScript *kept = &compiled->script;
	kept->path = (txString)compiled->name;
	kept->codeSize = script->codeSize;
	kept->codeBuffer = memcpy(engine_keep(maker, (size_t)script->codeSize), script->codeBuffer,
		(size_t)script->codeSize);
	memcpy(kept->version, script->version, sizeof kept->version);
}

static void compile(interlock_engine *maker, const interlock_module *module, compiled_module *compiled)
{
	if (strlen(module->name) >= INTERLOCK_NAME_SIZE)
		engine_end(maker, INTERLOCK_ENGINE_FAULT, "a module's name is too long");
	compiled->name = keep_text(maker, module->name);
	compiled->preload = module->preload;
	txScript *script = engine_compile(maker->machine, module, 0);
	fxNewNameC(maker->machine, (txString)compiled->name);
	if (!script) {
		compiled->error = keep_text(maker, first_error[0] ? first_error : "does not parse");
		return;
	}
	link_names(maker->machine, script);
	keep_script(maker, compiled, script);
	if (script->hostsBuffer)
		link_natives(maker, compiled, script);
	fxDeleteScript(script);
}

void engine_compile_all(interlock_engine *maker)
{
	const interlock_platform *platform = maker->platform;
	interlock_base *base = maker->base;
	const interlock_module *module;
	size_t count = 0;
	while (platform->module(platform->context, count))
		if (++count > MODULES_MAX)
			engine_end(maker, INTERLOCK_ENGINE_FAULT, "too many modules");
	base->modules = engine_keep(maker, count * sizeof *base->modules);
	for (size_t i = 0; (module = platform->module(platform->context, i)); i++)
		compile(maker, module, &base->modules[i]);
	base->module_count = count;
}
