/*
 * Where a function stands in its module. Compiled code has no lines; a module compiled once more with them has the
 * same functions in the same order, so its n-th function tells the line of the n-th that ran.
 */

#include "profile.h"

static const compiled_module *module_of(const void *key)
{
	const interlock_base *base = profile.engine->base;
	for (size_t i = 0; i < base->module_count; i++) {
		const txScript *script = &base->modules[i].script;
		const txByte *code = script->codeBuffer;
		if (code && (const txByte *)key >= code && (const txByte *)key < code + script->codeSize)
			return &base->modules[i];
	}
	return NULL;
}

const char *profile_module_of(const void *key)
{
	const compiled_module *module = module_of(key);
	return module ? module->name : NULL;
}

/* Bytes of an instruction without what it holds in place: a function's body follows as code of its own. */
static size_t size_of(const txByte *at)
{
	txS1 size = gxCodeSizes[(txU1)*at];
	txU2 size2;
	txS4 size4;
	if (size > 0)
		return (size_t)size;
	if (size == 0)
		return 1 + sizeof(txID);
	if (size == -1)
		return 2 + (size_t)((const txU1 *)at)[1];
	if (size == -2) {
		memcpy(&size2, at + 1, sizeof size2);
		return 1 + sizeof size2 + size2;
	}
	memcpy(&size4, at + 1, sizeof size4);
	return 1 + sizeof size4 + (size_t)size4;
}

static int begins_function(const txByte *at)
{
	switch ((txU1)*at) {
	case XS_CODE_CODE_1:
	case XS_CODE_CODE_2:
	case XS_CODE_CODE_4:
	case XS_CODE_CODE_ARCHIVE_1:
	case XS_CODE_CODE_ARCHIVE_2:
	case XS_CODE_CODE_ARCHIVE_4: return 1;
	default: return 0;
	}
}

/* The index of the function whose body is at `key`, or -1; `count` of all. */
static int index_in(const txScript *script, const void *key, int *count)
{
	int index = -1;
	*count = 0;
	for (const txByte *at = script->codeBuffer, *end = at + script->codeSize; at < end; at += size_of(at))
		if (begins_function(at) && (*count)++ >= 0 && at + size_of(at) == key)
			index = *count - 1;
	return index;
}

/* The first line that the index-th function's code tells, or 0. */
static int line_in(const txScript *script, int index)
{
	int count = 0;
	for (const txByte *at = script->codeBuffer, *end = at + script->codeSize; at < end; at += size_of(at)) {
		if (begins_function(at))
			count++;
		if (count > index && (txU1)*at == XS_CODE_LINE) {
			txU2 line;
			memcpy(&line, at + 1, sizeof line);
			return line;
		}
	}
	return 0;
}

static txScript *compile_with_lines(const char *name)
{
	const interlock_platform *platform = profile.engine->platform;
	const interlock_module *module;
	for (size_t i = 0; (module = platform->module(platform->context, i)); i++)
		if (!strcmp(module->name, name))
			return engine_compile(profile.engine->machine, module, mxDebugFlag);
	return NULL;
}

int profile_line_of(const void *key)
{
	/* Functions are asked for module by module, or nearly. */
	static const compiled_module *last;
	static txScript *script;
	const compiled_module *module = module_of(key);
	int count, count_again, line = 0;
	if (!module)
		return 0;
	if (module != last) {
		fxDeleteScript(script);
		script = compile_with_lines(module->name);
		last = module;
	}
	int index = index_in(&module->script, key, &count);
	if (script && index >= 0) {
		index_in(script, NULL, &count_again);
		line = count == count_again ? line_in(script, index) : 0;
	}
	return line;
}
