/*
 * Modules of the machine: specifiers to names, source to bytecode, native symbols to functions.
 *
 * A specifier resolves as mcconfig's does: ".js" is dropped, "./x" and "../x" are relative to the importing module and
 * at most one "../" is taken (modules under "test/", which never reach a board, may take more). What is left must be a
 * name in the platform's table; there is no search on disk.
 *
 * Modules are compiled when the machine starts and their bytecode is kept outside the heap, as it is in a board's
 * flash. Natives are declared in Moddable's form, `foo() @ "xs_foo"`; XS lists their symbols per script.
 */

#include "engine-private.h"

/* XS has it, undeclared. */
extern void fxRemapIDs(txMachine *the, txByte *code, txSize size, txID *ids);

typedef struct {
	const unsigned char *next, *end;
} source_reader;

static int read_character(void *stream)
{
	source_reader *reader = stream;
	return reader->next < reader->end ? *reader->next++ : C_EOF;
}

static void keep_error(void *console, txString path, txInteger line, txString format, c_va_list arguments)
{
	txMachine *the = console;
	interlock_engine *engine = ENGINE(the);
	compiled_module *compiled = &engine->modules[engine->module_count];
	char message[200], whole[400];
	vsnprintf(message, sizeof message, format, arguments);
	snprintf(whole, sizeof whole, "%s:%d: %s", path ? path : "?", (int)line, message);
	if (!compiled->error && (compiled->error = malloc(strlen(whole) + 1)))
		strcpy(compiled->error, whole);
}

txScript *engine_compile(txMachine *the, const interlock_module *module, txUnsigned flags)
{
	source_reader reader = { (const unsigned char *)module->source,
		(const unsigned char *)module->source + module->size };
	txParser the_parser, *parser = &the_parser;
	txParserJump jump;
	txScript *volatile script = NULL;
	fxInitializeParser(parser, the, the->parserBufferSize, the->parserTableModulo);
	parser->firstJump = &jump;
	parser->reportError = keep_error;
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

void engine_compile_all(interlock_engine *engine)
{
	const interlock_platform *platform = engine->platform;
	const interlock_module *module;
	engine->modules = calloc(MODULES_MAX, sizeof *engine->modules);
	if (!engine->modules)
		engine_end(engine, INTERLOCK_MEMORY_FULL, "no room for the module table");
	for (size_t i = 0; (module = platform->module(platform->context, i)); i++) {
		compiled_module *compiled = &engine->modules[i];
		if (i == MODULES_MAX)
			engine_end(engine, INTERLOCK_ENGINE_FAULT, "too many modules");
		if (strlen(module->name) >= INTERLOCK_NAME_SIZE)
			engine_end(engine, INTERLOCK_ENGINE_FAULT, "a module's name is too long");
		compiled->module = module;
		compiled->script = engine_compile(engine->machine, module, 0);
		engine->module_count = i + 1;
	}
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
static void link_script(txMachine *the, txScript *script)
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
	free(script->symbolsBuffer);
	script->symbolsBuffer = NULL;
	run_in_place(script->codeBuffer, script->codeSize);
}

void engine_link_all(interlock_engine *engine)
{
	txMachine *the = engine->machine;
	for (size_t i = 0; i < engine->module_count; i++) {
		txScript *script = engine->modules[i].script;
		fxNewNameC(the, (txString)engine->modules[i].module->name);
		if (script && script->symbolsBuffer)
			link_script(the, script);
	}
}

void engine_free_modules(interlock_engine *engine)
{
	for (size_t i = 0; i < engine->module_count; i++) {
		fxDeleteScript(engine->modules[i].script);
		free(engine->modules[i].error);
	}
	free(engine->modules);
	engine->modules = NULL;
	engine->module_count = 0;
}

static compiled_module *find(interlock_engine *engine, const char *name)
{
	for (size_t i = 0; i < engine->module_count; i++)
		if (!strcmp(engine->modules[i].module->name, name))
			return &engine->modules[i];
	return NULL;
}

/* Puts the folder of `name` into `folder`: "a/b/c" gives "a/b", "c" gives "". */
static void drop_last(char *name)
{
	char *slash = strrchr(name, '/');
	*(slash ? slash : name) = 0;
}

/* Writes the name that `specifier` means inside `importer` (NULL: the host); returns 0 where there can be none. */
static int resolve(const char *importer, const char *specifier, char *name)
{
	int parents = 0, relative = 0;
	name[0] = 0;
	if (specifier[0] == '.' && importer) {
		strcpy(name, importer);
		drop_last(name);
		relative = 1;
	}
	while (relative) {
		if (!strncmp(specifier, "./", 2)) {
			specifier += 2;
		} else if (!strncmp(specifier, "../", 3)) {
			if (!name[0] || (parents++ && strncmp(importer, "test/", 5)))
				return 0;
			drop_last(name);
			specifier += 3;
		} else {
			break;
		}
	}
	size_t length = strlen(specifier), before = strlen(name);
	if (length > 3 && !strcmp(specifier + length - 3, ".js"))
		length -= 3;
	if (before + 1 + length >= INTERLOCK_NAME_SIZE)
		return 0;
	if (before)
		name[before++] = '/';
	memcpy(name + before, specifier, length);
	name[before + length] = 0;
	return 1;
}

txID fxFindModule(txMachine *the, txSlot *realm, txID importer_id, txSlot *slot)
{
	char specifier[INTERLOCK_NAME_SIZE * 2], name[INTERLOCK_NAME_SIZE];
	(void)realm;
	fxToStringBuffer(the, slot, specifier, sizeof specifier);
	if (!resolve(importer_id == XS_NO_ID ? NULL : fxGetKeyName(the, importer_id), specifier, name))
		return XS_NO_ID;
	return find(ENGINE(the), name) ? fxNewNameC(the, name) : XS_NO_ID;
}

/* Supplies the native functions and destructors that the script being loaded declares. */
static void build_natives(txMachine *the)
{
	interlock_engine *engine = ENGINE(the);
	const interlock_platform *platform = engine->platform;
	txByte *host = engine->loading->hostsBuffer;
	txID count;
	mxDecodeID(host, count);
	/* The engine refers to these for as long as the functions live, hence for good. */
	txHostFunctionBuilder *builders = calloc(count, sizeof *builders);
	if (!builders)
		fxAbort(the, XS_NOT_ENOUGH_MEMORY_EXIT);
	for (txID i = 0; i < count; i++) {
		txByte length = *host++;
		txID id;
		mxDecodeID(host, id);
		void *native = platform->native(platform->context, (char *)host);
		if (!native) {
			char message[200];
			snprintf(message, sizeof message, "native %s is missing", (char *)host);
			free(builders);
			mxReferenceError("%s", message);
		}
		host += strlen((char *)host) + 1;
		builders[i].callback = (txCallback)native;
		builders[i].length = length;
		builders[i].id = XS_NO_ID;
	}
	fxBuildHosts(the, (txInteger)count, builders);
	mxPullSlot(mxResult);
}

void fxLoadModule(txMachine *the, txSlot *module, txID id)
{
	interlock_engine *engine = ENGINE(the);
	compiled_module *compiled = find(engine, fxGetKeyName(the, id));
	if (!compiled)
		mxReferenceError("module \"%s\" is missing", fxGetKeyName(the, id));
	if (!compiled->script)
		mxSyntaxError("%s", compiled->error ? compiled->error : "does not parse");
	engine->loading = compiled->script;
	if (compiled->script->hostsBuffer)
		compiled->script->callback = build_natives;
	fxResolveModule(the, module, id, compiled->script, C_NULL, C_NULL);
}
