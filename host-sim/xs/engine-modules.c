/*
 * Modules of the machine: specifiers to names, names to what the base holds of them.
 *
 * A specifier resolves as mcconfig's does: ".js" is dropped, "./x" and "../x" are relative to the importing module and
 * at most one "../" is taken (modules under "test/", which never reach a board, may take more). What is left must be a
 * name in the platform's table; there is no search on disk.
 */

#include "engine-private.h"

static const compiled_module *find(interlock_engine *engine, const char *name)
{
	const interlock_base *base = engine->base;
	for (size_t i = 0; i < base->module_count; i++)
		if (!strcmp(base->modules[i].name, name))
			return &base->modules[i];
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
	const compiled_module *loading = ENGINE(the)->loading;
	fxBuildHosts(the, loading->native_count, loading->natives);
	mxPullSlot(mxResult);
}

void fxLoadModule(txMachine *the, txSlot *module, txID id)
{
	const compiled_module *compiled = find(ENGINE(the), fxGetKeyName(the, id));
	if (!compiled)
		mxReferenceError("module \"%s\" is missing", fxGetKeyName(the, id));
	if (compiled->error)
		mxSyntaxError("%s", compiled->error);
	if (compiled->missing)
		mxReferenceError("native %s is missing", compiled->missing);
	txScript script = compiled->script;
	if (compiled->natives)
		script.callback = build_natives;
	ENGINE(the)->loading = compiled;
	fxResolveModule(the, module, id, &script, C_NULL, C_NULL);
}
